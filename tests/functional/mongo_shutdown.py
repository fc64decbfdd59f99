#!/usr/bin/env python3
"""Report: what the server still counts when the program says that its pools are closed."""
import signal
import time

from load import Load
from mongo_report import run, site
from server import wait_until

DRAIN_SECONDS = 5
STUCK_DRAIN_SECONDS = 1


def under_load(one):
    load = Load(one.server)
    load.start(*((f"sources {n}", load.read("/api/v1/sources/"), 0.0) for n in range(16)),
               *((f"searches {n}", load.search, 0.0) for n in range(16)),
               *((f"webhooks {n}", load.publish, 0.0) for n in range(4)))
    wait_until(lambda: sum(load.counts.values()) > 300, 30, lambda: f"no load: {load.counts}")
    return load


def ends(report, what, one, limit, code, number=signal.SIGTERM):
    exit_code, took, left = one.stop(number)
    if code == 0:
        report.equal(f"{what}: connections when the log says closed", left, 0)
    report.equal(f"{what}: exit code", exit_code, code)
    report.hold(f"{what}: seconds", f"{took:.2f}", f"at most {limit:g}", took <= limit)
    gone(report, what, one)


def gone(report, what, one):
    end = time.monotonic() + 2
    while one.count.everything() and time.monotonic() < end:
        time.sleep(0.01)
    report.equal(f"{what}: connections after the exit", one.count.everything(), 0)


def work(report, count):
    for number in (signal.SIGTERM, signal.SIGINT):
        with site(count) as one:
            ends(report, f"{number.name} at rest", one, DRAIN_SECONDS + 0.2, 0, number)
        with site(count) as one:
            load = under_load(one)
            ends(report, f"{number.name} under load", one, DRAIN_SECONDS + 0.2, 0, number)
            load.end()
    with site(count) as one:
        load = under_load(one)
        exit_code, took, _ = one.stop(again_after=0.01)
        load.end()
        report.figure("SIGTERM twice under load: exit code", exit_code)
        report.hold("SIGTERM twice under load: seconds", f"{took:.2f}", f"at most {DRAIN_SECONDS + 0.2:g}", took <= DRAIN_SECONDS + 0.2)
        gone(report, "SIGTERM twice under load", one)
    with site(count, "--mongo-drain", f"{STUCK_DRAIN_SECONDS}s", "--shutdown-grace", "2s") as one:
        count.silent()
        load = Load(one.server)
        load.start(*((f"sources {n}", load.read("/api/v1/sources/"), 0.0) for n in range(4)))
        wait_until(lambda: in_use(one, "sources") >= 4, 10, lambda: "no lease is out")
        ends(report, "SIGTERM with a silent server", one, STUCK_DRAIN_SECONDS + 1, 1)
        load.end()
        count.well()


def in_use(one, name):
    pools = one.server.json("GET", "/api/v1/admin/pools")[1]["pools"]
    return next(pool["connections"]["in_use"] for pool in pools if pool["name"] == name)


if __name__ == "__main__":
    run("mongo-shutdown", "MongoDB connections after a stop", work)
