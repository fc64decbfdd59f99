"""Pools of a request's own are impossible: thousands of webhooks, health calls and scrapes open nothing."""
import threading
import time
import unittest

from load import gets, webhooks
from mongo import AT_REST, POOLS
from server import wait_until
from test_mongo import OnMongo, report


class Volume(OnMongo):
    def leases(self):
        return sum(sum(pool["acquired"].values()) for pool in self.get("/api/v1/admin/pools")[1]["pools"])

    def leases_after_the_start(self):
        """Once the start's own work, such as the look for old questions, is over."""
        since, last = time.monotonic(), self.leases()

        def unchanged():
            nonlocal since, last
            now = self.leases()
            if now != last:
                since, last = time.monotonic(), now
            return time.monotonic() - since > 0.5

        wait_until(unchanged, 10, lambda: f"{last} leases and more")
        return last

    def test_webhooks_health_calls_and_scrapes_open_nothing(self):
        before = self.mongod.created("app")
        leases = self.leases_after_the_start()
        scraped = gets(self.server.port, 4, 500, "/metrics")
        taken = self.leases() - leases  # nothing else asks for one yet
        accepted, healthy = [], []
        start = time.monotonic()
        together = [threading.Thread(target=lambda: accepted.extend(webhooks(self.server.port, 50, 5000, articles=500))),
                    threading.Thread(target=lambda: healthy.extend(gets(self.server.port, 16, 5000, "/health", "/api/v1/sync/health"))),
                    threading.Thread(target=lambda: scraped.extend(gets(self.server.port, 4, 500, "/metrics")))]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        took = time.monotonic() - start
        opened = self.mongod.created("app") - before
        names = {row["appName"] for row in self.mongod.rows("app")}
        report("500 scrapes, then 5,000 webhooks, 5,000 health calls and 500 scrapes together", new_connections=opened, leases_by_scrapes=taken,
               application_names=len(names), seconds_until_all_were_answered=round(took, 1))
        self.assertEqual((accepted.count(200), healthy.count(200), scraped.count(200)), (5000, 5000, 1000))
        self.assertEqual(opened, 0)
        self.assertEqual(taken, 0)
        self.assertEqual(names, set(POOLS))
        self.assertEqual(self.mongod.by_pool(), AT_REST)


if __name__ == "__main__":
    unittest.main()
