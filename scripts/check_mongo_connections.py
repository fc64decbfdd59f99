#!/usr/bin/env python3
"""Walks nine steps to show that the program's MongoDB connections stay where they are: start, baseline, health calls, sync health calls,
samples at rest, log markers, verdict, statistics, stop and start again; between them a burst of webhooks, published and drafts.

On a fake mongod, or with MONGO_URI on a server behind a counting gate. Every verdict sets the exit code.
"""
import argparse
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "functional"))

from counted import Sampler, counted  # noqa: E402
from load import exchange, in_parallel, open_jobs_after, stamp  # noqa: E402
from mongo_report import site  # noqa: E402
from server import wait_until, webhook  # noqa: E402

MARKERS = ("Shared MongoDB client created", "using shared connection pool", "Global RAG pipeline instance set",
           "Health checker initialized with global VectorStoreManager")
JOBS_SECONDS = 20
NOISE = 2  # how far calls may lead from the baseline
WARNING, BAD = 5, 10  # final - baseline above these


class Steps:
    def __init__(self):
        self.number = 0
        self.failures = []

    def say(self, title, text, good=True):
        self.number += 1
        self.detail(f"step {self.number}, {title}", text, good)

    def detail(self, title, text, good=True):
        print(f"{'ok    ' if good else 'FAILED'}  {title}: {text}", flush=True)
        if not good:
            self.failures.append(title)


def calls(steps, one, baseline, target, pause):
    counts = []
    for _ in range(5):
        status = one.server.request("GET", target)[0]
        if status != 200:
            steps.detail(target, f"answered {status}", False)
        counts.append(one.count.everything())
        time.sleep(pause)
    steps.say(f"5 x GET {target}", f"connections {counts}, baseline {baseline}", max(counts) <= baseline + NOISE)


def burst(steps, one, number):
    """Each of `number` senders publishes an article, or withdraws one; nobody may get a connection of his own."""
    before, created = one.count.everything(), one.count.created()
    with Sampler(one.count.everything, 0.01) as sampler:
        answers = in_parallel(one.server.port, number, number * 4, lambda n, connection: exchange(
            connection, "POST", "/api/v1/sync/payload", webhook(
                "update", f"check-{n % number}", "Check", f"text {n}", stamp(n), status="draft" if n % 3 == 2 else "published"))[0])
        open_jobs_after(one.server, JOBS_SECONDS)
    steps.detail(f"{number * 4} webhooks by {number} at once", f"{answers.count(200)} accepted, connections {min(sampler.seen)} to "
                 f"{max(sampler.seen)}, {one.count.created() - created} new",
                 answers.count(200) == number * 4 and set(sampler.seen) == {before} and one.count.created() == created)


def walk(steps, one, arguments):
    live = one.server.request("GET", "/health/live")[0]
    steps.say("started", f"{one.count.description}; /health/live {live}", live == 200)
    time.sleep(arguments.settle)
    baseline = one.count.everything()
    steps.say("baseline", f"{baseline} connections, monitors included", baseline > 0)
    calls(steps, one, baseline, "/health", arguments.pause)
    calls(steps, one, baseline, "/api/v1/sync/health", arguments.pause)
    samples = []
    for _ in range(6):
        time.sleep(arguments.rest / 6)
        samples.append(one.count.everything())
    steps.say(f"6 samples over {arguments.rest:g} s", str(samples), max(samples) <= baseline + NOISE)
    burst(steps, one, arguments.webhooks)
    text = "\n".join(one.server.lines)
    missing = [marker for marker in MARKERS if marker not in text]
    steps.say("log markers", f"missing: {missing}" if missing else f"all {len(MARKERS)} are there", not missing)
    final = one.count.everything()
    more = final - baseline
    word = "good" if more <= WARNING else "warning" if more <= BAD else "bad"
    steps.say("final against baseline", f"{final} against {baseline}: {word}", more <= WARNING)
    pools = one.server.json("GET", "/api/v1/admin/pools")[1]
    steps.say("statistics", json.dumps({pool["name"]: {**pool["connections"], "created": sum(pool["created"].values())} for pool in pools["pools"]}))
    code, took, left = one.stop()
    wait_until(lambda: one.count.everything() == 0, 5, lambda: f"{one.count.everything()} connections are left")
    steps.say("stop", f"exit code {code} after {took:.2f} s, {left} connections when the log says closed", code == 0 and left == 0)
    one.start()
    again = one.count.everything()
    steps.detail("started again", f"{again} connections", abs(again - baseline) <= NOISE)
    steps.detail("stopped again", f"exit code {one.stop()[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--webhooks", type=int, default=50, metavar="N", help="senders at once, four webhooks each (default 50)")
    parser.add_argument("--settle", type=float, default=5, metavar="SECONDS", help="before the baseline is taken (default 5)")
    parser.add_argument("--pause", type=float, default=1, metavar="SECONDS", help="between health calls (default 1)")
    parser.add_argument("--rest", type=float, default=30, metavar="SECONDS", help="of samples at rest (default 30)")
    arguments = parser.parse_args()
    steps = Steps()
    with counted(os.environ.get("MONGO_URI")) as count, site(count) as one:
        walk(steps, one, arguments)
    print("FAILED: " + "; ".join(steps.failures) if steps.failures else "The connections stay where they are.")
    return 1 if steps.failures else 0


if __name__ == "__main__":
    sys.exit(main())
