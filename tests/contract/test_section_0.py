"""Contract section 0, the decisions; README.md names the tests of those that are not here."""
import re
import subprocess
import unittest

from contract import CHAT, QUESTIONS, SOURCES, ContractCase, ServerCase, webhook


class Decisions(ContractCase):
    def test_0_d1_both_forms_of_an_address_are_served_directly(self):
        described = {"name": "n", "type": "web", "uri": "https://slash.example"}
        status, source = self.post(SOURCES.rstrip("/"), described)
        self.assertEqual(status, 201, source)
        for target in (SOURCES, SOURCES.rstrip("/"), QUESTIONS, QUESTIONS.rstrip("/")):
            self.assertEqual(self.get(target)[0], 200, target)

    def test_0_d2_an_object_as_detail_stands_beside_it_too(self):
        done = self.wait_for(self.send("update", "d2", "T", "text", "2025-01-01T00:00:00Z"))
        refusals = [self.post(f"/api/v1/sync/jobs/{done['id']}/retry", {}), self.webhook_answer({"doc": {"id": "x"}}), self.webhook_answer([]),
                    self.get("/api/v1/sync/jobs/999999")]
        for status, body in refusals:
            self.assertGreaterEqual(status, 400, body)
            self.assertIsInstance(body["detail"], dict, body)
            self.assertEqual({k: v for k, v in body.items() if k != "detail"}, body["detail"])
            self.assertTrue(body["error"] and body["message"], body)

    def test_0_d2_a_text_or_a_list_as_detail_stands_alone(self):
        for status, body in (self.get("/api/v1/nothing"), self.get(SOURCES + "nonsense"), self.post(CHAT, {})):
            self.assertGreaterEqual(status, 400, body)
            self.assertEqual(list(body), ["detail"])

    def test_0_d4_without_a_secret_unsigned_webhooks_are_accepted(self):
        self.assertEqual(self.webhook_answer(webhook("update", "d4", "T", "text", "2025-01-01T00:00:00Z"))[0], 200)

    def test_0_d5_a_citation_has_the_keys_a_frontend_shows(self):
        metadata = self.post(CHAT, {"query": "When are the harbour lamps lit?"})[1]["sources"][0]["metadata"]
        self.assertEqual((metadata["title"], metadata["doc_title"], metadata["source"]), ("Harbour lamps", "Harbour lamps", "payload"))

    def test_0_d7_only_readiness_answers_with_another_code(self):
        full, detailed = self.get("/health"), self.get("/health/detailed")
        self.assertEqual((full[0], detailed[0]), (200, 200))
        self.assertEqual(full[1]["services"].keys(), detailed[1]["services"].keys())

    def test_0_d12_defaults_are_the_first_revisions(self):
        table = self.run_options()
        for environment, default in (("MAX_CHAT_HISTORY_PAIRS", "4"), ("CORS_ORIGINS", "http://localhost:3000")):
            row = next(line for line in table.splitlines() if environment in line)
            self.assertIn(default, row)

    def run_options(self):
        return subprocess.run([self.server.command[0], "options", "--markdown"], capture_output=True, text=True, check=True, timeout=30).stdout

    def test_0_d14_health_and_metrics_are_never_limited(self):
        for _ in range(150):
            for target in ("/health/live", "/metrics", "/"):
                self.assertEqual(self.raw("GET", target)[0], 200, target)

    def test_0_d16_a_publish_without_locale_is_the_default_one(self):
        self.publish("d16", "T", "text")
        self.assertEqual(self.document("d16")["locale"], "en")


class FirstScrape(ServerCase):
    """D13: asked before anything else was."""

    # Family, and the label sets that are known beforehand.
    FAMILIES = {
        "http_requests_total": ['method="GET",endpoint="/health/live",status_code="200"', 'method="POST",endpoint="/api/v1/chat",status_code="200"'],
        "http_request_duration_seconds": [],
        "rag_query_duration_seconds": [f'query_type="{kind}",cache_hit="{hit}"' for kind in ("sync", "async", "stream") for hit in ("true", "false")],
        "rag_cache_hits_total": ['cache_type="query"'],
        "rag_cache_misses_total": ['cache_type="query"'],
        "rag_retrieval_duration_seconds": [""],
        "rag_documents_retrieved_total": [""],
        "llm_requests_total": [],
        "llm_tokens_total": [],
        "llm_cost_usd_total": [],
        "llm_request_duration_seconds": [],
        "vector_store_documents_total": [f'status="{status}"' for status in ("total", "published", "draft")],
        "vector_store_size_bytes": [""],
        "vector_store_health": [""],
        "webhook_processing_total": [f'source="payload_cms",operation="{operation}",status="{status}"'
                                     for operation in ("create", "update", "delete", "unpublish") for status in ("success", "error")],
        "webhook_processing_duration_seconds": [f'source="payload_cms",operation="{operation}"' for operation in ("create", "update", "delete", "unpublish")],
        "application_health": ['service="backend"'],
        "active_connections": ['connection_type="http"'],
        "user_questions_total": ['endpoint_type="chat"', 'endpoint_type="stream"'],
        "user_questions_analyzed_total": [""],
        "user_questions_count_from_db": [f'endpoint_type="{kind}"' for kind in ("chat", "stream", "total")],
        "rate_limit_rejections_total": ['endpoint_type="chat"', 'endpoint_type="chat_stream"'],
    }

    def test_0_d13_every_family_is_there_with_its_known_labels(self):
        text = self.server.request("GET", "/metrics")[2].decode()
        for family, label_sets in self.FAMILIES.items():
            self.assertRegex(text, rf"(?m)^# TYPE {family} (counter|gauge|histogram)$")
            for labels in label_sets:
                wanted = set(labels.split(",")) - {""}
                lines = re.findall(rf"(?m)^{family}(?:_count)?(?:{{([^}}]*)}})? (\S+)$", text)
                found = [value for there, value in lines if wanted <= set(there.split(","))]
                self.assertTrue(found, f"{family}{{{labels}}}")
                self.assertTrue(all(float(value) >= 0 for value in found), lines)


class EmptyValues(ServerCase):
    environment = {"ADMIN_TOKEN": "", "CORS_ORIGINS": "", "MONGO_URI": "", "MAX_CHAT_HISTORY_PAIRS": ""}

    def test_0_d14_an_empty_environment_value_means_unset(self):
        self.assertEqual(self.get("/api/v1/sync/jobs")[0], 200)
        self.assertEqual(self.get(QUESTIONS)[0], 200)
        headers = self.server.request("GET", "/", headers={"Origin": "http://localhost:3000"})[1]
        self.assertEqual(headers["Access-Control-Allow-Origin"], "http://localhost:3000")


if __name__ == "__main__":
    unittest.main()
