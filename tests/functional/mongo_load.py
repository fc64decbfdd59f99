#!/usr/bin/env python3
"""Report: a burst of webhooks, a spike of the sources API and its end, and a pool that is used up."""
import re
import threading
import time

from counted import Sampler
from load import exchange, gets, in_parallel, open_jobs_after, webhooks
from mongo_report import AT_REST, MINIMA, run, site
from server import wait_until

MAXIMUM = 50
IDLE_SECONDS = 30
WAIT_SECONDS = 5
JOBS_SECONDS = 10
SOURCES = "/api/v1/sources/"


def burst(report, one):
    created = one.count.created()
    with Sampler(one.pools) as sampler:
        start = time.monotonic()
        answers = webhooks(one.server.port, 50, 500)
        took = time.monotonic() - start
        left = open_jobs_after(one.server, JOBS_SECONDS)
    report.equal("500 webhooks, 50 at once: accepted", answers.count(200), 500)
    report.equal("500 webhooks: new connections", one.count.created() - created, 0)
    report.figure("500 webhooks: seconds until the last was accepted", f"{took:.2f}")
    report.figure(f"500 webhooks: jobs still open after {JOBS_SECONDS} s", left)
    for pool, minimum in MINIMA.items():
        report.equal(f"500 webhooks: peak of pool {pool}", max(seen[pool] for seen in sampler.seen), minimum)


def grow(one):
    """Slow calls of the sources API, 120 at once, until its pool is at the maximum; the status codes."""
    one.count.slow(0.3)
    answers = []
    try:
        while len(answers) < 3000 and one.pools()["sources"] < MAXIMUM or not answers:
            answers += gets(one.server.port, 120, 480, SOURCES)
        return answers
    finally:
        one.count.well()


def spike(report, one):
    created = one.count.created()
    with Sampler(one.pools) as sampler:
        answers = grow(one)
    peaks = {pool: max(seen.get(pool, 0) for seen in sampler.seen) for pool in MINIMA}
    report.equal(f"spike, {len(answers)} slow calls of the sources API, 120 at once: answered", answers.count(200), len(answers))
    report.equal("spike: peak of pool sources", peaks["sources"], MAXIMUM)
    report.equal("spike: peak of the other pools", (peaks["vector"], peaks["app"]), (MINIMA["vector"], MINIMA["app"]))
    report.equal("spike: new connections", one.count.created() - created, MAXIMUM - MINIMA["sources"])
    again = one.count.created()
    grow(one)
    last_use = time.monotonic()
    report.equal("second spike at once: new connections", one.count.created() - again, 0)
    with Sampler(one.count.application) as sampler:
        wait_until(lambda: one.count.application() <= AT_REST, IDLE_SECONDS + 10, lambda: f"{one.count.application()} connections")
        took = time.monotonic() - last_use
        time.sleep(2)
    report.hold("seconds from the last use back to the minimum", f"{took:.1f}", f"{IDLE_SECONDS} to {IDLE_SECONDS + 2}",
                IDLE_SECONDS - 0.5 <= took <= IDLE_SECONDS + 2)
    report.equal("fewest connections on the way and after", min(sampler.seen), AT_REST)
    report.equal("connections in the end", one.count.application(), AT_REST)


def exhaustion(report, one):
    """120 calls that take 4 s each on at most 50 connections: some never get one in time, and the log says why."""
    grow(one)
    one.count.slow(WAIT_SECONDS - 1)

    def call(_, connection):
        start = time.monotonic()
        status, _ = exchange(connection, "GET", SOURCES)
        return status, time.monotonic() - start

    answers = []
    caller = threading.Thread(target=lambda: answers.extend(in_parallel(one.server.port, 120, 120, call)))
    with Sampler(one.pools) as sampler:
        caller.start()
        wait_until(lambda: waiters(one) >= 120 - MAXIMUM, 4, lambda: f"{waiters(one)} wait for a connection")
        start = time.monotonic()
        one.server.request("GET", "/health/ready")
        took = time.monotonic() - start
        caller.join()
    one.count.well()
    report.hold("exhausted: /health/ready in the meantime, seconds", f"{took:.2f}", "at most 1", took <= 1)
    report.hold("exhausted, 120 calls of 4 s at once: answered, refused with 503 or 504", tally(answers), "at least 50 answered, the rest refused",
                sum(tally(answers)) == 120 > tally(answers)[0] >= MAXIMUM)
    report.equal("exhausted: peak of pool sources", max(seen.get("sources", 0) for seen in sampler.seen), MAXIMUM)
    slowest = max(seconds for _, seconds in answers)
    report.hold("exhausted: longest wait, seconds", f"{slowest:.2f}", f"at most {WAIT_SECONDS + 0.5:g}", slowest <= WAIT_SECONDS + 0.5)
    causes = [found[1] for found in (re.search(r"pool 'sources': gave up after \d+ ms: ([^:]*)", line) for line in list(one.server.lines)) if found]
    # The fifty whose 4 s reached past their limit are being replaced when the last waiters give up.
    report.hold("exhausted: the causes in the log", ", ".join(sorted(set(causes))), "exhausted or connecting", set(causes) and set(causes) <= {"exhausted", "connecting"})
    lost = sum(topology["times_lost"] for topology in one.server.json("GET", "/api/v1/admin/pools")[1]["topologies"])
    report.equal("exhausted: times that the server was taken for lost", lost, 0)
    wait_until(lambda: one.server.request("GET", SOURCES)[0] == 200, 20, lambda: "the sources API does not answer")
    report.figure("afterwards: the sources API answers", 200)


def tally(answers):
    return [sum(status == 200 for status, _ in answers), sum(status in (503, 504) for status, _ in answers)]


def waiters(one):
    return sum(pool["waiters"] for pool in one.server.json("GET", "/api/v1/admin/pools")[1]["pools"])


def work(report, count):
    with site(count) as one:
        burst(report, one)
        spike(report, one)
        exhaustion(report, one)
        exit_code, _, left = one.stop()
        report.equal("exit code and connections left", (exit_code, left), (0, 0))


if __name__ == "__main__":
    run("mongo-load", "MongoDB connections in bursts", work)
