"""The program on MongoDB, its connections counted at the server. What is measured is printed, one line a test."""
import http.client
import signal
import socket
import subprocess
import threading
import time
import unittest

from case import BINARY, ServerCase
from load import exchange, in_parallel
from mongo import AT_REST, POOLS, FakeMongod, broken_invariants
from server import Server, ServerError, temporary_folder, webhook, wait_until

MARKERS = ("Shared MongoDB client created", "using shared connection pool", "Global RAG pipeline instance set",
           "Health checker initialized with global VectorStoreManager")


def report(test, **figures):
    print(f"\n{test}: " + ", ".join(f"{name} {value}" for name, value in figures.items()), flush=True)


class OnMongo(ServerCase):
    """One server on a fake mongod of its own for the whole class."""
    mongo_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.mongod = FakeMongod().start()
        cls.flags = ("--embedder", "hashing", "--mongo-uri", cls.mongod.uri(), *cls.mongo_flags)
        super().setUpClass()
        wait_until(lambda: cls.mongod.monitors() == cls.monitors_expected, 5, lambda: str(cls.mongod.monitors()))

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
            assert cls.mongod.everything() == 0
        finally:
            cls.mongod.stop()

    monitors_expected = 6

    def burst(self, workers, count, call):
        return in_parallel(self.server.port, workers, count, call)


class Budget(OnMongo):
    def test_01_at_rest_there_are_exactly_the_minima(self):
        self.assertEqual(self.mongod.by_pool(), AT_REST)
        self.assertEqual(self.mongod.created("app"), 25)
        self.assertEqual(self.mongod.monitors(), 6)
        report("at rest", app=25, created=25, monitors=6)

    def test_02_log_says_what_operators_look_for(self):
        text = "\n".join(self.server.lines)
        for marker in MARKERS:
            self.assertIn(marker, text)
        self.assertLess(text.index("pools are warm"), text.index(" - ready"))

    def test_03_webhooks_open_nothing(self):
        before = self.mongod.created("app")
        start = time.monotonic()
        answers = self.burst(50, 500, lambda n, c: exchange(
            c, "POST", "/api/v1/sync/payload", webhook("update", f"a{n % 100}", "T", f"text {n}", f"2025-01-01T00:00:{n % 60:02}.{n:03}Z"))[0])
        took = time.monotonic() - start
        self.server.wait_idle()
        self.assertEqual(set(answers), {200})
        self.assertEqual(self.mongod.created("app") - before, 0)
        report("500 webhooks, 50 at once", new_connections=0, seconds=round(took, 2))

    def test_04_health_calls_open_nothing(self):
        before = self.mongod.created("app")
        counts = self.mongod.tell({"counts": 1})["commands"]
        answers = self.burst(32, 1000, lambda n, c: exchange(c, "GET", "/health" if n % 2 else "/api/v1/sync/health")[0])
        after = self.mongod.tell({"counts": 1})["commands"]
        self.assertEqual(set(answers), {200})
        self.assertEqual(self.mongod.created("app") - before, 0)
        more = sum(after.get(name, 0) - counts.get(name, 0) for name in ("count", "aggregate", "find"))
        report("1,000 health calls", new_connections=0, commands=more)

    def test_05_scrapes_take_no_lease(self):
        before = self.pool_total("acquired")
        answers = self.burst(4, 500, lambda n, c: exchange(c, "GET", "/metrics")[0])
        self.assertEqual(set(answers), {200})
        self.assertEqual(self.mongod.created("app"), 25)
        report("500 scrapes", new_connections=0, leases=self.pool_total("acquired") - before)

    def pool_total(self, member):
        pools = self.get("/api/v1/admin/pools")[1]["pools"]
        return sum(sum(pool[member].values()) for pool in pools if pool["name"] != "vector")

    def test_06_health_does_not_wait_behind_a_slow_server(self):
        fault = self.mongod.tell({"fault": {"command": "any", "appName": "wellspring:vector", "delayMS": 4000}})["id"]
        times = []

        def health():
            start = time.monotonic()
            status, body = self.get("/health")
            times.append(time.monotonic() - start)
            self.assertEqual(status, 200)
            return body["status"]

        try:  # what was counted before serves its second
            wait_until(lambda: health() == "degraded", 5, health)
        finally:
            self.mongod.tell({"removeFault": fault})
        self.assertLessEqual(max(times), 1.0)
        report("health beside a slow server", longest_seconds=round(max(times), 3), status="degraded")

    def test_07_sources_and_questions_grow_to_the_maximum_and_shrink(self):
        fault = self.mongod.tell({"fault": {"command": "find", "appName": "wellspring:sources", "delayMS": 300}})["id"]
        answers = self.burst(120, 240, lambda n, c: exchange(c, "GET", "/api/v1/sources/")[0])
        self.mongod.tell({"removeFault": fault})
        self.assertEqual(set(answers), {200})
        peak = self.mongod.peak("wellspring:sources")
        self.assertLessEqual(peak, 50)
        self.assertGreater(peak, 10)
        self.assertEqual(self.mongod.current("app", "wellspring:vector"), 10)
        report("240 slow calls of the sources API, 120 at once", peak=peak)

    def test_08_admin_route_and_metrics_agree_with_the_server(self):
        pools = {f"wellspring:{pool['name']}": pool for pool in self.get("/api/v1/admin/pools")[1]["pools"]}
        text = self.server.request("GET", "/metrics")[2].decode()
        for name in POOLS:
            self.assertEqual(pools[name]["sockets"]["open"], self.mongod.current("app", name))
        self.assertEqual(broken_invariants(text), [])
        for name in ("vector", "app", "sources"):
            self.assertIn(f'mongo_pool_state{{pool="{name}",state="ready"}} 1', text)


