"""Contract 1.0 to 1.4, decisions D1 to D3, D7, D8, D13: what holds for every route."""
import re
import socket
import unittest

from case import ServerCase


class Rules(ServerCase):
    def test_unknown_routes_and_wrong_methods(self):
        self.assertEqual(self.get("/api/v1/nothing"), (404, {"detail": "Not Found"}))
        status, headers, body = self.server.request("DELETE", "/api/v1/chat")
        self.assertEqual((status, body), (405, b'{"detail":"Method Not Allowed"}'))
        self.assertIn("POST", headers["Allow"])
        status, headers, body = self.server.request("HEAD", "/health")
        self.assertEqual((status, body), (405, b""))

    def test_root_names_the_service(self):
        status, answer = self.get("/")
        self.assertEqual((status, answer["status"], answer["langsmith_enabled"]), (200, "operational", False))

    def test_health_in_all_its_forms(self):
        for target in ("/health", "/health/detailed"):
            status, answer = self.get(target)
            self.assertEqual(status, 200)
            self.assertIn(answer["status"], ("healthy", "degraded"))
            self.assertEqual(set(answer["services"]), {"vector_store", "llm", "cache"})
            self.assertEqual(set(answer["services"]["vector_store"]["document_counts"]), {"total", "published", "draft"})
        self.assertEqual(self.get("/health/live")[1]["status"], "healthy")
        status, answer = self.get("/health/ready")
        self.assertEqual((status, answer["ready"]), (200, True))

    def test_metrics_have_every_family_and_the_right_type(self):
        status, headers, body = self.server.request("GET", "/metrics")
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        for family in ("http_requests_total", "rag_query_duration_seconds", "llm_requests_total", "vector_store_documents_total", "webhook_processing_total",
                       "rate_limit_rejections_total", "wellspring_chunks_embedded_total", "wellspring_jobs_total", "user_questions_total"):
            self.assertIn(f"# TYPE {family}", body.decode(), family)
        status, headers, body = self.server.request("GET", "/metrics?format=openmetrics")
        self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(body.endswith(b"# EOF\n"))

    def test_raw_paths_never_become_labels(self):
        for n in range(20):
            self.server.request("GET", f"/api/v1/documents/made-up-{n}")
            self.server.request("GET", f"/made/up/{n}")
        text = self.server.request("GET", "/metrics")[2].decode()
        self.assertNotIn("made-up", text)
        self.assertNotIn("/made/", text)

    def test_security_headers_and_request_ids(self):
        for target in ("/", "/health", "/metrics", "/api/v1/nothing"):
            headers = self.server.request("GET", target)[1]
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", target)
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertEqual(headers["Referrer-Policy"], "strict-origin-when-cross-origin")
            self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
            self.assertRegex(headers["X-Request-Id"], r"^[\w-]{8,}$")
            self.assertNotIn("Strict-Transport-Security", headers)
        self.assertEqual(self.server.request("GET", "/", headers={"X-Request-Id": "abc-12345"})[1]["X-Request-Id"], "abc-12345")

    def test_cors_preflight_and_answers(self):
        ask = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        status, headers, body = self.server.request("OPTIONS", "/api/v1/chat/stream", headers=ask)
        self.assertEqual((status, body), (200, b"OK"))
        self.assertEqual(headers["Access-Control-Allow-Origin"], "http://localhost:3000")
        self.assertEqual(headers["Access-Control-Allow-Credentials"], "true")
        self.assertEqual(headers["Access-Control-Max-Age"], "600")
        self.assertIn("POST", headers["Access-Control-Allow-Methods"])
        self.assertIn("content-type", headers["Access-Control-Allow-Headers"].lower())
        status, _, body = self.server.request("OPTIONS", "/api/v1/chat", headers={**ask, "Origin": "http://evil.example"})
        self.assertEqual((status, body), (400, b"Disallowed CORS origin"))
        headers = self.server.request("GET", "/health", headers={"Origin": "http://localhost:3000"})[1]
        self.assertEqual(headers["Access-Control-Allow-Origin"], "http://localhost:3000")
        self.assertIn("Retry-After", headers["Access-Control-Expose-Headers"])
        self.assertEqual(self.server.request("OPTIONS", "/api/v1/chat")[2], b'{"status":"ok"}')

    def test_the_page_and_its_assets_are_served(self):
        status, headers, body = self.server.request("GET", "/ui/")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/html"))
        for asset in re.findall(rb'(?:src|href)="([^"#:]+)"', body):
            target = asset.decode() if asset.startswith(b"/") else "/ui/" + asset.decode()
            self.assertEqual(self.server.request("GET", target)[0], 200, target)
        self.assertEqual(self.server.request("GET", "/ui/../../etc/passwd")[0], 404)

    def test_search_checks_its_input(self):
        for body in ({}, {"query": 1}, {"query": "x", "k": 0}, {"query": "x", "k": 101}, {"query": "x", "mode": "magic"}, {"query": "x", "filter": 3}, [], "x"):
            status, answer = self.post("/api/v1/search", body) if not isinstance(body, str) else self.post("/api/v1/search", [body])
            self.assertEqual(status, 422, (body, answer))
            self.assertTrue(answer["detail"])
        status, answer = self.post("/api/v1/search", {"query": "anything"})
        self.assertEqual((status, answer["mode"], answer["hits"]), (200, "hybrid", []))
        self.assertIn("took_ms", answer)


