"""Acquire and release of our pool beside libmongoc's own, in one run: alone, and 64 threads on 10 connections."""
import re
import subprocess

import mongo
from common import BUILD, ROOT, row

mongo.PROGRAM = str(ROOT / "build" / "release" / "tests" / "fake_mongod")


def run():
    with mongo.FakeMongod() as server:
        text = subprocess.run([BUILD / "pool_bench", server.uri("")], stdout=subprocess.PIPE, text=True, check=True).stdout
    alone = re.search(r"bare (\d+) ns, ours (\d+) ns, ours without the look (\d+) ns \(([\d.]+) x bare\)", text)
    crowd = re.search(r"bare (\d+)/s, ours (\d+)/s \(([\d.]+) x\)", text)
    inversions = int(re.search(r"inversions, .*: (\d+)", text)[1])
    pair, policy, share = int(alone[2]), float(alone[4]), float(crowd[3])
    return [row("acquire and release, nothing else, ns", pair, "<= 1000", pair <= 1000, bare_ns=int(alone[1])),
            row("the same without the look at the socket, times bare", policy, "<= 3", policy <= 3, ns=int(alone[3])),
            row("64 threads on 10 connections held for 1 ms, share of bare", share, ">= 0.95", share >= 0.95, bare_per_s=int(crowd[1]), ours_per_s=int(crowd[2])),
            row("who came later was served earlier, 64 threads on 1", inversions, "0", inversions == 0)]
