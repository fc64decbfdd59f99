"""Feedback on answers, what becomes of questions, who is not logged, and how long questions are kept (W22)."""
import pathlib
import sqlite3
import time
import unittest

from case import BINARY, ServerCase
from server import Server, temporary_folder, wait_until

QUESTIONS = "/api/v1/questions/"
FEEDBACK = "/api/v1/feedback"


class Feedback(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls("test_the_answer_names_its_question").publish("lamps", "Harbour lamps", "The harbour lamps are lit at dusk by the keeper.")

    def ask(self, query, **options):
        status, answer = self.post("/api/v1/chat", {"query": query}, **options)
        self.assertEqual(status, 200, answer)
        return answer

    def question(self, question_id):
        return next((q for q in self.get(QUESTIONS + "?page_size=100")[1]["questions"] if q["id"] == question_id), None)

    def stored(self, question_id):
        wait_until(lambda: self.question(question_id), 10, lambda: f"{question_id} is not in the log")
        return self.question(question_id)

    def give(self, question_id, helpful, **more):
        return self.post(FEEDBACK, {"question_id": question_id, "helpful": helpful, **more})

    def test_the_answer_names_its_question(self):
        answer = self.ask("When are the harbour lamps lit?")
        self.assertRegex(answer["question_id"], r"^[0-9a-f]{24}$")
        events = self.stream({"query": "Who lights the harbour lamps?"})[1]
        self.assertNotEqual(events[-1]["question_id"], answer["question_id"])
        self.assertTrue(all("question_id" not in event for event in events[:-1]))
        self.assertEqual(self.stored(answer["question_id"])["outcome"], "answered")
        self.assertEqual(self.stored(events[-1]["question_id"])["endpoint_type"], "stream")

    def test_one_verdict_for_each_answer_and_the_later_wins(self):
        question_id = self.ask("Are the harbour lamps lit?")["question_id"]
        self.assertEqual(self.give(question_id, True), (200, {"status": "stored", "question_id": question_id}), "at once, before the log had time")
        self.assertEqual(self.question(question_id)["feedback"]["helpful"], True)
        self.assertEqual(self.give(question_id.upper(), False, comment="No hour.\x00")[0], 200)
        feedback = self.question(question_id)["feedback"]
        self.assertEqual((feedback["helpful"], feedback["comment"]), (False, "No hour."))
        self.assertTrue(feedback["given_at"])
        text = self.server.request("GET", "/metrics")[2].decode()
        self.assertRegex(text, r'(?m)^wellspring_feedback_total\{verdict="unhelpful"\} [1-9]')

    def test_what_cannot_be_used_is_refused(self):
        question_id = self.ask("Harbour lamps?")["question_id"]
        for unknown in ("5f0000000000000000000000", "nonsense", "", "$ne"):
            self.assertEqual(self.give(unknown, True)[0], 404, unknown)
        for body in ({}, [], {"helpful": True}, {"question_id": question_id}, {"question_id": question_id, "helpful": "yes"},
                     {"question_id": 5, "helpful": True}, {"question_id": {"$ne": 1}, "helpful": True},
                     {"question_id": question_id, "helpful": True, "comment": 5}, {"question_id": question_id, "helpful": True, "comment": "x" * 2001}):
            self.assertEqual(self.post(FEEDBACK, body)[0], 422, body)
        self.assertEqual(self.post(FEEDBACK, "{" + " " * 100_000)[0], 413)
        self.assertIsNone(self.stored(question_id)["feedback"])

    def test_refused_questions_are_grouped(self):
        for query in ("Which zirconium volcanoes erupt?", "which zirconium volcano erupts", "Do zirconium volcanoes erupt?!", "Qwertzuiop asdfgh?"):
            answer = self.ask(query)
            self.assertEqual(answer["sources"], [])
        wait_until(lambda: self.get(QUESTIONS + "unanswered")[1]["questions_read"] >= 4, 10, lambda: self.get(QUESTIONS + "unanswered"))
        board = self.get(QUESTIONS + "unanswered?page_size=1")[1]
        self.assertEqual((board["page"], board["page_size"], board["total_pages"]), (1, 1, board["total"]))
        [group] = board["groups"]
        self.assertEqual((group["question"], group["count"], group["locale"]), ("Do zirconium volcanoes erupt?!", 3, "en"))
        self.assertLessEqual(group["first_asked"], group["last_asked"])
        self.assertNotIn("lamps", str(self.get(QUESTIONS + "unanswered")))
        self.assertEqual(self.get(QUESTIONS + "unanswered?page=0")[0], 422)

    def test_readers_who_opt_out_leave_no_question(self):
        for header in ({"DNT": "1"}, {"Sec-GPC": "1"}):
            answer = self.ask("Secret harbour lamps?", headers=header)
            self.assertNotIn("question_id", answer)
            self.assertTrue(answer["sources"])
        kept = self.ask("Open harbour lamps?", headers={"DNT": "0"})["question_id"]
        self.stored(kept)
        self.assertNotIn("Secret", str(self.get(QUESTIONS + "?page_size=100")))
        text = self.server.request("GET", "/metrics")[2].decode()
        self.assertRegex(text, r'(?m)^wellspring_questions_logged_total\{outcome="opted_out"\} 2')


class Options(unittest.TestCase):
    def test_without_a_log_nothing_is_kept(self):
        with temporary_folder() as folder, Server(BINARY, folder, "--embedder", "hashing", "--questions-log", "off") as server:
            answer = server.json("POST", "/api/v1/chat", {"query": "Anything?"})[1]
            self.assertNotIn("question_id", answer)
            self.assertEqual(server.json("GET", QUESTIONS + "stats")[1]["total_questions"], 0)

    def test_an_operator_may_keep_all_questions(self):
        with temporary_folder() as folder, Server(BINARY, folder, "--embedder", "hashing", "--questions-opt-out", "off") as server:
            self.assertIn("question_id", server.json("POST", "/api/v1/chat", {"query": "Anything?"}, headers={"DNT": "1"})[1])

    def test_questions_past_their_retention_are_forgotten(self):
        with temporary_folder() as folder:
            with Server(BINARY, folder, "--embedder", "hashing") as server:
                for n in range(3):
                    server.json("POST", "/api/v1/chat", {"query": f"Question {n}?"})
            database = sqlite3.connect(pathlib.Path(folder) / "wellspring.db")
            with database:
                two_days_ago = int(time.time() * 1000) - 2 * 86_400_000
                database.execute("UPDATE user_questions SET asked_at = ? WHERE question != 'Question 1?'", (two_days_ago,))
            database.close()
            with Server(BINARY, folder, "--embedder", "hashing", "--questions-retention", "1d") as server:
                wait_until(lambda: server.json("GET", QUESTIONS + "stats")[1]["total_questions"] == 1, 20, lambda: server.json("GET", QUESTIONS + "stats"))
                self.assertEqual(server.json("GET", QUESTIONS)[1]["questions"][0]["question"], "Question 1?")


class Access(ServerCase):
    environment = {"ADMIN_TOKEN": "sesame"}

    def test_the_list_wants_the_token_and_feedback_none(self):
        self.assertEqual(self.get(QUESTIONS + "unanswered")[0], 401)
        self.assertEqual(self.get(QUESTIONS + "unanswered", headers={"Authorization": "Bearer sesame"})[0], 200)
        question_id = self.post("/api/v1/chat", {"query": "Lamps?"})[1]["question_id"]
        self.assertEqual(self.post(FEEDBACK, {"question_id": question_id, "helpful": False})[0], 200)


if __name__ == "__main__":
    unittest.main()
