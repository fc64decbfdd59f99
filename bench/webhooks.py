"""Durable webhooks a second against the disk's own syncs, and what webhooks cost those who ask meanwhile."""
import json
import os
import random
import re
import subprocess
import threading
import time

from common import BINARY, UNLIMITED, percentile, row, summary_ms
from corpora import data_dir, queries
from publish import WORDS
from server import Server, temporary_folder, webhook

ROUNDS = 3
SECONDS = 5
ASKED_SECONDS = 15
ARRIVING_PER_SECOND = 50

WRK_SCRIPT = """
local n, body = 0, [[%s]]
request = function()
  n = n + 1
  return wrk.format("POST", "/api/v1/sync/payload", {["Content-Type"] = "application/json"}, (body:gsub("ARTICLE", "round%d-" .. n)))
end
"""


def article(article_id, rng, updated_at="2025-01-01T00:00:00.000Z"):
    return webhook("update", article_id, "Harbour notes", " ".join(rng.choice(WORDS) for _ in range(100)) + ".", updated_at)


def syncs_per_second(folder):
    """Appends of a page, each synced: what a journal without group commit could do at best."""
    count, end = 0, time.monotonic() + 2
    with open(os.path.join(folder, "synced"), "wb", buffering=0) as file:
        while time.monotonic() < end:
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            count += 1
    return count / 2


def webhooks_per_second(server, folder, number):
    script = os.path.join(folder, "webhooks.lua")
    with open(script, "w") as file:
        file.write(WRK_SCRIPT % (json.dumps(article("ARTICLE", random.Random(number))), number))
    out = subprocess.run(["wrk", "-t1", "-c64", f"-d{SECONDS}s", "-s", script, server.url], stdout=subprocess.PIPE, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise RuntimeError(f"webhooks were refused:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def durable():
    pairs = []
    for number in range(ROUNDS):
        with temporary_folder() as folder:
            server = Server(BINARY, os.path.join(folder, "data"), "--embedder", "hashing", "--job-queue-max", "1000000").start()
            try:
                pairs.append((webhooks_per_second(server, folder, number), syncs_per_second(folder)))
            finally:
                server.kill()  # what is queued is of no use any more
    ratio = percentile([webhooks / syncs for webhooks, syncs in pairs], 0.5)
    return row("webhooks/s, durable, over syncs/s of the same disk", round(ratio, 2), ">= 0.5", ratio >= 0.5,
               pairs=[[round(webhooks), round(syncs)] for webhooks, syncs in pairs])


def ask(server, questions):
    seconds, end = [], time.monotonic() + ASKED_SECONDS
    connection = server.connect()
    while time.monotonic() < end:
        body = json.dumps({"query": next(questions)})
        start = time.monotonic()
        connection.request("POST", "/api/v1/chat", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        assert response.status == 200, text
        seconds.append(time.monotonic() - start)
    connection.close()
    return seconds


def arrive(server, stop, accepted):
    rng, due, number = random.Random(1), time.monotonic(), 0
    connection = server.connect()
    while not stop.wait(max(0.0, due - time.monotonic())):
        due += 1 / ARRIVING_PER_SECOND
        number += 1
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"
        connection.request("POST", "/api/v1/sync/payload", json.dumps(article(f"arriving-{number % 200}", rng, stamp)), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        assert response.status == 200, text
        accepted.append(number)
    connection.close()


def endless(items):
    while True:
        yield from items


def beside_webhooks():
    alone, beside, accepted = [], [], []
    questions = endless(queries())
    with Server(BINARY, data_dir(1_000) / "data", *UNLIMITED, "--cache-entries", "0") as server:
        ask(server, questions)  # warm
        for _ in range(ROUNDS):
            alone.append(ask(server, questions))
            stop = threading.Event()
            sender = threading.Thread(target=arrive, args=(server, stop, accepted))
            sender.start()
            try:
                beside.append(ask(server, questions))
            finally:
                stop.set()
                sender.join()
            server.wait_idle(120)
    ratio = percentile([percentile(b, 0.99) / percentile(a, 0.99) for a, b in zip(alone, beside)], 0.5)
    return row(f"chat beside {ARRIVING_PER_SECOND} webhooks/s, p99 over alone", round(ratio, 2), "<= 1.3", ratio <= 1.3, accepted=len(accepted),
               rounds=[{"alone": summary_ms(a), "beside": summary_ms(b)} for a, b in zip(alone, beside)])


def run():
    return [durable(), beside_webhooks()]
