"""Contract 1.10 and 1.11, decisions D2, D3, D12, D14: rate limits, whose request it is, the challenge. Weaknesses W23, H4, H7, H16."""
import json
import time
import unittest

from case import ServerCase

QUESTION = {"query": "When are the harbour lamps lit?"}


class Limited(ServerCase):
    """A small budget of each client, and each test is a client of its own behind the proxy 127.0.0.1."""
    flags = ServerCase.flags + ("--trusted-proxies", "127.0.0.1")
    environment = {"RATE_LIMIT_PER_MINUTE": "4", "RATE_LIMIT_PER_HOUR": "100", "ENABLE_GLOBAL_RATE_LIMIT": "true"}

    def ask(self, client, path="/api/v1/chat", body=QUESTION, **headers):
        return self.server.request("POST", path, body, {"X-Forwarded-For": client, **headers})

    def statuses(self, client, count, **options):
        return [self.ask(client, **options)[0] for _ in range(count)]

    def test_both_chat_routes_share_one_budget(self):
        self.assertEqual(self.statuses("192.0.2.1", 2), [200] * 2)
        self.assertEqual(self.statuses("192.0.2.1", 3, path="/api/v1/chat/stream"), [200, 200, 429])
        self.assertEqual(self.statuses("192.0.2.1", 1), [429])
        self.assertEqual(self.statuses("192.0.2.2", 1), [200])

    def test_the_answer_suits_both_frontends_and_retry_after_can_be_read_by_a_page(self):
        self.statuses("192.0.2.3", 4)
        status, headers, text = self.ask("192.0.2.3", Origin="http://localhost:3000")
        body = json.loads(text)
        self.assertEqual(status, 429)
        self.assertEqual({name: value for name, value in body.items() if name != "detail"}, body["detail"])
        self.assertEqual((body["error"], body["limits"]), ("rate_limited", {"per_minute": 4, "per_hour": 100}))
        self.assertIsInstance(body["message"], str)
        self.assertEqual(int(headers["Retry-After"]), body["retry_after_seconds"])
        self.assertEqual(headers["Access-Control-Allow-Origin"], "http://localhost:3000")
        self.assertIn("Retry-After", headers["Access-Control-Expose-Headers"])
        self.assertEqual(body["violation_count"], 1)
        self.assertAlmostEqual(body["ban_expires_at"], time.time() + 60, delta=5)
        # Asking during the ban makes it no longer.
        again = json.loads(self.ask("192.0.2.3")[2])
        self.assertEqual((again["violation_count"], again["ban_expires_at"]), (1, body["ban_expires_at"]))

    def test_malformed_bodies_are_not_counted(self):
        self.assertEqual(self.statuses("192.0.2.4", 20, body={}), [422] * 20)
        self.assertEqual(self.statuses("192.0.2.4", 20, body=b"no JSON", path="/api/v1/chat/stream"), [422] * 20)
        self.assertEqual(self.statuses("192.0.2.4", 5), [200] * 4 + [429])
        self.assertEqual(self.statuses("192.0.2.4", 1, body={}), [422])

    def test_headers_that_identify_nobody_change_nothing(self):
        statuses = []
        for n in range(8):
            headers = {"CF-Connecting-IP": f"198.51.100.{n}", "X-Fingerprint": f"fp:challenge{n}:{n:032x}", "X-Real-IP": f"198.51.100.{n}",
                       "Forwarded": f"for=198.51.100.{n}"}
            statuses.append(self.ask(f"198.51.100.{n}, 192.0.2.5", **headers)[0])
        self.assertEqual(statuses, [200] * 4 + [429] * 4)

    def test_a_constant_fingerprint_is_limited_as_well(self):
        self.assertEqual(self.statuses("192.0.2.6", 6, **{"X-Fingerprint": "a" * 32}), [200] * 4 + [429] * 2)

    def test_an_ipv6_client_is_its_network(self):
        statuses = [self.ask(f"2001:db8:1:2::{n + 1}")[0] for n in range(6)]
        self.assertEqual(statuses, [200] * 4 + [429] * 2)
        self.assertEqual(self.ask("2001:db8:1:3::1")[0], 200)

    def test_garbage_from_the_proxy_is_the_proxy(self):
        statuses = [self.ask(f"garbage {n}")[0] for n in range(6)]
        self.assertEqual(statuses, [200] * 4 + [429] * 2)

    def test_nothing_else_is_limited(self):
        self.statuses("192.0.2.7", 6)
        headers = {"X-Forwarded-For": "192.0.2.7"}
        for _ in range(80):
            for target in ("/health/live", "/metrics", "/api/v1/sources/", "/api/v1/auth/challenge"):
                self.assertEqual(self.server.request("GET", target, headers=headers)[0], 200, target)
            self.assertEqual(self.server.request("POST", "/api/v1/search", {"query": "lamps"}, headers)[0], 200)
            self.assertEqual(self.server.request("POST", "/api/v1/sync/test-webhook", {}, headers)[0], 200)

    def test_rejections_and_bans_are_counted(self):
        self.statuses("192.0.2.8", 6)
        metrics = self.server.request("GET", "/metrics")[2].decode()
        for line in ('rate_limit_rejections_total{endpoint_type="chat"} ', 'rate_limit_bans_total{endpoint_type="chat"} '):
            value = next(text for text in metrics.splitlines() if text.startswith(line)).split()[-1]
            self.assertGreater(float(value), 0, line)


