"""Contract 1.9, 2.2, 12 and decisions D15, D16: webhooks in, the right state out."""
import unittest

from case import ServerCase
from server import wait_until, webhook


def lexical(*paragraphs):
    def text(words):
        return {"type": "text", "text": words, "format": 0, "mode": "normal", "style": "", "detail": 0, "version": 1}
    children = [{"type": "heading", "tag": "h2", "children": [text("Keeper")], "version": 1}]
    children += [{"type": "paragraph", "children": [text(words)], "version": 1} for words in paragraphs]
    return {"root": {"type": "root", "format": "", "indent": 0, "version": 1, "direction": "ltr", "children": children}}


class Webhooks(ServerCase):
    def test_publish_is_triggered_and_becomes_searchable(self):
        answer = self.send("create", "s1", "Lamps", "## Dusk\n\nThe zanzibar lamp burns.", "2025-01-01T00:00:00.000Z")
        self.assertEqual(answer["status"], "processing_triggered")
        self.assertEqual(answer["document_id"], "s1")
        self.assertIsInstance(answer["message"], str)
        self.assertEqual(self.wait_for(answer)["outcome"], "applied")
        hit = self.search("zanzibar")[0]
        self.assertEqual(hit["document_id"], "s1")
        self.assertEqual(hit["text"], "Title: Lamps\nSection: Dusk\n\nThe zanzibar lamp burns.")
        for key, value in {"payload_id": "s1", "source": "payload", "content_type": "article", "doc_title": "Lamps", "title": "Lamps",
                           "status": "published", "locale": "en", "section_title": "Dusk", "chunk_type": "section", "chunk_index": 0,
                           "is_title_chunk": False, "content_length": 24, "author": None, "categories": [], "slug": None,
                           "published_date": None, "doc_title_hierarchical": "Lamps"}.items():
            self.assertEqual(hit["metadata"][key], value, key)
        self.assertNotIn("subsection_title", hit["metadata"])

    def test_draft_and_delete_answer_as_the_contract_says(self):
        for operation, status in (("update", "draft"), ("create", "draft"), ("delete", "published")):
            answer = self.send(operation, "s2", "T", "text", "2025-01-01T00:00:00.000Z", status=status)
            self.assertEqual(answer["status"], "not_published_or_deleted")
            self.assertEqual((answer["document_id"], answer["operation"]), ("s2", operation))
            self.assertEqual(self.wait_for(answer)["state"], "done")

    def test_unpublish_and_delete_take_the_article_out(self):
        self.publish("s3", "T", "quixotic words", "2025-01-01T00:00:00.000Z")
        self.publish("s4", "T", "quixotic words", "2025-01-01T00:00:00.000Z")
        self.assertEqual(self.found("quixotic"), {"s3", "s4"})
        self.wait_for(self.send("update", "s3", "", "", "2025-01-01T00:00:00.000Z", status="draft"))
        self.assertEqual(self.found("quixotic"), {"s4"})
        self.wait_for(self.send("delete", "s4", "", "", "2025-01-01T00:00:00.000Z"))
        self.assertEqual(self.found("quixotic"), set())
        self.assertEqual(self.server.request("GET", "/api/v1/documents/s4")[0], 404)

    def test_delete_and_unpublish_need_only_an_id(self):
        self.publish("s5", "T", "umbrage words")
        status, answer = self.post("/api/v1/sync/payload", {"operation": "delete", "doc": {"id": "s5"}})
        self.assertEqual(status, 200, answer)
        self.wait_for(answer)
        self.assertEqual(self.found("umbrage"), set())
        self.publish("s6", "T", "umbrage words")
        status, answer = self.post("/api/v1/sync/payload", {"operation": "update", "doc": {"id": "s6", "status": "draft", "content": None}})
        self.assertEqual(status, 200, answer)
        self.wait_for(answer)
        self.assertEqual(self.found("umbrage"), set())

    def test_numbers_are_ids_and_relationships_have_two_forms(self):
        self.publish(77, "T", "vermilion words", author={"id": 5, "email": "a@example.org"}, category=[3, {"id": "c"}, True, {"x": 1}])
        hit = self.search("vermilion")[0]
        self.assertEqual(hit["document_id"], "77")
        self.assertEqual(hit["metadata"]["author"], "5")
        self.assertEqual(hit["metadata"]["categories"], ["3", "c"])
        self.wait_for(self.send("delete", "77", updated_at="2025-01-01T00:00:00.000Z"))
        self.assertEqual(self.found("vermilion"), set())

    def test_lexical_without_markdown_is_converted(self):
        body = webhook("create", "s7", "Lexical", updated_at="2025-01-01T00:00:00.000Z", content=lexical("The wolfram wick is trimmed."))
        del body["doc"]["markdown"]
        status, answer = self.post("/api/v1/sync/payload", body)
        self.assertEqual(status, 200, answer)
        self.wait_for(answer)
        self.assertEqual(self.search("wolfram")[0]["metadata"]["section_title"], "Keeper")

    def test_operation_defaults_to_update(self):
        body = webhook("update", "s8", "T", "xylophone", "2025-01-01T00:00:00.000Z")
        del body["operation"]
        status, answer = self.post("/api/v1/sync/payload", body)
        self.assertEqual((status, answer["status"]), (200, "processing_triggered"))

    def test_unchanged_chunks_are_not_embedded_again(self):
        first = "## One\n\nThe first part stays.\n\n## Two\n\nThe second part stays."
        self.publish("s9", "T", first, "2025-01-01T00:00:00.000Z")
        before = self.embedded()
        self.publish("s9", "T", first + "\n\n## Three\n\nA third part.", "2025-01-02T00:00:00.000Z")
        self.assertEqual(self.embedded() - before, 1)

    def embedded(self):
        text = self.server.request("GET", "/metrics")[2].decode()
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith("wellspring_chunks_embedded_total"))


