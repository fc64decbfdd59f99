"""Contract 1.7, 1.8 and decisions D1, D8: the sources people enter, and the log of what was asked."""
import re
import unittest
from datetime import datetime

from case import BINARY, ServerCase
from server import Server, temporary_folder, wait_until

SOURCES = "/api/v1/sources/"
QUESTIONS = "/api/v1/questions/"
KEYS = {"id", "name", "type", "uri", "status", "last_ingested_at", "created_at", "updated_at"}
LAMPS = "The harbour lamps are lit at dusk by the keeper."


def described(uri, **more):
    return {"name": f"Name of {uri}", "type": "web", "uri": uri, **more}


class Sources(ServerCase):
    def create(self, uri, **more):
        status, source = self.post(SOURCES, described(uri, **more))
        self.assertEqual(status, 201, source)
        return source

    def put(self, source, changes):
        return self.server.json("PUT", SOURCES + source["id"], changes)

    def test_create_answers_ingesting_whatever_was_asked_for(self):
        source = self.create("https://one.example", status="active", id="x", last_ingested_at=None)
        self.assertLessEqual(KEYS, set(source))
        self.assertRegex(source["id"], r"^[0-9a-f]{24}$")
        self.assertEqual((source["status"], source["last_ingested_at"]), ("ingesting", None))
        self.assertIn("does not fetch", source["status_reason"])
        self.assertEqual(self.get(SOURCES + source["id"]), (200, source))
        self.assertEqual(self.get(SOURCES + source["id"].upper()), (200, source))

    def test_a_uri_is_taken_once(self):
        self.create("https://two.example")
        self.assertEqual(self.post(SOURCES, described("https://two.example")), (409, {"detail": "Data source with this URI already exists."}))

    def test_the_list_keeps_the_order_and_both_paths_serve_it(self):
        made = [self.create(f"https://list.example/{n}") for n in range(3)]
        for target in (SOURCES, SOURCES.rstrip("/")):
            status, listed = self.get(target)
            self.assertEqual(status, 200)
            self.assertEqual([s for s in listed if "list.example" in s["uri"]], made)

    def test_update_and_move(self):
        source = self.create("https://move.example")
        status, after = self.put(source, {"name": "New", "status": "active", "updated_at": "1999-01-01T00:00:00"})
        self.assertEqual((status, after["name"], after["status"], after["status_reason"]), (200, "New", "active", None))
        self.assertGreater(after["updated_at"], after["created_at"])
        status, moved = self.put(source, {"uri": "https://moved.example", "status": "active"})
        self.assertEqual((status, moved["uri"], moved["status"]), (200, "https://moved.example", "ingesting"))

    def test_nulls_never_poison_the_list(self):
        source = self.create("https://null.example")
        for member in ("name", "type", "uri", "status"):
            self.assertEqual(self.put(source, {member: None})[0], 422, member)
        self.assertEqual(self.put(source, {"last_ingested_at": None})[0], 200)
        self.assertEqual(self.get(SOURCES)[0], 200)
        self.assertEqual(self.get(SOURCES + source["id"])[0], 200)

    def test_delete(self):
        source = self.create("https://gone.example")
        status, headers, body = self.server.request("DELETE", SOURCES + source["id"])
        self.assertEqual((status, body), (204, b""))
        for method in ("GET", "PUT", "DELETE"):
            self.assertEqual(self.server.json(method, SOURCES + source["id"], {} if method == "PUT" else None), (404, {"detail": "Data source not found."}))
        self.create("https://gone.example")

    def test_ids_and_bodies_that_do_not_fit(self):
        for method in ("GET", "PUT", "DELETE"):
            self.assertEqual(self.server.json(method, SOURCES + "nonsense", {} if method == "PUT" else None), (400, {"detail": "Invalid source ID format."}))
        for body in ({}, [], {"name": "n", "type": "t"}, described(1), described(""), described("u", status=1), described("u" * 5000), described("u", last_ingested_at="soon")):
            status, answer = self.post(SOURCES, body)
            self.assertEqual(status, 422, (body, answer))
        self.assertEqual(self.post(SOURCES, described("u", name="x" * 100_000))[0], 413)
        self.assertEqual(self.server.request("PATCH", SOURCES)[0], 405)


