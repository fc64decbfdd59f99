#!/usr/bin/env python3
"""Mixed load for a time: webhooks, searches, questions, readers that leave. Memory, descriptors and answers must hold.

The corpus is of constant size (articles are replaced), so after the first third neither memory nor descriptors may grow. With --mongo the data
is in a fake mongod, which also counts the connections and fails now and then.
"""
import argparse
import contextlib
import json
import random
import statistics
import sys
import threading
import time

from load import Load
from mongo import AT_REST, FakeMongod, broken_invariants
from server import Server, ServerError, temporary_folder, wait_until

FAULT_SECONDS = 8  # after a fault that takes every connection, requests may be answered 503 or 504 for so long
EXTRA_PER_FAULT = 5  # connections beyond those that a fault closed: what was being opened when it struck


class Connections:
    """The server's side of a soak on MongoDB: counts, faults, and what the scrapes say."""

    def __init__(self, mongod, server, load, pause):
        self.mongod, self.server, self.load, self.pause = mongod, server, load, pause
        self.warm = mongod.created("app")
        self.closed_by_faults = self.faults = self.scrapes = 0
        self.broken = []
        self.samples = []
        self.tolerant_until = 0.0
        self.thread = threading.Thread(target=self._run, args=(random.Random(1),))
        self.thread.start()

    def _run(self, rng):
        strike = time.monotonic() + self.pause
        while not self.load.stop.wait(0.5):
            if time.monotonic() > self.tolerant_until:
                self.samples.append(self.mongod.current("app"))
            self.broken += broken_invariants(self.server.request("GET", "/metrics")[2].decode())
            self.scrapes += 1
            if time.monotonic() > strike:
                rng.choice((self._one_idle, self._all, self._refused_second))()
                self.faults += 1
                strike = time.monotonic() + self.pause

    def _kill(self, **which):
        self.closed_by_faults += self.mongod.tell({"kill": {"role": "app", **which}})["closed"]

    def _one_idle(self):
        self.tolerant_until = time.monotonic() + FAULT_SECONDS  # for the count, which is one short until it is replaced
        self._kill(idleOnly=True, first=1)

    def _all(self):
        self._tolerate()
        self._kill()

    def _refused_second(self):
        self._tolerate()
        self.mongod.tell({"refuse": 1})
        self._kill(idleOnly=True)
        self.load.stop.wait(1)
        self.mongod.tell({"accept": 1})

    def _tolerate(self):
        self.tolerant_until = time.monotonic() + FAULT_SECONDS
        self.load.tolerate(FAULT_SECONDS)

    def settle(self):
        """After the load: exactly the minima, within the idle limit."""
        self.thread.join()
        with contextlib.suppress(ServerError):
            wait_until(lambda: self.mongod.by_pool() == AT_REST, 45, lambda: "")
        return self.mongod.by_pool()

    def report(self, at_the_end):
        third = len(self.samples) // 3 or 1
        return {"faults": self.faults, "connections_closed_by_faults": self.closed_by_faults,
                "new_connections": self.mongod.created("app") - self.warm, "scrapes_checked": self.scrapes, "scrapes_broken": len(self.broken),
                "connections_first_third": statistics.median(self.samples[:third]), "connections_last_third": statistics.median(self.samples[-third:]),
                "connections_in_the_end": sum(at_the_end.values()), "tolerated_failures": len(self.load.tolerated)}

    def good(self, report, at_the_end):
        return (at_the_end == AT_REST and not self.broken and report["connections_first_third"] == report["connections_last_third"]
                and report["new_connections"] <= self.closed_by_faults + EXTRA_PER_FAULT * self.faults)


def watch(server, load, minutes):
    """(seconds, memory in kB, descriptors) every few seconds."""
    samples = []
    start = time.monotonic()
    while (elapsed := time.monotonic() - start) < minutes * 60:
        load.stop.wait(min(5.0, minutes))
        samples.append((elapsed, server.memory_kb(), server.descriptors()))
        if sys.stderr.isatty():
            print(f"\r{elapsed:6.0f} s  {samples[-1][1] / 1024:6.1f} MB  {samples[-1][2]} descriptors", end="", file=sys.stderr)
    return samples


def start_load(server, arguments):
    load = Load(server, arguments.seed)
    kinds = [("webhooks", load.publish, 0.5), ("searches", load.search, 0.05), ("answers", load.ask, 0.1), ("left early", load.leave, 0.3)]
    if arguments.mongo:
        kinds += [("sources and questions", load.read("/api/v1/sources/", "/api/v1/questions/"), 0.1),
                  ("health calls", load.read("/health", "/api/v1/sync/health"), 0.1)]
    return load.start(*kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--embedder", default="onnx")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mongo", action="store_true", help="keep the data in a fake mongod; FAKE_MONGOD is its program")
    parser.add_argument("--fault-every", type=float, default=20, metavar="SECONDS", help="with --mongo (default 20)")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        mongod = stack.enter_context(FakeMongod()) if arguments.mongo else None
        flags = ["--mongo-uri", mongod.uri()] if mongod else []
        server = stack.enter_context(Server(arguments.binary, folder, "--embedder", arguments.embedder, *flags))
        load = start_load(server, arguments)
        connections = Connections(mongod, server, load, arguments.fault_every) if mongod else None
        samples = watch(server, load, arguments.minutes)
        load.end()
        server.wait_idle(600)  # a busy machine leaves a backlog
        at_the_end = connections.settle() if connections else {}
        counted = connections.report(at_the_end) if connections else {}
        code = server.stop()
        if mongod:
            counted["connections_left"] = mongod.everything()
    settled = samples[len(samples) // 3:]
    third = len(settled) // 3 or 1
    mean = lambda rows, column: sum(row[column] for row in rows) / len(rows)
    first, last = settled[:third], settled[-third:]
    growth = mean(last, 1) / mean(first, 1)
    report = {"minutes": arguments.minutes, **load.counts, "failures": len(load.failures), "memory_mb_settled": round(mean(first, 1) / 1024, 1),
              "memory_mb_end": round(mean(last, 1) / 1024, 1), "memory_growth": round(growth, 3),
              "descriptors_settled": round(mean(first, 2), 1), "descriptors_end": round(mean(last, 2), 1), **counted, "exit_code": code}
    print(json.dumps(report))
    for failure in (load.failures + (connections.broken if connections else []))[:10]:
        print(f"  {failure}")
    good = not load.failures and code == 0 and growth < 1.10 and mean(last, 2) <= mean(first, 2) + 5
    if connections:
        good = good and connections.good(counted, at_the_end) and counted["connections_left"] == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