class Order(ServerCase):
    """D15."""

    def outcome(self, *arguments, **options):
        return self.wait_for(self.send(*arguments, **options))["outcome"]

    def test_older_is_ignored_equal_same_changes_nothing_equal_other_wins(self):
        self.assertEqual(self.outcome("update", "o1", "T", "alpha", "2025-01-02T00:00:00.000Z"), "applied")
        self.assertEqual(self.outcome("update", "o1", "T", "beta", "2025-01-01T00:00:00.000Z"), "outdated")
        self.assertEqual(self.outcome("update", "o1", "T", "alpha", "2025-01-02T00:00:00.000Z"), "unchanged")
        self.assertEqual(self.found("alpha"), {"o1"})
        self.assertEqual(self.outcome("update", "o1", "T", "gamma", "2025-01-02T00:00:00.000Z"), "applied")
        self.assertEqual(self.found("gamma"), {"o1"})
        self.assertEqual(self.found("alpha"), set())

    def test_a_delete_applies_whatever_its_time_and_its_tombstone_holds(self):
        self.outcome("update", "o2", "T", "delta", "2025-01-05T00:00:00.000Z")
        self.assertEqual(self.outcome("delete", "o2", updated_at="2025-01-01T00:00:00.000Z"), "applied")
        self.assertEqual(self.found("delta"), set())
        self.assertEqual(self.outcome("update", "o2", "T", "delta", "2025-01-05T00:00:00.000Z"), "outdated")
        self.assertEqual(self.outcome("update", "o2", "T", "delta", "2025-01-05T00:00:00.001Z"), "applied")

    def test_unpublish_older_is_ignored_equal_applies_without_time_applies(self):
        self.outcome("update", "o3", "T", "epsilon", "2025-01-05T00:00:00.000Z")
        self.assertEqual(self.outcome("update", "o3", updated_at="2025-01-04T00:00:00.000Z", status="draft"), "outdated")
        self.assertEqual(self.found("epsilon"), {"o3"})
        self.assertEqual(self.outcome("update", "o3", updated_at="2025-01-05T00:00:00.000Z", status="draft"), "applied")
        self.assertEqual(self.found("epsilon"), set())
        self.outcome("update", "o4", "T", "epsilon", "2025-01-05T00:00:00.000Z")
        answer = self.post("/api/v1/sync/payload", {"operation": "update", "doc": {"id": "o4", "status": "draft"}})[1]
        self.wait_for(answer)
        self.assertEqual(self.found("epsilon"), set())

    def test_an_id_only_delete_of_an_unknown_id_remembers_nothing(self):
        answer = self.post("/api/v1/sync/payload", {"operation": "delete", "doc": {"id": "o5"}})[1]
        self.wait_for(answer)
        self.assertEqual(self.outcome("update", "o5", "T", "zeta", "1971-01-01T00:00:00.000Z"), "applied")

    def test_times_in_the_year_10000_are_accepted(self):
        self.assertEqual(self.outcome("update", "o6", "T", "theta", "+010000-01-01T00:00:00.000Z"), "applied")
        self.assertEqual(self.outcome("update", "o6", "T", "iota", "9999-12-31T23:59:59.999Z"), "outdated")

    def test_locales_stand_beside_each_other_and_leave_together(self):
        self.outcome("update", "o7", "T", "k7p kappa english", "2025-01-01T00:00:00.000Z")
        self.outcome("update", "o7", "T", "k7p kappa francais", "2025-01-02T00:00:00.000Z", target="/api/v1/sync/payload?locale=fr")
        self.assertEqual([hit["metadata"]["locale"] for hit in self.search("k7p")], ["en"])
        self.assertEqual([hit["metadata"]["locale"] for hit in self.search("k7p", locale="fr")], ["fr"])
        self.assertEqual(self.found("kappa", filter={"locale": "fr"}), {"o7"})
        self.outcome("update", "o7", updated_at="2025-01-03T00:00:00.000Z", status="draft")
        self.assertEqual(self.found("k7p"), set())


