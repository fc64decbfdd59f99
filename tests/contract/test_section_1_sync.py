"""Contract 1.7 to 1.9 and 1.11: sources, questions, webhooks and the request gate."""
import json
import unittest

from contract import CHAT, PAYLOAD, QUESTIONS, SOURCES, ContractCase, is_time, wait_until, webhook

TIME = "2025-01-01T00:00:00.000Z"


class Sources(ContractCase):
    MEMBERS = {"id", "name", "type", "uri", "status", "last_ingested_at", "created_at", "updated_at"}

    def test_1_7_every_answer_has_all_members(self):
        status, made = self.post(SOURCES, {"name": "n", "type": "anything", "uri": "https://members.example"})
        self.assertEqual(status, 201)
        listed = self.get(SOURCES)[1][0]
        got = self.get(SOURCES + made["id"])[1]
        status, changed = self.server.json("PUT", SOURCES + made["id"], {"last_ingested_at": "2025-02-03T04:05:06"})
        self.assertEqual(status, 200)
        for source in (made, listed, got, changed):
            self.assertLessEqual(self.MEMBERS, set(source))
            self.assertTrue(is_time(source["created_at"]) and is_time(source["updated_at"]))
        self.assertTrue(is_time(changed["last_ingested_at"]))
        self.assertGreater(changed["updated_at"], made["updated_at"])

    def test_1_7_required_members(self):
        for missing in ("name", "type", "uri"):
            body = {"name": "n", "type": "web", "uri": "https://required.example"}
            del body[missing]
            status, answer = self.post(SOURCES, body)
            self.assertEqual((status, answer["detail"][0]["loc"]), (422, ["body", missing]))


class Questions(ContractCase):
    def test_1_8_the_kind_is_stripped_of_odd_characters_before_it_is_read(self):
        self.assertEqual(self.get(QUESTIONS + "?endpoint_type=ch%24at%21")[0], 200)
        status, answer = self.get(QUESTIONS + "?endpoint_type=%24%24voice")
        self.assertEqual(status, 400)
        self.assertIsInstance(answer["detail"], str)

    def test_1_8_members_and_pages(self):
        self.post(CHAT, {"query": "Which question is this?"})
        wait_until(lambda: self.get(QUESTIONS)[1]["total"] >= 1, 20, lambda: "no question")
        page = self.get(QUESTIONS)[1]
        self.assertEqual(set(page), {"questions", "total", "page", "page_size", "total_pages"})
        self.assertTrue(is_time(page["questions"][0]["timestamp"]))
        stats = self.get(QUESTIONS + "stats")[1]
        self.assertEqual(set(stats), {"total_questions", "analyzed", "unanalyzed", "by_endpoint", "date_range"})
        self.assertEqual((set(stats["by_endpoint"]), set(stats["date_range"])), ({"chat", "stream"}, {"oldest", "newest"}))


