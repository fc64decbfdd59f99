#!/usr/bin/env python3
"""Report: connections at rest and under steady mixed load, sampled at the server."""
import time

from counted import Sampler
from load import Load
from mongo_report import AT_REST, MINIMA, run, site

REST_SECONDS, LOAD_SECONDS = 20, 30


def watched(report, what, one, seconds, failures=lambda: []):
    created = one.count.created()
    with Sampler(lambda: (one.count.application(), one.count.monitors(), one.pools()), 0.1) as sampler:
        time.sleep(seconds)
    application = [sample[0] for sample in sampler.seen]
    report.hold(f"{what}: application connections, least to most", f"{min(application)} to {max(application)}", AT_REST,
                set(application) == {AT_REST})
    for pool, minimum in MINIMA.items():
        seen = [sample[2].get(pool, 0) for sample in sampler.seen]
        report.hold(f"{what}: pool {pool}, least to most", f"{min(seen)} to {max(seen)}", minimum, set(seen) == {minimum})
    report.equal(f"{what}: new connections", one.count.created() - created, 0)
    report.equal(f"{what}: monitors, most", max(sample[1] for sample in sampler.seen), one.monitors_expected)
    report.figure(f"{what}: samples", len(sampler.seen))


def work(report, count):
    with site(count) as one:
        time.sleep(1)
        watched(report, "at rest", one, REST_SECONDS)
        load = Load(one.server)
        load.start(("webhooks", load.publish, 0.1), ("searches", load.search, 0.05), ("questions asked", load.ask, 0.2),
                   ("sources and questions read", load.read("/api/v1/sources/", "/api/v1/questions/"), 0.1),
                   ("health calls and scrapes", load.read("/health", "/api/v1/sync/health", "/metrics"), 0.1))
        try:
            watched(report, "steady load", one, LOAD_SECONDS)
        finally:
            load.end()
        report.hold("requests that failed", load.failures[0] if load.failures else 0, 0, not load.failures)
        for name, number in load.counts.items():
            report.figure(f"requests: {name}", number)
        one.server.wait_idle()
        watched(report, "at rest again", one, 5)
        report.equal("exit code", one.server.stop(), 0)


if __name__ == "__main__":
    run("mongo-monitor", "MongoDB connections at rest and under steady load", work)