class Strangers(ServerCase):
    """No proxy is trusted: the peer is the client whatever it says, and the operator is told once."""
    environment = {"RATE_LIMIT_PER_MINUTE": "3", "RATE_LIMIT_PER_HOUR": "0", "TRUST_X_FORWARDED_FOR": "true"}

    def test_the_peer_is_the_client(self):
        statuses = [self.server.request("POST", "/api/v1/chat", QUESTION, {"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in range(6)]
        self.assertEqual(statuses, [200] * 3 + [429] * 3)
        self.server.wait_for_line("a peer that sends X-Forwarded-For", 10)
        told = [line for line in self.server.lines if "server.trusted_proxies" in line]
        self.assertEqual(len(told), 2, told)  # at the start, because of TRUST_X_FORWARDED_FOR, and at the first refusal


class SearchLimit(ServerCase):
    flags = ServerCase.flags + ("--search-rate-limit-per-minute", "2")

    def test_search_has_an_option_of_its_own(self):
        statuses = [self.post("/api/v1/search", {"query": "lamps"})[0] for _ in range(4)]
        self.assertEqual(statuses, [200, 200, 429, 429])
        self.assertEqual([self.post("/api/v1/chat", QUESTION)[0] for _ in range(4)], [200] * 4)


class Global(ServerCase):
    flags = ServerCase.flags + ("--trusted-proxies", "127.0.0.0/8")
    environment = {"ENABLE_GLOBAL_RATE_LIMIT": "true", "GLOBAL_RATE_LIMIT_PER_MINUTE": "5", "RATE_LIMIT_PER_MINUTE": "60"}

    def test_the_ceiling_is_for_all_clients_together(self):
        answers = [self.server.request("POST", "/api/v1/chat", QUESTION, {"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(8)]
        self.assertEqual([status for status, _, _ in answers], [200] * 5 + [429] * 3)
        body = json.loads(answers[-1][2])
        self.assertEqual(body["limits"]["per_minute"], 5)
        self.assertNotIn("ban_expires_at", body)


class Defaults(ServerCase):
    environment = {"RATE_LIMIT_PER_MINUTE": "", "RATE_LIMIT_PER_HOUR": "", "ENABLE_GLOBAL_RATE_LIMIT": ""}

    def test_sixty_a_minute(self):
        statuses = [self.post("/api/v1/chat", QUESTION)[0] for _ in range(62)]
        self.assertEqual(statuses, [200] * 60 + [429] * 2)


class Challenge(ServerCase):
    """Both frontends: one asks for a challenge before each question and sends X-Fingerprint, one knows nothing of it."""

    def test_the_challenge_is_answered_as_disabled(self):
        answer = (200, {"challenge": "disabled", "expires_in_seconds": 300})
        for headers in ({}, {"X-Fingerprint": "0" * 32}):
            self.assertEqual([self.get("/api/v1/auth/challenge", headers=headers) for _ in range(30)], [answer] * 30)

    def test_any_fingerprint_is_let_through(self):
        for fingerprint in ("fp:disabled:" + "0" * 32, "0" * 32, "fp:stale:x", ""):
            headers = {"X-Fingerprint": fingerprint, "Origin": "http://localhost:3000"}
            self.assertEqual(self.server.request("POST", "/api/v1/chat/stream", QUESTION, headers)[0], 200, fingerprint)

    def test_a_page_may_send_the_fingerprint(self):
        for method, target in (("POST", "/api/v1/chat/stream"), ("GET", "/api/v1/auth/challenge")):
            status, headers, _ = self.server.request("OPTIONS", target, headers={
                "Origin": "http://localhost:3000", "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "content-type,x-fingerprint"})
            self.assertEqual(status, 200)
            self.assertIn("x-fingerprint", headers["Access-Control-Allow-Headers"])


if __name__ == "__main__":
    unittest.main()
