"""A full queue refuses at once and takes more when it was worked off; a poison article stops nothing else."""
import json
import subprocess
import time
import unittest

from case import BINARY, ServerCase
from server import webhook, wait_until

SECTIONS_MAX = 20_000  # passages that one article may have


def sections(count, words=""):
    return "\n\n".join(f"## Section {i}\n\nWords of section {i}. {words}" for i in range(count))


class Full(ServerCase):
    flags = ("--embedder", "hashing", "--job-queue-bytes-max", str(32 << 20))
    environment = {}

    def queue_bytes(self):
        lines = self.server.request("GET", "/metrics")[2].decode().splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith("wellspring_queue_bytes "))

    def test_a_full_queue_is_503_at_once_and_nothing_accepted_is_lost(self):
        # Long in the making, so that what comes behind it waits.
        large = sections(SECTIONS_MAX - 100, "x" * 730)
        self.assertGreater(2 * len(large), (32 << 20) * 9 // 10)
        accepted = [self.send("update", f"large{i}", "T", large, "2025-01-01T00:00:00.000Z") for i in range(2)]
        start = time.monotonic()
        status, headers, text = self.server.request("POST", "/api/v1/sync/payload", webhook("update", "large2", "T", large, "2025-01-01T00:00:00.000Z"))
        took = time.monotonic() - start
        self.assertEqual(status, 503, text)
        self.assertGreaterEqual(int(headers["Retry-After"]), 1)
        self.assertEqual(json.loads(text)["detail"]["error"], "overloaded")
        self.assertLess(took, 2, "most of it for sending the body")
        status, _, text = self.server.request("POST", "/api/v1/sync/import", b'{"id":"row","title":"R","text":"x"}\n')
        self.assertEqual(status, 503, text)
        # Room is kept for webhooks.
        accepted.append(self.send("update", "small", "T", "a short text", "2025-01-01T00:00:00.000Z"))
        self.assertEqual(self.job(accepted[1]["job_id"])["state"], "queued", "the first was done too quickly for this test")
        for answer in accepted:
            self.assertEqual(self.wait_for(answer, 120)["state"], "done")
        wait_until(lambda: self.queue_bytes() == 0, 20, lambda: str(self.queue_bytes()))
        self.assertEqual(self.wait_for(self.send("update", "large2", "T", "now there is room", "2025-01-01T00:00:00.000Z"))["state"], "done")
        self.assertEqual(self.found("section", filter={"payload_id": "large1"}), {"large1"})


class Poison(ServerCase):
    def command(self, *arguments):
        return subprocess.run([BINARY, "jobs", *arguments, "--data-dir", self.folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)

    def test_a_poison_article_is_dead_with_its_reason_and_stops_nothing_else(self):
        answers = {name: self.send("update", name, "T", text, "2025-01-01T00:00:00.000Z")
                   for name, text in (("before", "fine"), ("poison", sections(SECTIONS_MAX + 1)), ("after", "fine"))}
        self.assertEqual(self.wait_for(answers["poison"], 60)["state"], "dead")
        for name in ("before", "after"):
            self.assertEqual(self.wait_for(answers[name])["state"], "done")
        poisoned = str(answers["poison"]["job_id"])

        listed = self.command("--state", "dead")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertRegex(listed.stdout, rf"{poisoned} +dead +publish .* poison\n")
        self.assertRegex(listed.stdout, r"after 1 attempts: .*20000")
        self.assertIn("1 dead", listed.stdout)
        as_json = json.loads(self.command("--state", "dead", "--json").stdout)
        self.assertEqual([job["article_id"] for job in as_json["jobs"]], ["poison"])

        retried = self.command("--retry", poisoned)
        self.assertEqual((retried.returncode, retried.stdout), (0, "1 jobs queued again\n"), retried.stderr)
        self.assertEqual(self.wait_for(answers["poison"], 60)["state"], "dead")
        retried = json.loads(self.command("--retry-all", "--json").stdout)
        self.assertEqual(retried, {"retried": [int(poisoned)], "failed": []})
        self.assertEqual(self.wait_for(answers["poison"], 60)["state"], "dead")

        # The article itself recovers with its next, good revision.
        self.publish("poison", "T", "antidote", "2025-01-02T00:00:00.000Z")
        self.assertEqual(self.found("antidote"), {"poison"})
        self.command("--retry", poisoned)
        self.assertEqual(self.wait_for(answers["poison"], 60)["outcome"], "outdated")
        self.assertEqual(self.found("antidote"), {"poison"})

    def test_what_cannot_be_retried_is_said(self):
        done = self.publish("fine", "T", "text")
        for job, words in ((str(done["id"]), "409"), ("999999", "404")):
            refused = self.command("--retry", job)
            self.assertEqual(refused.returncode, 1, refused.stdout)
            self.assertIn(words, refused.stderr)
        self.assertEqual(self.command("--state", "lost").returncode, 2)
        self.assertEqual(self.command("--retry", "1", "--retry-all").returncode, 2)


if __name__ == "__main__":
    unittest.main()