class Webhooks(ContractCase):
    def doc(self, article_id, **members):
        return webhook("update", article_id, "Title", "The widget glows.", TIME, **members)

    def test_1_9_the_operation_is_not_validated(self):
        body = self.doc("operation")
        body["operation"] = "upsert"
        answer, job = self.accepted(body)
        self.assertEqual((answer["status"], job["state"]), ("processing_triggered", "done"))

    def test_1_9_triggered_has_its_members(self):
        answer, _ = self.accepted(self.doc("members"))
        self.assertLessEqual({"status", "message", "document_id"}, set(answer))
        self.assertEqual((answer["document_id"], type(answer["message"])), ("members", str))

    def test_1_9_delete_needs_only_an_id(self):
        self.accepted(self.doc("gone"))
        answer, job = self.accepted({"operation": "delete", "doc": {"id": "gone"}})
        self.assertEqual((answer["status"], answer["operation"], job["state"]), ("not_published_or_deleted", "delete", "done"))
        self.assertEqual(self.get("/api/v1/documents/gone")[0], 404)

    def test_1_9_odd_values_of_lesser_members_are_dropped_not_refused(self):
        for n, (member, value, key, expected) in enumerate([
                ("author", 5.5, "author", None), ("author", [], "author", None), ("author", {"name": "x"}, "author", None), ("author", None, "author", None),
                ("author", "u1", "author", "u1"), ("author", {"id": 12}, "author", "12"), ("category", "c", "categories", []), ("category", None, "categories", []),
                ("category", {"id": "c"}, "categories", []), ("category", ["c", None, 3, {"id": "d"}, {"x": 1}, []], "categories", ["c", "3", "d"]),
                ("publishedDate", "someday", "published_date", None), ("publishedDate", None, "published_date", None), ("slug", None, "slug", None)]):
            _, job = self.accepted(self.doc(f"odd{n}", **{member: value}))
            self.assertEqual(job["state"], "done", (member, value, job))
            self.assertEqual(self.document(f"odd{n}")["chunks"][0]["metadata"][key], expected, (member, value))

    def test_1_9_a_time_may_be_text_or_epoch_number(self):
        for n, at in enumerate(("2025-06-07T08:09:10.123Z", "2025-06-07T08:09:10+02:00", "2025-06-07T08:09:10", 1749283750, 1749283750123)):
            body = self.doc(f"time{n}")
            body["doc"]["updatedAt"] = at
            self.assertEqual(self.accepted(body)[1]["state"], "done", at)
            self.assertTrue(self.document(f"time{n}")["updated_at"].startswith("2025-06-07T0"), at)

    def test_1_9_empty_markdown_is_an_article_without_passages(self):
        body = self.doc("empty")
        body["doc"]["markdown"] = ""
        _, job = self.accepted(body)
        self.assertEqual((job["state"], self.document("empty")["chunk_count"]), ("done", 0))

    def test_1_9_unknown_members_are_ignored(self):
        body = self.doc("extra", layout=[{"blockType": "hero"}], _status="published", slug="s", nested={"a": {"b": []}})
        body["collection"] = "articles"
        self.assertEqual(self.accepted(body)[1]["state"], "done")

    def test_1_9_what_does_not_fit_is_422_with_each_reason(self):
        status, answer = self.webhook_answer({"operation": "create", "doc": {"id": "x", "title": {"en": "T"}, "status": "published"}})
        self.assertEqual((status, answer["error"]), (422, "Validation failed"))
        self.assertEqual(answer["detail"]["error"], "Validation failed")
        reasons = {reason["loc"][-1]: reason for reason in answer["detail"]["details"]}
        self.assertLessEqual({"title", "updatedAt"}, set(reasons))
        for reason in reasons.values():
            self.assertTrue(reason["type"] and reason["msg"])

    def test_1_9_no_json_object_is_400_in_json(self):
        for body in (b"", b"not json", b"[]", b'"x"', b"5"):
            status, headers, text = self.raw("POST", PAYLOAD, body, {"Content-Type": "application/json"})
            self.assertEqual((status, headers["Content-Type"]), (400, "application/json"), body)
            self.assertEqual(json.loads(text)["error"], "Invalid JSON payload")

    def test_1_9_sync_health_has_its_members(self):
        status, health = self.get("/api/v1/sync/health")
        self.assertEqual((status, health["status"]), (200, "healthy"))
        self.assertLessEqual({"status", "timestamp", "services", "document_counts", "message"}, set(health))
        self.assertEqual(health["services"], {"vector_store": "connected", "mongodb": "available"})
        self.assertEqual(set(health["document_counts"]), {"total", "from_payload_cms"})

    def test_1_9_test_webhook_always_answers_200(self):
        cases = [(self.doc("dry"), "success"), ({"doc": {"id": "dry", "status": "draft"}}, "success"), ({"operation": "update"}, "error"), ({"doc": None}, "error"),
                 ({"doc": {"id": "dry"}}, "validation_error")]
        for body, expected in cases:
            status, answer = self.post("/api/v1/sync/test-webhook", body)
            self.assertEqual((status, answer["status"]), (200, expected), answer)
            wanted = {"success": "document_status", "error": "message", "validation_error": "errors"}[expected]
            self.assertTrue(answer[wanted])
        self.assertEqual(self.get("/api/v1/documents/dry")[0], 404)


class Gate(ContractCase):
    def test_1_11_the_challenge_is_answered_for_any_fingerprint(self):
        for headers in ({}, {"X-Fingerprint": "0" * 32}):
            status, answer = self.get("/api/v1/auth/challenge", headers=headers)
            self.assertEqual((status, answer), (200, {"challenge": "disabled", "expires_in_seconds": 300}))

    def test_1_11_what_a_frontend_sends_along_changes_nothing(self):
        for fingerprint in ("fp:disabled:" + "0" * 32, "0" * 32, "nonsense"):
            status, answer = self.post(CHAT, {"query": "When are the harbour lamps lit?", "turnstile_token": "t"}, headers={"X-Fingerprint": fingerprint})
            self.assertEqual(status, 200, answer)


if __name__ == "__main__":
    unittest.main()