class Jobs(ServerCase):
    def test_jobs_are_listed_counted_and_found(self):
        answer = self.send("create", "j1", "T", "text", "2025-01-01T00:00:00.000Z")
        job = self.wait_for(answer)
        self.assertEqual((job["id"], job["article_id"], job["kind"], job["attempts"]), (answer["job_id"], "j1", "publish", 1))
        page = self.get("/api/v1/sync/jobs?limit=5")[1]
        self.assertEqual(page["jobs"][0]["id"], answer["job_id"])
        self.assertGreaterEqual(page["counts"]["done"], 1)
        self.assertEqual(self.get("/api/v1/sync/jobs?state=dead")[1]["jobs"], [])

    def test_wrong_questions_get_clear_answers(self):
        self.assertEqual(self.server.request("GET", "/api/v1/sync/jobs/999999")[0], 404)
        self.assertEqual(self.server.request("GET", "/api/v1/sync/jobs/abc")[0], 422)
        self.assertEqual(self.server.request("GET", "/api/v1/sync/jobs?state=lost")[0], 422)
        self.assertEqual(self.server.request("GET", "/api/v1/sync/jobs?limit=0x1")[0], 422)
        done = self.wait_for(self.send("create", "j2", "T", "text", "2025-01-01T00:00:00.000Z"))
        self.assertEqual(self.post(f"/api/v1/sync/jobs/{done['id']}/retry", {})[0], 409)


class SyncHealth(ServerCase):
    def test_sync_health_and_test_webhook(self):
        self.publish("h1", "T", "text")
        status, answer = self.get("/api/v1/sync/health")
        self.assertEqual((status, answer["status"]), (200, "healthy"))
        self.assertGreaterEqual(answer["document_counts"]["from_payload_cms"], 1)
        status, answer = self.post("/api/v1/sync/test-webhook", webhook("create", "h2", "T", "text", "2025-01-01T00:00:00.000Z"))
        self.assertEqual((status, answer["status"], answer["document_id"], answer["document_status"]), (200, "success", "h2", "published"))
        self.assertEqual(self.found("h2"), set())
        self.assertEqual(self.post("/api/v1/sync/test-webhook", {"operation": "create"})[1]["status"], "error")
        answer = self.post("/api/v1/sync/test-webhook", {"doc": {"id": "x", "status": "published"}})[1]
        self.assertEqual(answer["status"], "validation_error")
        self.assertTrue(answer["errors"])

    def test_a_webhook_is_counted_once(self):
        counter = 'webhook_processing_total{operation="create",source="payload_cms",status="%s"}'
        def count(status):
            lines = self.server.request("GET", "/metrics")[2].decode().splitlines()
            return [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(counter % status)][0]
        before = count("success"), count("error")
        answer = self.send("create", "once", "Once", "text", "2025-01-01T00:00:00.000Z")
        self.assertEqual(self.wait_for(answer)["state"], "done")
        wait_until(lambda: count("success") > before[0], 20, lambda: str(count("success")))
        self.assertEqual((count("success"), count("error")), (before[0] + 1, before[1]))


if __name__ == "__main__":
    unittest.main()
