#!/usr/bin/env python3
"""Report: a burst of webhooks, a spike of the sources API and its end, and a pool that is used up."""
import json
import threading
import time

from counted import Sampler
from load import exchange, gets, in_parallel, webhooks
from mongo_report import AT_REST, MINIMA, run, site
from server import wait_until

MAXIMUM = 50
IDLE_SECONDS = 30
WAIT_SECONDS = 5
SOURCES = "/api/v1/sources/"


def burst(report, one):
    created = one.count.created()
    with Sampler(one.pools) as sampler:
        start = time.monotonic()
        answers = webhooks(one.server.port, 50, 500)
        took = time.monotonic() - start
        one.server.wait_idle()
    report.equal("500 webhooks, 50 at once: accepted", answers.count(200), 500)
    report.equal("500 webhooks: new connections", one.count.created() - created, 0)
    report.figure("500 webhooks: seconds until the last was accepted", f"{took:.2f}")
    for pool, minimum in MINIMA.items():
        report.equal(f"500 webhooks: peak of pool {pool}", max(seen[pool] for seen in sampler.seen), minimum)


def spike(report, one):
    created = one.count.created()
    one.count.slow(0.3)
    with Sampler(one.pools) as sampler:
        answers = gets(one.server.port, 120, 960, SOURCES)
        one.count.well()
    last_use = time.monotonic()
    peaks = {pool: max(seen.get(pool, 0) for seen in sampler.seen) for pool in MINIMA}
    report.equal("spike, 960 slow calls of the sources API, 120 at once: answered", answers.count(200), 960)
    report.equal("spike: peak of pool sources", peaks["sources"], MAXIMUM)
    report.equal("spike: peak of the other pools", (peaks["vector"], peaks["app"]), (MINIMA["vector"], MINIMA["app"]))
    report.equal("spike: new connections", one.count.created() - created, MAXIMUM - MINIMA["sources"])
    again = one.count.created()
    one.count.slow(0.3)
    gets(one.server.port, 120, 240, SOURCES)
    one.count.well()
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
    """Every connection of the sources pool is held by an operation that gets no answer; the rest wait, and fail with a reason."""
    one.count.slow(WAIT_SECONDS + 10)

    def call(_, connection):
        start = time.monotonic()
        status, body = exchange(connection, "GET", SOURCES)
        return status, time.monotonic() - start, body.decode()

    answers = []
    caller = threading.Thread(target=lambda: answers.extend(in_parallel(one.server.port, 80, 80, call)))
    caller.start()
    start = time.monotonic()
    status, _ = one.server.json("GET", "/api/v1/admin/pools")
    report.equal("exhausted: /api/v1/admin/pools", status, 200)
    report.hold("exhausted: its seconds", f"{time.monotonic() - start:.2f}", "at most 1", time.monotonic() - start <= 1)
    caller.join()
    one.count.well()
    refused = [(seconds, body) for status, seconds, body in answers if status in (503, 504)]
    report.equal("exhausted, 80 calls while no operation ends: refused", len(refused), 80)
    slowest = max(seconds for _, seconds, _ in answers)
    report.hold("exhausted: longest wait, seconds", f"{slowest:.2f}", f"at most {WAIT_SECONDS + 0.5:g}", slowest <= WAIT_SECONDS + 0.5)
    named = next((body for _, body in refused if "exhausted" in body), "")
    report.hold("exhausted: the error names the pool and the cause", detail(named) or detail(refused[0][1]) if refused else "no error", "exhausted",
                bool(named))
    wait_until(lambda: one.server.request("GET", SOURCES)[0] == 200, 20, lambda: "the sources API does not answer")
    report.figure("afterwards: the sources API answers", 200)


def detail(body):
    try:
        return json.loads(body).get("detail", body)
    except ValueError:
        return body


def work(report, count):
    with site(count) as one:
        burst(report, one)
        spike(report, one)
        exhaustion(report, one)
        exit_code, _, left = one.stop()
        report.equal("exit code and connections left", (exit_code, left), (0, 0))


if __name__ == "__main__":
    run("mongo-load", "MongoDB connections in bursts", work)