class Questions(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("test_both_routes_are_logged")
        case.publish("lamps", "Harbour lamps", LAMPS)
        for n in range(5):
            case.post("/api/v1/chat", {"query": f"When are lamps lit {n}?"})
        for n in range(3):
            case.stream({"query": f"Who keeps the $lamps {n}?", "chat_history": [{"role": "human", "content": "Hi"}, {"role": "ai", "content": "Hello"}]})
        wait_until(lambda: case.stats()["total_questions"] == 8, 20, case.stats)

    def stats(self):
        return self.get(QUESTIONS + "stats")[1]

    def page(self, parameters=""):
        status, page = self.get(QUESTIONS + parameters)
        self.assertEqual(status, 200, page)
        return page

    def test_both_routes_are_logged(self):
        page = self.page()
        self.assertEqual({k: page[k] for k in ("total", "page", "page_size", "total_pages")}, {"total": 8, "page": 1, "page_size": 50, "total_pages": 1})
        newest = page["questions"][0]
        self.assertEqual(set(newest), {"id", "question", "chat_history_length", "endpoint_type", "timestamp", "category", "tags", "analyzed", "analyzed_at",
                                       "locale", "outcome", "feedback"}, "the contract's nine members and three of ours")
        self.assertEqual((newest["question"], newest["endpoint_type"], newest["chat_history_length"]), ("Who keeps the $lamps 2?", "stream", 2))
        self.assertEqual((newest["category"], newest["tags"], newest["analyzed"], newest["analyzed_at"]), (None, [], False, None))
        self.assertEqual(page["questions"][-1]["question"], "When are lamps lit 0?")
        self.assertEqual(self.page("?x")["total"], self.get(QUESTIONS.rstrip("/"))[1]["total"])

    def test_pages_and_filters(self):
        pages = [self.page(f"?page={n}&page_size=3") for n in (1, 2, 3, 4)]
        self.assertEqual([len(p["questions"]) for p in pages], [3, 3, 2, 0])
        self.assertEqual(pages[0]["total_pages"], 3)
        self.assertEqual(len({q["id"] for p in pages for q in p["questions"]}), 8)
        self.assertEqual(self.page("?endpoint_type=chat")["total"], 5)
        self.assertEqual(self.page("?endpoint_type=stream&analyzed=false")["total"], 3)
        self.assertEqual(self.page("?analyzed=true")["total"], 0)

    def test_bad_parameters(self):
        for bad in ("page=0", "page=x", "page_size=0", "page_size=101", "analyzed=perhaps"):
            self.assertEqual(self.get(f"{QUESTIONS}?{bad}")[0], 422, bad)
        self.assertEqual(self.get(QUESTIONS + "?endpoint_type=voice")[0], 400)

    def test_stats_and_gauges(self):
        stats = self.stats()
        self.assertEqual((stats["total_questions"], stats["analyzed"], stats["unanalyzed"], stats["by_endpoint"]), (8, 0, 8, {"chat": 5, "stream": 3}))
        oldest, newest = (datetime.fromisoformat(stats["date_range"][end]) for end in ("oldest", "newest"))
        self.assertLessEqual(oldest, newest)
        text = self.server.request("GET", "/metrics")[2].decode()
        for line in ('user_questions_total{endpoint_type="chat"} 5', 'user_questions_count_from_db{endpoint_type="total"} 8',
                     'user_questions_count_from_db{endpoint_type="stream"} 3', 'wellspring_questions_logged_total{outcome="written"} 8',
                     'wellspring_questions_logged_total{outcome="dropped"} 0'):
            self.assertRegex(text, "(?m)^" + re.escape(line) + r"(\.0)?$")


class Durable(unittest.TestCase):
    def test_sources_and_questions_survive_a_restart(self):
        with temporary_folder() as folder:
            with Server(BINARY, folder, "--embedder", "hashing") as server:
                source = server.json("POST", SOURCES, described("https://kept.example"))[1]
                for n in range(50):
                    server.json("POST", "/api/v1/chat", {"query": f"Question {n}?"})
            with Server(BINARY, folder, "--embedder", "hashing") as server:
                self.assertEqual(server.json("GET", SOURCES)[1], [source])
                self.assertEqual(server.json("GET", QUESTIONS + "stats")[1]["total_questions"], 50)
                gauge = 'user_questions_count_from_db{endpoint_type="total"} 50'
                wait_until(lambda: gauge in server.request("GET", "/metrics")[2].decode(), 10, lambda: gauge)


class Access(ServerCase):
    environment = {"ADMIN_TOKEN": "sesame"}

    def test_with_a_token_configured_all_of_it_wants_the_token(self):
        ways = [("GET", SOURCES), ("POST", SOURCES), ("GET", SOURCES + "x"), ("PUT", SOURCES + "x"), ("DELETE", SOURCES + "x"), ("GET", QUESTIONS), ("GET", QUESTIONS + "stats")]
        for method, target in ways:
            self.assertEqual(self.server.request(method, target)[0], 401, target)
            self.assertEqual(self.server.request(method, target, headers={"Authorization": "Bearer wrong"})[0], 401, target)
            self.assertNotIn(self.server.request(method, target, headers={"Authorization": "Bearer sesame"})[0], (401, 403), target)
        self.assertEqual(self.post("/api/v1/chat", {"query": "Still public?"})[0], 200)


class Open(ServerCase):
    def test_without_a_token_anyone_is_answered(self):
        elsewhere = {"X-Forwarded-For": "203.0.113.9", "Host": "chat.example", "Origin": "http://localhost:3000"}
        for target in (SOURCES, QUESTIONS, QUESTIONS + "stats"):
            self.assertEqual(self.get(target, headers=elsewhere)[0], 200, target)
        self.assertEqual(self.get("/api/v1/sync/jobs", headers=elsewhere)[0], 403)


if __name__ == "__main__":
    unittest.main()