class Shared(OnMongo):
    """The three pools as lanes over one topology."""
    mongo_flags = ("--mongo-layout", "shared")
    monitors_expected = 2

    def test_one_name_the_same_total_fewer_monitors(self):
        self.assertEqual(self.mongod.by_pool(), {"wellspring": 25})
        self.assertEqual(self.mongod.monitors(), 2)
        before = self.mongod.created("app")
        answers = self.burst(50, 200, lambda n, c: exchange(
            c, "POST", "/api/v1/sync/payload", webhook("update", f"a{n}", "T", "text", "2025-01-01T00:00:00Z"))[0])
        self.server.wait_idle()
        self.assertEqual(set(answers), {200})
        self.assertEqual(self.mongod.created("app") - before, 0)
        self.assertEqual([p["name"] for p in self.get("/api/v1/admin/pools")[1]["pools"]], ["vector", "app", "sources"])
        report("shared layout at rest", app=25, monitors=2)


class Ends(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder()
        self.addCleanup(self.folder.cleanup)
        self.mongod = FakeMongod().start()
        self.addCleanup(self.mongod.stop)

    def server(self, *flags, uri=None, folder=None):
        server = Server(BINARY, (folder or self.folder).name, "--embedder", "hashing", "--mongo-uri", uri or self.mongod.uri(), *flags)
        self.addCleanup(lambda: server.process and server.process.poll() is None and server.kill())
        return server

    def stop_under_load(self, number, *flags):
        server = self.server(*flags).start()
        stop = threading.Event()
        failures = []

        def load(n):
            while not stop.is_set():
                try:
                    status, _ = server.json("GET" if n % 2 else "POST", "/api/v1/sources/" if n % 2 else "/api/v1/search", None if n % 2 else {"query": "x"})
                    if status != 200:
                        failures.append(status)
                except (OSError, http.client.HTTPException):
                    return  # the server stops

        threads = [threading.Thread(target=load, args=(n,)) for n in range(64)]
        for thread in threads:
            thread.start()
        wait_until(lambda: self.mongod.tell({"counts": 1})["commands"].get("find", 0) > 300, 30, lambda: "no load")
        left_at_closed = []

        def watch():
            server.wait_for_line("MongoDB pools are closed", 30)
            left_at_closed.append(self.mongod.everything())

        watcher = threading.Thread(target=watch)
        watcher.start()
        start = time.monotonic()
        server.process.send_signal(number)
        code = server.process.wait(30)
        took = time.monotonic() - start
        stop.set()
        for thread in threads:
            thread.join()
        watcher.join()
        counts = self.mongod.tell({"counts": 1})
        return code, took, left_at_closed, counts, failures

    def test_sigterm_and_sigint_under_load_leave_nothing(self):
        shared = ("--mongo-layout", "shared")
        for number, flags in ((signal.SIGTERM, ()), (signal.SIGINT, ()), (signal.SIGTERM, shared), (signal.SIGINT, shared)):
            code, took, left, counts, failures = self.stop_under_load(number, *flags)
            self.assertEqual(code, 0)
            self.assertEqual(left, [0])
            self.assertEqual(counts["resets"], 0)
            self.assertGreater(counts["sessionsSeen"], 0)
            self.assertEqual(counts["sessionsEnded"], counts["sessionsSeen"])
            self.assertLess(took, 5.2)
            self.assertEqual([status for status in failures if status not in (503, 504)], [])
            layout = "shared" if flags else "split"
            report(f"{signal.Signals(number).name} under load of 64 threads, {layout}", seconds=round(took, 2), left_when_closed=left[0],
                   resets=counts["resets"], sessions_seen=counts["sessionsSeen"], sessions_ended=counts["sessionsEnded"])
            self.mongod.stop()
            self.mongod.start()

    def test_a_start_that_fails_half_way_leaves_nothing(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = self.server()
        server.command[server.command.index("127.0.0.1:0")] = f"127.0.0.1:{taken.getsockname()[1]}"
        with self.assertRaises(ServerError) as refused:
            server.start()
        self.assertIn("exit code 1", str(refused.exception))
        self.assertIn("connections=0", "\n".join(server.lines))
        wait_until(lambda: self.mongod.everything() == 0, 5, lambda: str(self.mongod.everything()))

    def test_a_server_that_does_not_answer_is_left_in_time(self):
        server = self.server("--mongo-drain", "1s", "--shutdown-grace", "2s").start()
        self.mongod.tell({"fault": {"command": "*", "effect": "ignore"}})

        def call():
            try:
                server.json("GET", "/api/v1/sources/", timeout=20)
            except (OSError, http.client.HTTPException):
                pass  # cut by the stop

        caller = threading.Thread(target=call)
        caller.start()
        self.addCleanup(caller.join)
        wait_until(lambda: server.json("GET", "/api/v1/admin/pools")[1]["pools"][2]["connections"]["in_use"] == 1, 10, lambda: "no lease")
        start = time.monotonic()
        code = server.stop()
        took = time.monotonic() - start
        self.assertEqual(code, 1)
        self.assertLess(took, 2.0, "the drain limit and a second")
        self.assertIn("MongoDB pools could not be closed in time", "\n".join(server.lines))
        wait_until(lambda: self.mongod.everything() == 0, 2, lambda: f"{self.mongod.everything()} connections after the exit")
        report("stop while the server does not answer, drain limit 1 s", exit=code, seconds=round(took, 2))

    def test_killed_and_started_again_nothing_accepted_is_lost(self):
        server = self.server().start()
        for n in range(30):
            self.assertEqual(server.json("POST", "/api/v1/sync/payload", webhook("create", f"a{n}", "T", f"pomegranate {n}", "2025-01-01T00:00:00Z"))[0], 200)
        server.kill()
        wait_until(lambda: self.mongod.everything() == 0, 5, lambda: str(self.mongod.everything()))
        with self.server() as again:
            again.wait_idle()
            hits = again.json("POST", "/api/v1/search", {"query": "pomegranate", "k": 50, "mode": "bm25"})[1]["hits"]
        self.assertEqual(len({hit["document_id"] for hit in hits}), 30)


class Outage(unittest.TestCase):
    setUp = Ends.setUp
    server = Ends.server

    def search(self, server, query):
        return {hit["document_id"] for hit in server.json("POST", "/api/v1/search", {"query": query, "k": 50, "mode": "bm25"})[1]["hits"]}

    def test_unreachable_at_start_it_comes_up_says_why_and_heals(self):
        self.mongod.tell({"refuse": 1})
        server = self.server()
        start = threading.Thread(target=server.start)
        start.start()
        server_is_up = lambda: server.port is not None
        wait_until(server_is_up, 20, lambda: "no port")
        self.assertEqual(server.json("GET", "/health/live")[0], 200)
        status, body = server.json("GET", "/health/ready")
        self.assertEqual(status, 503)
        wait_until(lambda: f"127.0.0.1:{self.mongod.port}" in server.json("GET", "/health/ready")[1]["reason"], 10, lambda: "no reason")
        status, receipt = server.json("POST", "/api/v1/sync/payload", webhook("create", "early", "T", "quince", "2025-01-01T00:00:00Z"))
        self.assertEqual(status, 200, receipt)
        self.assertEqual(server.json("GET", f"/api/v1/sync/jobs/{receipt['job_id']}")[1]["state"], "queued")
        self.mongod.tell({"accept": 1})
        began = time.monotonic()
        start.join(30)
        took = time.monotonic() - began
        self.assertEqual(server.json("GET", "/health/ready")[0], 200)
        wait_until(lambda: server.json("GET", f"/api/v1/sync/jobs/{receipt['job_id']}")[1]["state"] == "done", 20, lambda: "not moved")
        self.assertEqual(self.search(server, "quince"), {"early"})
        report("unreachable at start", ready_after_seconds=round(took, 2))
        self.assertEqual(server.stop(), 0)

    def test_a_black_hole_at_start_costs_the_monitors_attempts_only_and_heals(self):
        self.mongod.tell({"fault": {"command": "*", "effect": "ignore"}})
        server = self.server()
        start = threading.Thread(target=server.start)
        start.start()
        wait_until(lambda: server.port is not None, 20, lambda: "no port")
        self.assertEqual(server.json("GET", "/health/live")[0], 200)
        threads = server.threads()
        began = time.monotonic()

        def attempts():
            self.assertEqual(server.json("GET", "/health/ready")[0], 503)
            return self.mongod.tell({"counts": 1})["connections"]["totalCreated"]

        # 2 s of connectTimeoutMS and a pause of half a second: a monitor's third attempt comes after 5 s.
        wait_until(lambda: attempts() >= 9, 12, lambda: f"{attempts()} attempts")
        third_after = time.monotonic() - began
        self.assertGreaterEqual(third_after, 4)
        self.assertEqual(attempts(), 9, "three of each monitor, and nobody else's")
        self.assertEqual(self.mongod.created("app"), 0)
        self.assertLessEqual(server.threads(), threads + 6, "monitors, and those that connect")
        self.mongod.tell({"clearFaults": 1})
        began = time.monotonic()
        start.join(30)
        took = time.monotonic() - began
        self.assertEqual(server.json("GET", "/health/ready")[0], 200)
        self.assertEqual(self.mongod.by_pool(), AT_REST)
        report("black hole at start", attempts=9, in_seconds=round(third_after, 2), threads=server.threads(), ready_after_seconds=round(took, 2))
        self.assertEqual(server.stop(), 0)

    def test_lost_while_running_nothing_accepted_is_lost(self):
        server = self.server().start()
        server.json("POST", "/api/v1/sync/payload", webhook("create", "before", "T", "medlar", "2025-01-01T00:00:00Z"))
        server.wait_idle()
        self.mongod.tell({"refuse": 1})
        self.mongod.tell({"kill": {}})
        wait_until(lambda: server.json("GET", "/health/ready")[1]["status"] == "degraded", 10, lambda: str(server.json("GET", "/health/ready")))
        self.assertEqual(server.json("GET", "/health/ready")[0], 200)
        self.assertEqual(self.search(server, "medlar"), {"before"})
        receipts = []
        for n in range(40):
            status, receipt = server.json("POST", "/api/v1/sync/payload", webhook("create", f"d{n}", "T", f"medlar {n}", "2025-01-01T00:00:00Z"))
            self.assertEqual(status, 200)
            receipts.append(receipt["job_id"])
        server.kill()  # what waits here survives this process as well
        self.mongod.tell({"accept": 1})
        began = time.monotonic()
        with self.server() as again:
            wait_until(lambda: len(self.search(again, "medlar")) == 41, 30, lambda: str(len(self.search(again, "medlar"))))
            took = time.monotonic() - began
            states = {again.json("GET", f"/api/v1/sync/jobs/{job}")[1]["state"] for job in receipts}
            self.assertEqual(states, {"done"})
        report("40 webhooks while the server was away, then kill -9", lost=0, answerable_after_seconds=round(took, 2))

    def test_comes_back_by_itself(self):
        server = self.server().start()
        self.mongod.tell({"refuse": 1})
        self.mongod.tell({"kill": {}})
        wait_until(lambda: server.json("GET", "/health/ready")[1]["status"] == "degraded", 10, lambda: "not degraded")
        server.json("POST", "/api/v1/sync/payload", webhook("create", "away", "T", "sorb apple", "2025-01-01T00:00:00Z"))
        self.mongod.tell({"accept": 1})
        began = time.monotonic()
        wait_until(lambda: self.search(server, "sorb") == {"away"}, 20, lambda: "not answerable")
        answerable = time.monotonic() - began
        wait_until(lambda: self.mongod.by_pool() == AT_REST, 5, lambda: str(self.mongod.by_pool()))
        self.assertEqual(server.json("GET", "/health/ready")[1]["status"], "healthy")
        report("server back", answerable_after_seconds=round(answerable, 2), app=25)
        self.assertEqual(server.stop(), 0)


class Doctor(unittest.TestCase):
    setUp = Ends.setUp

    def doctor(self, *flags):
        done = subprocess.run([BINARY, "doctor", "--data-dir", self.folder.name, "--embedder", "hashing", "--mongo-uri", self.mongod.uri(), *flags],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, next((line for line in done.stdout.splitlines() if " budget " in line), done.stdout + done.stderr)

    def test_a_budget_that_fits(self):
        code, line = self.doctor()
        self.assertEqual(code, 0, line)
        self.assertIn("31 connections at rest and 156 at most, monitors included, for each of 1 processes", line)
        self.assertIn("the server allows 51200, others use 0", line)
        wait_until(lambda: self.mongod.everything() == 0, 5, lambda: f"{self.mongod.everything()} connections are left")
        report("doctor", budget=line.split("budget")[1].strip())

    def test_a_budget_that_does_not_fit(self):
        code, line = self.doctor("--mongo-instances", "400")  # 400 x 156 > 51,200
        self.assertEqual(code, 1, line)
        for word in ("FAILED", "62400 do not fit", "mongo.instances", "maxIncomingConnections"):
            self.assertIn(word, line)

    def test_a_budget_that_is_nearly_used_up_is_a_warning(self):
        code, line = self.doctor("--mongo-instances", "300")  # 300 x 156 is 91 %
        self.assertEqual(code, 0, line)
        self.assertIn("more than 80 %", line)

    def test_beside_a_running_server_it_advises_sizes(self):
        with Server(BINARY, self.folder.name, "--embedder", "hashing", "--mongo-uri", self.mongod.uri()):
            done = subprocess.run([BINARY, "doctor", "--data-dir", self.folder.name, "--embedder", "hashing", "--mongo-uri", self.mongod.uri()],
                                  capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        for pool in ("vector: 10 to 50, advised", "app: 5 to 50, advised", "sources: 10 to 50, advised"):
            self.assertIn(pool, done.stdout)


class BadInput(unittest.TestCase):
    setUp = Ends.setUp
    server = Ends.server

    def refused(self, *flags, uri=None):
        with self.assertRaises(ServerError) as refused:
            self.server(*flags, uri=uri).start(limit=20)
        text = str(refused.exception)
        self.assertNotIn("s3cret", text)
        self.assertIn("exit code", text)
        return text

    def test_uris_that_cannot_be_used(self):
        for uri in ("http://u:s3cret@127.0.0.1/", "mongodb://", "127.0.0.1:27017", "mongodb://u:s3cret@h:99999/", "mongodb://h/?tls=maybe"):
            self.assertIn("mongo.uri", self.refused(uri=uri), uri)

    def test_a_maximum_below_the_minimum(self):
        text = self.refused("--mongo-app-min", "20", "--mongo-app-max", "10")
        self.assertIn("mongo.app_min", text)
        self.assertIn("mongo.app_max", text)

    def test_sizes_in_the_uri_are_told_and_not_used(self):
        with self.server(uri=self.mongod.uri(parameters="minPoolSize=40&maxPoolSize=41&maxIdleTimeMS=5&waitQueueTimeoutMS=5")) as server:
            text = "\n".join(server.lines)
            for option in ("minPoolSize=40", "maxPoolSize=41", "maxIdleTimeMS=5", "waitQueueTimeoutMS=5"):
                self.assertIn(option, text)
            self.assertEqual(self.mongod.by_pool(), AT_REST)

    def test_credentials_are_never_shown(self):
        uri = self.mongod.uri().replace("mongodb://", "mongodb://someone:s3cret@")
        server = self.server(uri=uri)
        start = threading.Thread(target=lambda: self.assertRaises(ServerError, server.start, 6), daemon=True)
        start.start()
        wait_until(lambda: server.port is not None, 20, lambda: "no port")
        wait_until(lambda: "credentials" in server.json("GET", "/health/ready")[1].get("reason", ""), 20, lambda: str(server.json("GET", "/health/ready")))
        shown = [server.request("GET", target)[2].decode() for target in ("/health/ready", "/health", "/metrics", "/api/v1/admin/pools")]
        start.join()
        for text in (*shown, "\n".join(server.lines)):
            self.assertNotIn("s3cret", text)


if __name__ == "__main__":
    unittest.main()
