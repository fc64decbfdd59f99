"""The program on a real server behind a counting gate: FerretDB, or the one that WELLSPRING_TEST_MONGODB_URI names."""
import contextlib
import subprocess
import threading
import time
import unittest

from case import BINARY
from counted import BehindGate, real_server
from load import webhooks
from mongo_report import AT_REST, Site
from server import temporary_folder, wait_until, webhook
from tcp_gate import TcpGate, split_uri
from test_mongo import report

JOBS_SECONDS = 300
HEAL_SECONDS = 20


class Real(unittest.TestCase):
    """One server and gate for all; a program for each test, in a folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        uri = cls.stack.enter_context(real_server())
        if uri is None:
            cls.stack.close()
            raise unittest.SkipTest("no FerretDB (scripts/setup_ferretdb.sh) and no WELLSPRING_TEST_MONGODB_URI")
        _, host, port, _ = split_uri(uri)
        cls.gate = cls.stack.enter_context(TcpGate(host, port))
        cls.uri = uri

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def setUp(self):
        folder = temporary_folder()
        self.addCleanup(folder.cleanup)
        self.mark = f"real{time.time_ns():x}"  # the database may hold what an earlier test left
        self.gate.accept()
        self.gate.delay(0)
        self.count = BehindGate(self.gate, self.uri)
        self.folder = folder.name
        self.site = Site(self.count, folder.name)
        self.server = self.site.server
        self.addCleanup(lambda: self.server.process and self.server.process.poll() is None and self.server.kill())
        self.site.start()

    def stop(self):
        code, took, left = self.site.stop()
        self.assertEqual((code, left), (0, 0))
        return took

    def post(self, operation, article, text="", **more):
        status, receipt = self.server.json("POST", "/api/v1/sync/payload", webhook(operation, article, "T", text, "2025-01-01T00:00:00Z", **more))
        self.assertEqual(status, 200, receipt)
        return receipt["job_id"]

    def done(self, job, limit=JOBS_SECONDS):
        state = lambda: self.server.json("GET", f"/api/v1/sync/jobs/{job}")[1]
        wait_until(lambda: state()["state"] in ("done", "dead"), limit, lambda: str(state()))
        self.assertEqual(state()["state"], "done")

    def found(self):
        body = {"query": self.mark, "k": 50, "mode": "bm25"}
        return {hit["document_id"] for hit in self.server.json("POST", "/api/v1/search", body)[1]["hits"]}

    def status(self):
        return self.server.json("GET", "/health/ready")[1]["status"]

    def test_1_publish_unpublish_delete(self):
        self.done(self.post("create", f"{self.mark}-a", f"{self.mark} one"))
        self.done(self.post("create", f"{self.mark}-b", f"{self.mark} two"))
        self.assertEqual(self.found(), {f"{self.mark}-a", f"{self.mark}-b"})
        self.done(self.post("update", f"{self.mark}-a", f"{self.mark} one", status="draft"))
        self.assertEqual(self.found(), {f"{self.mark}-b"})
        self.done(self.post("delete", f"{self.mark}-b"))
        self.assertEqual(self.found(), set())
        self.stop()

    def test_2_sources_and_questions(self):
        status, source = self.server.json("POST", "/api/v1/sources/", {"name": "N", "type": "web", "uri": f"https://{self.mark}.example"})
        self.assertEqual(status, 201, source)
        target = f"/api/v1/sources/{source['id']}"
        self.assertEqual(self.server.json("PUT", target, {"name": "New"})[1]["name"], "New")
        self.assertIn(source["id"], [each["id"] for each in self.server.json("GET", "/api/v1/sources/")[1]])
        self.assertEqual(self.server.json("POST", "/api/v1/sources/", {"name": "N", "type": "web", "uri": source["uri"]})[0], 409)
        question = f"What is said of {self.mark}?"
        self.assertEqual(self.server.request("POST", "/api/v1/chat", {"query": question})[0], 200)
        asked = lambda: str(self.server.json("GET", "/api/v1/questions/?limit=100")[1])
        wait_until(lambda: question in asked(), 20, asked)
        self.assertEqual(self.server.request("DELETE", target)[0], 204)
        self.assertEqual(self.server.request("GET", target)[0], 404)
        self.stop()

    def test_2_doctor_fits_the_budget_or_says_that_it_cannot_know(self):
        self.stop()
        done = subprocess.run([BINARY, "doctor", "--data-dir", self.folder, "--embedder", "hashing", "--mongo-uri", self.count.uri],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        budget = next(line for line in done.stdout.splitlines() if " budget " in line)
        self.assertTrue("unknown whether they fit" in budget or "the server allows" in budget, budget)
        wait_until(lambda: self.gate.current == 0, 5, lambda: str(self.gate.current))
        report("doctor on a real server", budget=budget.split("budget")[1].strip())

    def test_3_a_restart_keeps_everything(self):
        self.done(self.post("create", f"{self.mark}-kept", f"{self.mark} kept"))
        late = [self.post("create", f"{self.mark}-{n}", f"{self.mark} late {n}") for n in range(5)]
        self.server.kill()
        wait_until(lambda: self.gate.current == 0, 5, lambda: str(self.gate.current))
        self.site.start()
        for job in late:
            self.done(job)
        self.assertEqual(self.found(), {f"{self.mark}-kept"} | {f"{self.mark}-{n}" for n in range(5)})
        self.stop()

    def outage(self, name, begin, end):
        """Begins and ends an outage: searches go on, a webhook sent in it is answerable after it, the budget is as before."""
        self.done(self.post("create", f"{self.mark}-{name}-before", f"{self.mark} before"))
        before = self.found()
        begin()
        # Something must ask for the server to be missed where its silence is not announced.
        asker = threading.Thread(target=lambda: self.server.request("GET", "/api/v1/sources/"))
        asker.start()
        try:
            wait_until(lambda: self.status() == "degraded", 40, lambda: self.status())
            self.assertEqual(self.found(), before)
            job = self.post("create", f"{self.mark}-{name}-in", f"{self.mark} in it")
        finally:
            start = time.monotonic()
            end()
        self.addCleanup(asker.join)
        wait_until(lambda: self.status() == "healthy", 60, lambda: str(self.server.json("GET", "/health/ready")))
        healthy = time.monotonic() - start
        self.done(job)
        self.assertEqual(self.found(), before | {f"{self.mark}-{name}-in"})
        rest = AT_REST + self.site.monitors_expected
        wait_until(lambda: self.gate.current == rest, 60, lambda: f"{self.gate.current} connections, {rest} are wanted")
        report(f"outage, {name}", healthy_after_seconds=round(healthy, 2), connections=self.gate.current)

    def test_4_refused_and_cut(self):
        def begin():
            self.gate.refuse()
            self.gate.cut()
        self.outage("refused", begin, self.gate.accept)
        self.stop()

    def test_5_cut_once(self):
        """Every connection is closed at once and can be opened again: it heals without a word."""
        self.gate.cut()
        rest = AT_REST + self.site.monitors_expected
        wait_until(lambda: self.gate.current == rest, HEAL_SECONDS, lambda: f"{self.gate.current} connections, {rest} are wanted")
        self.done(self.post("create", f"{self.mark}-cut", f"{self.mark} cut"))
        self.assertEqual(self.found(), {f"{self.mark}-cut"})
        self.stop()

    def test_6_black_hole(self):
        self.outage("black hole", self.gate.black_hole, self.gate.accept)
        self.stop()

    def test_7_slow(self):
        self.gate.delay(0.5)
        start = time.monotonic()
        status, _ = self.server.json("GET", "/health")
        self.assertEqual(status, 200)
        self.assertLessEqual(time.monotonic() - start, 1.0)
        self.assertEqual(self.server.request("GET", "/api/v1/sources/")[0], 200)
        self.gate.delay(0)
        self.done(self.post("create", f"{self.mark}-slow", f"{self.mark} slow"))
        self.stop()

    def test_8_at_rest_a_burst_and_a_clean_stop(self):
        """Last, since its jobs need not be done at its end."""
        self.assertEqual(self.gate.current, AT_REST + self.site.monitors_expected)
        total = self.gate.total
        start = time.monotonic()
        answers = webhooks(self.server.port, 50, 500, articles=20)
        took = time.monotonic() - start
        self.assertEqual(answers.count(200), 500)
        self.assertEqual(self.gate.total - total, 0)
        report("500 webhooks on a real server", connections=self.gate.current, monitors=self.site.monitors_expected,
               new_connections=self.gate.total - total, seconds=round(took, 2))
        report("stop with jobs queued", seconds=round(self.stop(), 2), left=self.gate.current)


if __name__ == "__main__":
    unittest.main()