class Access(ServerCase):
    environment = {"ADMIN_TOKEN": "sesame"}

    def test_operator_routes_want_the_token(self):
        for method, target in (("GET", "/api/v1/sync/jobs"), ("GET", "/api/v1/documents"), ("POST", "/api/v1/sync/jobs/1/retry"), ("POST", "/api/v1/sync/import")):
            self.assertEqual(self.server.request(method, target)[0], 401, target)
            self.assertIn(self.server.request(method, target, headers={"Authorization": "Bearer wrong"})[0], (401, 403), target)
        status, _ = self.get("/api/v1/sync/jobs", headers={"Authorization": "Bearer sesame"})
        self.assertEqual(status, 200)
        self.assertEqual(self.post("/api/v1/search", {"query": "x"})[0], 200)
        self.assertFalse(any("sesame" in line for line in self.server.lines))


class Limits(ServerCase):
    flags = ("--embedder", "hashing", "--connections-max", "40", "--idle-timeout", "1s")

    def raw(self, data, limit=15):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=limit) as peer:
            try:
                peer.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = b""
            try:
                while piece := peer.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass
            return answer

    def test_large_bodies_are_413(self):
        head = b"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99000000\r\n\r\n"
        self.assertIn(b" 413 ", self.raw(head + b"x" * 1000).split(b"\r\n")[0])
        chunked = b"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 40
        self.assertIn(b" 413 ", self.raw(chunked).split(b"\r\n")[0])

    def test_large_heads_are_431(self):
        self.assertIn(b" 431 ", self.raw(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n").split(b"\r\n")[0])
        many = b"".join(b"X-%d: y\r\n" % n for n in range(100_000))
        self.assertIn(b" 431 ", self.raw(b"GET / HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n").split(b"\r\n")[0])

    def test_slow_heads_are_408(self):
        self.assertIn(b" 408 ", self.raw(b"GET / HTTP/1.1\r\nHost:").split(b"\r\n")[0])

    def test_malformed_requests_are_400_and_close(self):
        for data in (b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                     b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"):
            answer = self.raw(data)
            self.assertRegex(answer.split(b"\r\n")[0], rb" (400|404|405|501) ", data)

    def test_too_many_connections_are_refused_at_once_and_served_again_later(self):
        held = [socket.create_connection(("127.0.0.1", self.server.port), timeout=10) for _ in range(60)]
        try:
            for peer in held:
                peer.sendall(b"GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n")
            answers = []
            for peer in held:
                peer.settimeout(10)
                answers.append(peer.recv(4096).split(b"\r\n")[0])
            self.assertTrue(any(b" 503 " in answer for answer in answers), answers)
        finally:
            for peer in held:
                peer.close()
        self.assertEqual(self.get("/health/live")[0], 200)


class BehindHttps(ServerCase):
    flags = (*ServerCase.flags, "--strict-transport", "on")

    def test_every_answer_asks_for_https(self):
        for target in ("/", "/health", "/api/v1/nothing"):
            headers = self.server.request("GET", target)[1]
            self.assertEqual(headers["Strict-Transport-Security"], "max-age=31536000; includeSubDomains", target)


if __name__ == "__main__":
    unittest.main()
