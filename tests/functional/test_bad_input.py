"""Whatever arrives: a clear 4xx or a clean result, nothing crashed, nothing lost."""
import json
import random
import unittest

from case import ServerCase
from server import webhook


class BadInput(ServerCase):
    def raw_webhook(self, body):
        status, _, text = self.server.request("POST", "/api/v1/sync/payload", body, {"Content-Type": "application/json"}, timeout=120)
        return status, json.loads(text)

    def refused(self, body, *words):
        status, answer = self.raw_webhook(body if isinstance(body, bytes) else json.dumps(body).encode())
        self.assertTrue(400 <= status < 500, (status, answer))
        for word in words:
            self.assertIn(word, json.dumps(answer))
        return answer

    def tearDown(self):
        self.assertEqual(self.get("/health/live")[0], 200)

    def test_what_is_no_json_object_is_refused_with_a_reason(self):
        for body in (b"", b"{", b"[1]", b"null", b'"x"', b"\xff\xfe{}", b"{" * 100_000, b"[" * 1_000_000, b'{"doc":' * 5_000, b"{}garbage", b"\x00"):
            self.assertIn("detail", self.refused(body))

    def test_wrong_members_are_named(self):
        good = webhook("create", "x", "T", "text", "2025-01-01T00:00:00Z")["doc"]
        for member, value in (("title", {"en": "T"}), ("title", 5), ("updatedAt", "yesterday"), ("updatedAt", None), ("markdown", 7), ("id", True), ("id", None),
                              ("id", ""), ("id", 1.5), ("id", []), ("status", "archived"), ("status", 1), ("content", "x"), ("id", "i" * 10_240), ("title", "t" * 5000)):
            body = {"operation": "create", "doc": {**good, member: value}}
            if member == "content":
                del body["doc"]["markdown"]
            self.refused(body, member)
        for missing in ("id", "title", "updatedAt", "status"):
            doc = dict(good)
            del doc[missing]
            self.refused({"operation": "create", "doc": doc}, missing)
        self.refused({"operation": "create"}, "doc")
        self.refused({"operation": "create", "doc": None}, "doc")
        self.refused({"operation": "create", "doc": [1]}, "doc")

    def test_odd_text_is_cleaned_not_lost(self):
        body = json.dumps(webhook("create", "odd", "T\u0000itle", "halcyon\u0000 text", "2025-01-01T00:00:00Z")).encode()
        body = body.replace(b"halcyon", b"halcyon \\ud800 \\udc00\\ud83d")
        status, answer = self.raw_webhook(body)
        self.assertEqual(status, 200, answer)
        self.assertEqual(self.wait_for(answer)["state"], "done")
        self.assertEqual(self.search("halcyon")[0]["title"], "Title")

    def test_invalid_utf8_is_refused_or_cleaned(self):
        body = json.dumps(webhook("create", "utf", "T", "gossamer", "2025-01-01T00:00:00Z")).encode().replace(b"gossamer", b"gossamer \xff\xfe\xc0\xaf")
        status, answer = self.raw_webhook(body)
        self.assertIn(status, (200, 400, 422), answer)

    def test_extreme_articles_come_out_clean(self):
        rng = random.Random(1)
        articles = {
            "empty": "",
            "blank": " \n\t\n ",
            "headings": "\n".join(f"## Heading {n}\n\nperiwinkle {n}" for n in range(1000)),
            "only-headings": "\n".join(f"# Heading {n}" for n in range(1000)),
            "one-line": "pumpernickel " * 800_000,
            "one-word": "w" * 2_000_000,
            "quotes": ">" * 50_000 + " deep",
            "lists": "".join("  " * n + f"- item {n}\n" for n in range(2_000)),
            "brackets": "[" * 50_000 + "]" * 50_000,
            "emphasis": "*a " * 50_000,
            "links": "[a](" * 20_000,
            "table": "|a|b|\n|-|-|\n" + "|c|d|\n" * 20_000,
            "fence": "```\n" + "code\n" * 50_000,
            "backticks": "`" * 100_000,
            "entities": "&amp;" * 50_000 + "&#x110000;",
            "html": "<div>" * 20_000,
            "unicode": "".join(chr(rng.choice((0x301, 0x200D, 0x1F680, 0x4E2D, 0x202E, 0xFEFF, 0x41))) for _ in range(100_000)),
        }
        answers = {name: self.send("create", f"extreme-{name}", f"Extreme {name}", text, "2025-01-01T00:00:00Z", timeout=120) for name, text in articles.items()}
        for name, answer in answers.items():
            job = self.wait_for(answer, limit=240)
            if job["state"] == "dead":
                self.assertIn("chunks", job["last_error"], name)
        self.assertTrue(self.search("periwinkle"))

    def test_bodies_over_the_limit_are_413_and_ten_megabytes_are_not(self):
        body = json.dumps(webhook("create", "huge", "T", "word " * 2_000_000, "2025-01-01T00:00:00Z")).encode()
        self.assertGreater(len(body), 10_000_000)
        self.assertEqual(self.raw_webhook(body)[0], 200)
        self.wait_for(self.send("delete", "huge", updated_at="2025-01-02T00:00:00Z"), limit=240)
        status, answer = self.raw_webhook(b" " * (17 << 20))
        self.assertEqual(status, 413)
        self.assertIn("16", json.dumps(answer))

    def test_deep_lexical_trees_are_refused_or_read(self):
        node = {"type": "text", "text": "deep", "format": 0}
        for _ in range(300):
            node = {"type": "quote", "children": [node]}
        doc = {"id": "deep", "title": "T", "status": "published", "updatedAt": "2025-01-01T00:00:00Z", "createdAt": "2025-01-01T00:00:00Z",
               "content": {"root": {"type": "root", "children": [node]}}}
        status, answer = self.raw_webhook(json.dumps({"operation": "create", "doc": doc}).encode())
        self.assertTrue(status == 200 or 400 <= status < 500, (status, answer))

    def test_odd_query_strings_and_paths(self):
        for target in ("/api/v1/sync/payload?locale=" + "x" * 500, "/api/v1/sync/payload?locale=%00", "/api/v1/sync/payload?locale=../../etc"):
            status, answer = self.server.json("POST", target, webhook("create", "q", "T", "t", "2025-01-01T00:00:00Z"))
            self.assertEqual(status, 422, (target, answer))
        for target in ("/%", "/%zz", "/api/v1/documents/%ff", "/api/v1/documents/" + "a" * 5000, "/?" + "a=b&" * 2000):
            self.assertIn(self.server.request("GET", target)[0], (200, 400, 404, 414, 422), target)

    def test_import_names_the_lines_it_refuses(self):
        rows = b'{"id":"r1","title":"T","text":"chrysalis one"}\nnot json\n{"id":"r2"}\n{"title":"T","text":"x"}\n\n{"id":3,"title":"T","text":"chrysalis three"}\n'
        status, _, text = self.server.request("POST", "/api/v1/sync/import", rows, {"Content-Type": "application/x-ndjson"})
        answer = json.loads(text)
        self.assertEqual(status, 200, answer)
        self.assertEqual([one["id"] for one in answer["accepted"]], ["r1", "3"])
        self.assertEqual([one["line"] for one in answer["rejected"]], [2, 3, 4])
        self.server.wait_idle()
        self.assertEqual(self.found("chrysalis"), {"r1", "3"})


if __name__ == "__main__":
    unittest.main()
