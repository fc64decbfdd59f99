"""Contract 1.9 and Standard Webhooks: who may send a webhook, and what a repetition does."""
import json
import subprocess
import time
import unittest

import signing
from case import BINARY, ServerCase
from server import Server, temporary_folder, webhook, wait_until

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PREVIOUS = "the harbour's older secret"
PAYLOAD = "/api/v1/sync/payload"
JSON = {"Content-Type": "application/json"}


def body_of(article_id, text, updated_at="2025-01-01T00:00:00.000Z"):
    return json.dumps(webhook("update", article_id, "Title", text, updated_at)).encode()


def metric(server, name):
    lines = server.request("GET", "/metrics")[2].decode().splitlines()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + " "))


class SignedCase(ServerCase):
    environment = {"WEBHOOK_SECRET": SECRET, "WELLSPRING_WEBHOOK_PREVIOUS_SECRET": PREVIOUS}

    def deliver(self, body, headers, target=PAYLOAD):
        status, _, text = self.server.request("POST", target, body, {**JSON, **headers})
        return status, json.loads(text)

    def accept(self, body, headers):
        status, answer = self.deliver(body, headers)
        self.assertEqual(status, 200, answer)
        return answer

    def total_jobs(self):
        return sum(self.get("/api/v1/sync/jobs?limit=0")[1]["counts"].values())

    def checks(self, result):
        return metric(self.server, f'wellspring_webhook_signatures_total{{result="{result}"}}')


class Signatures(SignedCase):
    def assert_refused(self, body, headers, result):
        before, jobs = self.checks(result), self.total_jobs()
        for target in (PAYLOAD, "/api/v1/sync/test-webhook"):
            status, answer = self.deliver(body, headers, target)
            expected = {"error": "Unauthorized", "message": "Invalid webhook signature or timestamp"}
            self.assertEqual((status, answer), (401, {"detail": expected, **expected}))
        self.assertEqual(self.checks(result), before + 2)
        self.assertEqual(self.total_jobs(), jobs)

    def test_both_schemes_and_both_secrets_are_accepted(self):
        for index, secret in enumerate((SECRET, PREVIOUS)):
            body = body_of(f"ok{index}", f"cormorant {index}")
            self.wait_for(self.accept(body, signing.cms(secret, body)))
            body = body_of(f"ok{index}", f"kittiwake {index}", "2025-01-02T00:00:00.000Z")
            self.wait_for(self.accept(body, signing.standard(secret, f"msg_ok{index}", body)))
        self.assertEqual(self.found("kittiwake"), {"ok0", "ok1"})
        status, answer = self.deliver(body, signing.cms(SECRET, body), "/api/v1/sync/test-webhook")
        self.assertEqual((status, answer["status"]), (200, "success"))

    def test_a_sender_that_rotates_sends_several_signatures(self):
        body = body_of("rotating", "text")
        headers = signing.standard("unknown secret", "msg_rotating", body)
        headers["Webhook-Signature"] += " " + signing.standard_entry(SECRET, "msg_rotating", headers["Webhook-Timestamp"], body)
        self.accept(body, headers)

    def test_refusals_name_no_reason_to_the_sender(self):
        body, now = body_of("refused", "secretive text"), int(time.time())
        self.assert_refused(body, {}, "missing")
        self.assert_refused(body, {"X-Webhook-Timestamp": str(now)}, "missing")
        self.assert_refused(body, signing.cms(SECRET, body, now - 400), "stale")
        self.assert_refused(body, signing.cms(SECRET, body, now + 400), "stale")
        self.assert_refused(body, signing.standard(SECRET, "msg_x", body, now - 400), "stale")
        self.assert_refused(body, signing.cms("another", body), "mismatch")
        self.assert_refused(body + b" ", signing.cms(SECRET, body), "mismatch")
        self.assert_refused(body, signing.standard("another", "msg_x", body), "mismatch")
        headers = signing.standard(SECRET, "msg_x", body)
        self.assert_refused(body, {**headers, "Webhook-Id": "msg_y"}, "mismatch")
        self.assert_refused(body, {**headers, "Webhook-Timestamp": str(int(headers["Webhook-Timestamp"]) + 1)}, "mismatch")
        self.assert_refused(body, {**signing.cms(SECRET, body), "X-Webhook-Timestamp": "soon"}, "malformed")
        self.assert_refused(body, signing.standard(SECRET, "msg.x", body), "malformed")
        self.assertEqual(self.found("secretive"), set())
        log = "\n".join(self.server.lines)
        for check in ("missing", "stale", "mismatch", "malformed"):
            self.assertRegex(log, rf"its signature.*check={check}")
        for secret in (SECRET, SECRET.removeprefix("whsec_"), PREVIOUS, "secretive text"):
            self.assertNotIn(secret, log)

    def test_nothing_is_parsed_before_the_signature_was_checked(self):
        self.assert_refused(b"{", {}, "missing")
        self.assertEqual(self.deliver(b"{", signing.cms(SECRET, b"{"))[0], 400)
        large = b'{"padding":"' + b"x" * 300_000 + b'"}'
        self.assert_refused(large, signing.cms("another", large), "mismatch")
        self.assertEqual(self.deliver(large, signing.cms(SECRET, large))[0], 422)

    def test_imports_are_no_webhooks(self):
        status, answer = self.server.json("POST", "/api/v1/sync/import", b'{"id":"n","title":"N","text":"x"}\n')
        self.assertEqual((status, len(answer["accepted"])), (200, 1))


