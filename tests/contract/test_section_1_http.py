"""Contract 1.0 to 1.4: what holds for every route, the routes there are, root, metrics and health."""
import json
import re
import unittest

from contract import CHAT, PAYLOAD, QUESTIONS, SOURCES, STREAM, ContractCase, ServerCase, compact, is_time

PAGE = "http://localhost:3000"
STRANGER = "http://stranger.example"
ALLOW_ORIGIN = "Access-Control-Allow-Origin"


class Common(ContractCase):
    def test_1_0_root_is_quick_and_needs_nothing(self):
        self.assertEqual(self.raw("GET", "/", headers={"Accept": "*/*"})[0], 200)

    def test_1_0_answers_are_compact_json_with_text_as_it_is(self):
        self.publish("umlaut", "Größe \U0001f680", "Das Maß der größten Glühbirne.")
        status, headers, body = self.raw("POST", "/api/v1/search", json.dumps({"query": "Glühbirne", "mode": "bm25"}))
        self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
        self.assertIn("Größe \U0001f680".encode(), body)
        status, _, body = self.raw("GET", "/")
        self.assertEqual(body.decode(), compact(json.loads(body)))

    def test_1_0_times_are_utc(self):
        for target in ("/health", "/health/live", "/health/ready", "/api/v1/sync/health"):
            self.assertTrue(is_time(self.get(target)[1]["timestamp"]), target)

    def test_1_0_unparsable_json_names_the_place(self):
        status, _, body = self.raw("POST", CHAT, '{"query": "a",}', {"Content-Type": "application/json"})
        problem = json.loads(body)["detail"][0]
        self.assertEqual((status, problem["type"], problem["loc"][0]), (422, "json_invalid", "body"))
        self.assertIsInstance(problem["msg"], str)

    def test_1_0_a_missing_member_has_the_frameworks_shape(self):
        problem = self.post(CHAT, {"other": 1})[1]["detail"][0]
        self.assertEqual((problem["type"], problem["loc"], problem["msg"]), ("missing", ["body", "query"], "Field required"))
        self.assertIn("input", problem)

    def test_1_0_after_413_the_client_can_read_the_answer(self):
        body = b'{"query":"' + b"x" * (4 << 20) + b'"}'
        status, _, answer = self.raw("POST", CHAT, body, {"Content-Type": "application/json"})
        self.assertEqual(status, 413)
        self.assertIn("detail", json.loads(answer))

    def test_1_0_errors_show_nothing_of_our_insides(self):
        for status, _, body in (self.raw("GET", "/api/v1/documents/../../etc/passwd"), self.raw("POST", PAYLOAD, b"\xff"), self.raw("POST", CHAT, b"\x00")):
            self.assertGreaterEqual(status, 400)
            self.assertNotRegex(body.decode(errors="replace"), r"Traceback|\.cpp|/home/|std::|0x[0-9a-f]{6}")


