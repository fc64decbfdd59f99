"""What webhooks missed is healed by comparing with the CMS's list, and nothing is removed on the word of a broken one."""
import json
import subprocess
import time
import unittest

from case import BINARY
from cms_double import CmsDouble, stamp
from server import Server, temporary_folder, wait_until, webhook

ON_DEMAND = ("--cms-reconcile-every", "0s")


class ReconcileCase(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder()
        self.addCleanup(self.folder.cleanup)
        self.cms = CmsDouble()
        self.addCleanup(self.cms.stop)
        self.server = None

    def serve(self, *flags, environment=None):
        self.server = Server(BINARY, self.folder.name, "--embedder", "hashing", "--cms-url", self.cms.url, "--cms-pause", "0ms",
                             *flags, environment=environment)
        self.addCleanup(self.server.__exit__)
        return self.server.start()

    def state(self):
        return self.server.json("GET", "/api/v1/admin/reconcile")[1]

    def swept(self, limit=30):
        """The report of the sweep under way, when it has ended and its jobs are done."""
        wait_until(lambda: self.state()["report"] and not self.state()["running"], limit, lambda: str(self.state()))
        self.server.wait_idle()
        return self.state()["report"]

    def reconcile(self, *arguments):
        """`wellspring reconcile` against the running server: exit code, standard output, standard error."""
        done = subprocess.run([BINARY, "reconcile", "--url", self.server.url, *arguments], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def found(self, words):
        hits = self.server.json("POST", "/api/v1/search", {"query": words, "k": 50, "mode": "bm25"})[1]["hits"]
        return {hit["document_id"] for hit in hits}

    def metric(self, line):
        text = self.server.request("GET", "/metrics")[2].decode()
        return float(next(row.rsplit(" ", 1)[1] for row in text.splitlines() if row.startswith(line + " ")))


class Healing(ReconcileCase):
    def test_what_happened_while_the_server_was_down_is_made_up_for_at_the_start(self):
        for name in ("a", "b", "c"):
            self.cms.put(name, f"the {name}lpha lamp", 1)
        self.cms.put("d", "hidden lamp", 1, status="draft")
        self.serve()
        self.assertEqual(self.swept()["outcome"], "complete")
        self.assertEqual(self.found("lamp"), {"a", "b", "c"})
        self.assertEqual(self.server.stop(), 0)

        self.cms.put("a", "the newer lamp", 2)                      # a missed update,
        self.cms.put("b", "the lamp", 2, status="draft")            # unpublish,
        del self.cms.docs["c"]                                      # delete
        self.cms.put("d", "the lamp appears", 2)                    # and publish
        self.serve()
        report = self.swept()
        self.assertEqual(report["drift"], {"missing": 1, "stale": 1, "unpublished": 1, "deleted": 1})
        self.assertEqual(self.found("lamp"), {"a", "d"})
        self.assertEqual(self.found("newer"), {"a"})
        self.assertEqual(self.metric('wellspring_reconcile_drift{kind="deleted"}'), 1)
        self.assertGreater(self.metric("wellspring_reconcile_last_success_timestamp_seconds"), time.time() - 60)

        code, out, error = self.reconcile()
        self.assertEqual(code, 0, error)
        self.assertIn("complete: 3 documents listed, 2 articles held; 0 missing, 0 stale, 0 unpublished, 0 deleted; 0 jobs", out)

    def test_a_late_webhook_of_what_the_sweep_removed_changes_nothing_and_a_newer_one_does(self):
        self.cms.put("a", "the lamp", 5)
        self.cms.put("b", "the lamp", 5)
        self.serve(*ON_DEMAND)
        self.assertEqual(self.reconcile()[0], 0)
        del self.cms.docs["a"]
        self.assertEqual(self.reconcile()[0], 0)
        self.assertEqual(self.found("lamp"), {"b"})
        self.server.json("POST", "/api/v1/sync/payload", webhook("update", "a", "A", "the lamp of old", stamp(4)))
        self.server.wait_idle()
        self.assertEqual(self.found("lamp"), {"b"})
        self.server.json("POST", "/api/v1/sync/payload", webhook("update", "a", "A", "the lamp is back", stamp(6)))
        self.server.wait_idle()
        self.assertEqual(self.found("lamp"), {"a", "b"})

    def test_on_schedule(self):
        self.serve("--cms-reconcile-every", "1s")
        self.swept()
        self.cms.put("a", "scheduled lamp", 1)
        wait_until(lambda: self.found("scheduled") == {"a"}, 20, lambda: str(self.state()))

    def test_translations(self):
        self.cms.put("a", "the lamp", 1, en="Lamp", fr="Lampe")
        self.cms.put("b", "the lamp", 1, en="Other")
        self.serve(*ON_DEMAND, "--cms-locales", "en,fr")
        code, out, error = self.reconcile("--json")
        self.assertEqual(code, 0, error)
        self.assertEqual({(one["id"], one["locale"]) for one in json.loads(out)["differences"]}, {("a", "en"), ("a", "fr"), ("b", "en")})
        self.assertEqual(self.server.json("GET", "/api/v1/documents/a?locale=fr")[1]["title"], "Lampe")
        code, out, _ = self.reconcile("--json")
        self.assertEqual(json.loads(out)["differences"], [])

    def test_the_key_is_sent_and_never_shown(self):
        self.cms.api_key = "users API-Key sesame-0815"
        self.cms.put("a", "the lamp", 1)
        self.serve("--log-level", "debug", environment={"WELLSPRING_CMS_API_KEY": self.cms.api_key})
        self.assertEqual(self.swept()["outcome"], "complete")
        self.assertEqual(self.found("lamp"), {"a"})
        self.assertNotIn("sesame", "\n".join(self.server.lines) + json.dumps(self.state()))


class DryRun(ReconcileCase):
    def test_lists_and_changes_nothing(self):
        self.cms.put("a", "the lamp", 1)
        self.cms.put("b", "the lamp", 1)
        self.serve(*ON_DEMAND)
        self.assertEqual(self.reconcile()[0], 0)
        self.cms.put("a", "the newer lamp", 2)
        del self.cms.docs["b"]
        self.cms.put("c", "the lamp", 1)
        code, out, error = self.reconcile("--dry-run")
        self.assertEqual(code, 0, error)
        for line in ("missing     c", "stale       a", "deleted     b", "nothing was changed"):
            self.assertIn(line, out)
        self.assertEqual(self.found("lamp"), {"a", "b"})
        self.assertEqual(self.found("newer"), set())
        self.assertEqual(self.server.json("GET", "/api/v1/sync/jobs?limit=0")[1]["counts"].get("queued", 0), 0)

    def test_the_command_without_a_server_opens_the_directory_itself(self):
        self.cms.put("a", "the lamp", 1)
        done = subprocess.run([BINARY, "reconcile", "--data-dir", self.folder.name, "--embedder", "hashing", "--cms-url", self.cms.url],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 missing", done.stdout)
        self.serve(*ON_DEMAND)
        self.assertEqual(self.found("lamp"), {"a"})


class BrokenCms(ReconcileCase):
    def test_no_fault_of_the_cms_removes_anything(self):
        for n in range(25):
            self.cms.put(f"a{n:02}", "the lamp", 1)
        self.serve(*ON_DEMAND, "--cms-page-size", "10", "--cms-timeout", "300ms")
        self.assertEqual(self.reconcile()[0], 0)
        self.assertEqual(len(self.found("lamp")), 25)
        for fault, said in (("500", "answered 500"), ("garbage", "list of the CMS"), ("endless", "brings none"), ("forbidden", "answered 403"),
                            ("empty", "no document at all"), ("slow", "out of time")):
            with self.subTest(fault):
                self.cms.fault = fault
                code, out, error = self.reconcile()
                self.assertEqual(code, 1, out)
                self.assertIn(said, error)
                self.assertEqual(len(self.found("lamp")), 25)
                self.assertEqual(self.server.request("GET", "/health/ready")[0], 200)
        self.cms.fault = None
        self.cms.released.set()
        for n in range(20):
            del self.cms.docs[f"a{n:02}"]
        code, out, error = self.reconcile()
        self.assertEqual(code, 1)
        self.assertIn("20 of 25 articles would go", error)
        self.assertEqual(self.metric("wellspring_reconcile_held_back"), 20)
        self.assertEqual(len(self.found("lamp")), 25)
        code, out, error = self.reconcile("--remove-many")
        self.assertEqual(code, 0, error)
        self.assertEqual(len(self.found("lamp")), 5)

    def test_a_cms_that_is_away_at_the_start_is_no_reason_not_to_serve(self):
        self.cms.put("a", "the lamp", 1)
        self.cms.stop()
        self.serve()
        self.assertEqual(self.server.request("GET", "/health/ready")[0], 200)
        report = self.swept()
        self.assertEqual(report["outcome"], "failed")
        self.assertIn("connecting failed", report["reason"])
        self.assertGreater(report["requests"], 1)
        self.cms.start()
        self.assertEqual(self.reconcile()[0], 0)
        self.assertEqual(self.found("lamp"), {"a"})

    def test_a_stop_does_not_wait_for_it(self):
        self.cms.fault = "slow"
        self.serve()
        wait_until(lambda: self.cms.requests, 10, lambda: "nothing was asked")
        start = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - start, 5)


class Api(ReconcileCase):
    def test_one_sweep_at_a_time(self):
        self.cms.fault = "slow"
        self.serve(*ON_DEMAND)
        self.assertEqual(self.state(), {"running": False, "report": None})
        status, body = self.server.json("POST", "/api/v1/admin/reconcile")
        self.assertEqual((status, body["running"], body["report"]["outcome"]), (202, True, "running"))
        self.assertEqual(self.server.json("POST", "/api/v1/admin/reconcile", {"dry_run": True})[0], 409)
        self.assertEqual(self.server.json("POST", "/api/v1/admin/reconcile", {"dry_run": "yes"})[0], 422)
        self.assertEqual(self.server.json("POST", "/api/v1/admin/reconcile", [])[0], 422)
        self.cms.fault = None
        self.cms.released.set()
        self.assertEqual(self.swept()["outcome"], "complete")

    def test_it_is_for_operators(self):
        self.serve(*ON_DEMAND, environment={"ADMIN_TOKEN": "open-sesame"})
        for method in ("GET", "POST"):
            self.assertEqual(self.server.request(method, "/api/v1/admin/reconcile")[0], 401)
        status, _ = self.server.json("POST", "/api/v1/admin/reconcile", headers={"Authorization": "Bearer open-sesame"})
        self.assertEqual(status, 202)

    def test_without_a_cms_there_is_nothing_to_compare_with(self):
        with Server(BINARY, self.folder.name, "--embedder", "hashing") as server:
            for method in ("GET", "POST"):
                status, body = server.json(method, "/api/v1/admin/reconcile")
                self.assertEqual(status, 404)
                self.assertIn("cms.url", json.dumps(body))

    def test_options_that_make_no_sense_stop_the_start(self):
        for flags, said in ((("--cms-url", "http://user:secret@cms/"), "cms.url"), (("--net-allow", "10.0.0.1/8"), "net.allow")):
            done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", self.folder.name, "--embedder", "hashing", *flags],
                                  capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stderr)
            self.assertNotIn("secret", done.stderr)


class Cost(ReconcileCase):
    def test_a_sweep_over_unchanged_articles_costs_pages_only(self):
        for n in range(600):
            self.cms.put(f"a{n:05}", "a lamp " * 50, 1)
        self.serve(*ON_DEMAND)
        self.assertEqual(self.reconcile()[0], 0)
        code, out, error = self.reconcile("--json")
        self.assertEqual(code, 0, error)
        report = json.loads(out)
        self.assertEqual((report["listed"], report["held"], report["jobs"]), (600, 600, 0))
        self.assertEqual(report["requests"], 3)
        self.assertLess(report["received_bytes"], 600 * 110, "the texts were not asked for")


if __name__ == "__main__":
    unittest.main()