class Replays(SignedCase):
    def test_a_repetition_gets_the_first_receipt_and_does_nothing(self):
        first = body_of("r1", "old words")
        receipt = self.accept(first, signing.standard(SECRET, "msg_r1", first, int(time.time()) - 5))
        self.wait_for(receipt)
        before, jobs = metric(self.server, "wellspring_webhook_replays_total"), self.total_jobs()
        self.assertEqual(self.accept(first, signing.standard(SECRET, "msg_r1", first)), receipt)
        self.assertEqual((metric(self.server, "wellspring_webhook_replays_total"), self.total_jobs()), (before + 1, jobs))
        self.assertEqual(self.job(receipt["job_id"])["attempts"], 1)

    def test_a_captured_body_with_a_fresh_timestamp_brings_nothing_back(self):
        captured = body_of("r2", "captured words")
        receipt = self.accept(captured, signing.cms(SECRET, captured))
        self.wait_for(receipt)
        gone = json.dumps({"operation": "delete", "doc": {"id": "r2"}}).encode()
        self.wait_for(self.accept(gone, signing.cms(SECRET, gone)))
        self.assertEqual(self.accept(captured, signing.cms(SECRET, captured, int(time.time()) + 1)), receipt)
        self.assertEqual(self.found("captured"), set())

    def test_equal_deliveries_at_the_same_time_are_one_job(self):
        import concurrent.futures
        body = body_of("r3", "hasty words")
        headers = signing.standard(SECRET, "msg_r3", body)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.accept(body, headers), range(64)))
        self.assertEqual({answer["job_id"] for answer in answers}, {answers[0]["job_id"]})
        self.assertEqual(len(self.get("/api/v1/sync/jobs?article_id=r3")[1]["jobs"]), 1)

    def test_what_was_delivered_is_remembered_after_a_crash_and_a_restart(self):
        standard, cms = body_of("r4", "lasting words"), body_of("r5", "lasting words")
        receipts = [self.accept(standard, signing.standard(SECRET, "msg_r4", standard)),
                    self.accept(cms, signing.cms(SECRET, cms))]
        for restart in (self.server.kill, self.server.stop):
            restart()
            self.server.start()
            jobs = self.total_jobs()
            again = [self.accept(standard, signing.standard(SECRET, "msg_r4", standard)),
                     self.accept(cms, signing.cms(SECRET, cms))]
            self.assertEqual(again, receipts)
            self.assertEqual(self.total_jobs(), jobs)
        for receipt in receipts:
            self.assertEqual(self.wait_for(receipt)["state"], "done")


class DeliveryIds(SignedCase):
    flags = ("--embedder", "hashing", "--webhook-require-delivery-id", "on")

    def test_a_signature_over_the_body_alone_is_refused_where_an_id_is_required(self):
        body = body_of("d1", "text")
        self.assertEqual(self.deliver(body, signing.cms(SECRET, body))[0], 401)
        self.assertEqual(self.checks("no_delivery_id"), 1)
        self.accept(body, signing.standard(SECRET, "msg_d1", body))


class WithoutSecret(ServerCase):
    def test_webhooks_are_accepted_and_a_warning_says_so(self):
        self.publish("w1", "T", "text")
        self.assertRegex("\n".join(self.server.lines), r"webhooks are accepted unsigned.*WEBHOOK_SECRET")
        self.assertGreaterEqual(metric(self.server, 'wellspring_webhook_signatures_total{result="unsigned"}'), 1)


class RefuseUnsigned(ServerCase):
    flags = ("--embedder", "hashing", "--webhook-unsigned", "refuse")

    def test_none_is_accepted(self):
        self.assertEqual(self.post(PAYLOAD, webhook("delete", "x"))[0], 401)
        self.assertEqual(metric(self.server, 'wellspring_webhook_signatures_total{result="no_secret"}'), 1)
        wait_until(lambda: any("every webhook is refused" in line for line in self.server.lines), 5, lambda: str(self.server.lines))


class BadSecret(unittest.TestCase):
    def test_a_secret_that_cannot_be_read_is_said_at_the_start_without_being_told(self):
        with temporary_folder() as folder:
            server = Server(BINARY, folder, "--embedder", "hashing", environment={"WEBHOOK_SECRET": "whsec_no!base64"})
            done = subprocess.run(server.command, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("webhook.secret", done.stderr)
        self.assertNotIn("no!base64", done.stderr)


if __name__ == "__main__":
    unittest.main()