class Cors(ContractCase):
    def preflight(self, origin, method="POST", target=STREAM, asked="x-fingerprint,content-type"):
        return self.raw("OPTIONS", target, headers={"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked})

    def test_1_0_preflight_allows_every_method_and_header(self):
        for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"):
            status, headers, body = self.preflight(PAGE, method)
            self.assertEqual((status, body, headers["Content-Type"].split(";")[0]), (200, b"OK", "text/plain"), method)
            self.assertIn(method, headers["Access-Control-Allow-Methods"])
        self.assertEqual(headers[ALLOW_ORIGIN], PAGE)
        self.assertEqual(headers["Access-Control-Allow-Credentials"], "true")
        self.assertEqual(headers["Access-Control-Max-Age"], "600")
        self.assertEqual(headers["Access-Control-Allow-Headers"].lower().replace(" ", ""), "x-fingerprint,content-type")
        self.assertIn("Origin", headers["Vary"])

    def test_1_0_preflight_of_a_stranger_is_refused(self):
        status, headers, body = self.preflight(STRANGER)
        self.assertEqual((status, body), (400, b"Disallowed CORS origin"))
        self.assertNotIn(ALLOW_ORIGIN, headers)

    def test_1_0_preflights_are_not_counted(self):
        counted = lambda: re.findall(r'(?m)^http_requests_total\{.*OPTIONS.*$', self.scrape())
        before = counted()
        self.preflight(PAGE)
        self.preflight(PAGE, target="/api/v1/unknown")
        self.assertEqual(counted(), before)

    def test_1_0_answers_to_an_allowed_page_say_so_errors_too(self):
        for target in ("/health", "/api/v1/nothing"):
            headers = self.raw("GET", target, headers={"Origin": PAGE})[1]
            self.assertEqual((headers[ALLOW_ORIGIN], headers["Access-Control-Allow-Credentials"]), (PAGE, "true"))
            self.assertIn("Origin", headers["Vary"])

    def test_1_0_answers_to_a_stranger_do_not(self):
        headers = self.raw("GET", "/health", headers={"Origin": STRANGER})[1]
        self.assertNotIn(ALLOW_ORIGIN, headers)

    def test_1_0_the_stream_is_open_to_strangers_and_exact_for_pages(self):
        body = json.dumps({"query": "When are the harbour lamps lit?"})
        for origin, allowed in ((STRANGER, "*"), (PAGE, PAGE)):
            headers = self.raw("POST", STREAM, body, {"Origin": origin, "Content-Type": "application/json"})[1]
            self.assertEqual(headers.get_all(ALLOW_ORIGIN), [allowed])
        self.assertEqual(headers["Access-Control-Allow-Headers"], "Cache-Control")

    def test_1_0_options_without_preflight_headers(self):
        self.assertEqual(self.server.json("OPTIONS", CHAT), (200, {"status": "ok"}))


class Headers(ContractCase):
    def test_1_0_security_headers_are_on_every_answer(self):
        for method, target in (("GET", "/"), ("GET", "/health"), ("GET", "/metrics"), ("POST", CHAT), ("GET", "/api/v1/nothing"), ("DELETE", CHAT)):
            headers = self.raw(method, target)[1]
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", target)
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertEqual(headers["Referrer-Policy"], "strict-origin-when-cross-origin")
            self.assertEqual(headers["Permissions-Policy"], "geolocation=(), microphone=(), camera=()")
            self.assertEqual(headers["Content-Security-Policy"], "default-src 'none'; frame-ancestors 'none'; form-action 'none'")

    def test_1_0_the_page_has_a_policy_of_its_own(self):
        policy = self.raw("GET", "/ui/")[1]["Content-Security-Policy"]
        self.assertIn("'self'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn("unsafe", policy)


class Routes(ContractCase):
    """1.1: each route of the first revision, and what D12 takes from the later one."""

    ROUTES = [("GET", "/"), ("GET", "/metrics"), ("GET", "/health"), ("GET", "/health/detailed"), ("GET", "/health/live"), ("GET", "/health/ready"),
              ("POST", CHAT), ("OPTIONS", CHAT), ("POST", STREAM), ("GET", "/api/v1/auth/challenge"), ("GET", SOURCES), ("POST", SOURCES), ("GET", QUESTIONS),
              ("GET", QUESTIONS + "stats"), ("POST", PAYLOAD), ("GET", "/api/v1/sync/health"), ("POST", "/api/v1/sync/test-webhook")]

    def test_1_1_every_route_is_there(self):
        for method, target in self.ROUTES:
            self.assertNotIn(self.raw(method, target)[0], (404, 405, 500, 501), f"{method} {target}")
        unknown = SOURCES + "0" * 24
        for method in ("GET", "PUT", "DELETE"):
            self.assertEqual(self.server.json(method, unknown, {} if method == "PUT" else None)[1], {"detail": "Data source not found."})

    def test_1_1_what_never_existed_is_404(self):
        for target in ("/api/v1/articles", "/api/v1/articles/1", "/api/v1/auth/token"):
            self.assertEqual(self.get(target), (404, {"detail": "Not Found"}), target)

    def test_1_2_root_has_the_four_members(self):
        status, root = self.get("/")
        self.assertEqual(status, 200)
        self.assertEqual(set(root), {"name", "version", "status", "langsmith_enabled"})
        self.assertRegex(root["version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual((root["status"], root["langsmith_enabled"]), ("operational", False))


class MetricsAndHealth(ContractCase):
    def test_1_3_only_the_exact_word_changes_the_format(self):
        for query in ("", "?format=prometheus", "?format=OpenMetrics", "?format=json", "?format="):
            status, headers, body = self.raw("GET", "/metrics" + query)
            self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), query)
            self.assertNotIn(b"# EOF", body)
        status, headers, body = self.raw("GET", "/metrics?format=openmetrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
        self.assertTrue(body.endswith(b"# EOF\n"))

    def test_1_4_health_has_the_members_and_types(self):
        for target in ("/health", "/health/detailed"):
            health = self.get(target)[1]
            self.assertEqual(set(health), {"status", "timestamp", "check_duration_seconds", "services"})
            self.assertIn(health["status"], ("healthy", "degraded", "unhealthy"))
            self.assertIsInstance(health["check_duration_seconds"], float)
            store, model, cache = (health["services"][name] for name in ("vector_store", "llm", "cache"))
            self.assertEqual((store["status"], store["mongodb_available"]), ("healthy", True))
            self.assertEqual(set(store["document_counts"]), {"total", "published", "draft"})
            self.assertTrue(all(isinstance(n, int) for n in store["document_counts"].values()))
            self.assertIsInstance(store["check_duration_seconds"], float)
            self.assertEqual(model["status"], "healthy")
            self.assertIsInstance(model["api_key_configured"], bool)
            self.assertLessEqual({"status", "cache_size", "cache_max_size", "cache_utilization"}, set(cache))

    def test_1_4_live_and_ready(self):
        status, live = self.get("/health/live")
        self.assertEqual((status, set(live), live["status"]), (200, {"status", "timestamp"}, "healthy"))
        status, ready = self.get("/health/ready")
        self.assertEqual((status, ready["status"], ready["ready"]), (200, "healthy", True))

    def test_1_4_the_gauges_follow(self):
        health = self.get("/health")[1]["services"]["vector_store"]["document_counts"]
        self.assertIn(f'vector_store_documents_total{{status="published"}} {health["published"]}', self.scrape())


class Guarded(ServerCase):
    environment = {"ADMIN_TOKEN": "sesame"}

    def test_1_3_metrics_and_health_need_no_token(self):
        for target in ("/metrics", "/health", "/health/live", "/health/ready", "/", "/api/v1/sync/health"):
            self.assertEqual(self.server.request("GET", target)[0], 200, target)


if __name__ == "__main__":
    unittest.main()
