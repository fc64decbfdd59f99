#!/usr/bin/env python3
"""Report: health calls and scrapes take nothing from the connections, and do not wait for a slow or silent store."""
import time

from load import gets
from mongo_report import run, site

LIMIT_SECONDS = 1.0


def leases(one):
    pools = one.server.json("GET", "/api/v1/admin/pools")[1]["pools"]
    return sum(sum(pool["acquired"].values()) for pool in pools)


def many(report, what, one, workers, count, *targets):
    created, commands = one.count.created(), one.count.commands()
    start = time.monotonic()
    answers = gets(one.server.port, workers, count, *targets)
    took = time.monotonic() - start
    report.equal(f"{what}: answered 200", answers.count(200), count)
    report.equal(f"{what}: new connections", one.count.created() - created, 0)
    report.figure(f"{what}: seconds", f"{took:.2f}")
    if commands is not None:
        most = int(took + 2) * 4 * len(targets)  # counted once a second, in up to four commands
        sent = one.count.commands() - commands
        report.hold(f"{what}: commands that reached the server", sent, f"at most {most}", sent <= most)


def beside(report, what, one):
    """Health while the store is in trouble: within a second, and not 'healthy'."""
    time.sleep(1.2)  # what was counted before is out of date
    created = one.count.created()
    for target in ("/health", "/api/v1/sync/health", "/health/live", "/metrics"):
        start = time.monotonic()
        status, _, body = one.server.request("GET", target)
        took = time.monotonic() - start
        report.hold(f"{what}: {target}, seconds", f"{took:.2f} ({status})", f"at most {LIMIT_SECONDS:g}", took <= LIMIT_SECONDS)
        if target == "/health":
            report.hold(f"{what}: /health says", "degraded" if b"degraded" in body else "healthy", "degraded", b"degraded" in body)
    new, allowed = one.count.created() - created, one.count.reconnected_monitors_allowed()
    report.hold(f"{what}: new connections", new, f"at most {allowed}, monitors" if allowed else 0, new <= allowed)


def work(report, count):
    with site(count) as one:
        many(report, "1,000 health calls, 32 at once", one, 32, 1000, "/health")
        many(report, "1,000 sync health calls, 32 at once", one, 32, 1000, "/api/v1/sync/health")
        before = leases(one)
        many(report, "500 scrapes, 4 at once", one, 4, 500, "/metrics")
        report.figure("500 scrapes: leases in the meantime", leases(one) - before)
        many(report, "1,000 readiness calls, 32 at once", one, 32, 1000, "/health/ready")
        count.slow(4)
        beside(report, "a store that takes 4 s to answer", one)
        count.well()
        count.silent()
        beside(report, "a silent store", one)
        count.well()
        exit_code, _, left = one.stop()
        report.equal("exit code and connections left", (exit_code, left), (0, 0))


if __name__ == "__main__":
    run("mongo-health", "Health calls and scrapes beside MongoDB", work)
