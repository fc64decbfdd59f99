"""Contract section 10: regression tests for what the reference got wrong. README.md has the whole table."""
import concurrent.futures
import json
import re
import threading
import unittest

from contract import CHAT, LAMPS, ON_MONGO, PAYLOAD, SOURCES, STREAM, ContractCase, ServerCase, webhook
from scripted_model import ScriptedModel

QUESTION = "When are the harbour lamps lit?"
WAIT_SECONDS = 20


def together(calls):
    """Runs all calls at once; their results in order."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(WAIT_SECONDS) for future in [pool.submit(call) for call in calls]]


class Content(ContractCase):
    def value(self, line_start):
        found = re.search(rf"(?m)^{re.escape(line_start)} (\S+)$", self.scrape())
        self.assertIsNotNone(found, line_start)
        return float(found[1])

    def embedded(self):
        return self.value("wellspring_chunks_embedded_total")

    def test_10_w5_of_parallel_saves_the_newest_wins(self):
        saves = [webhook("update", "race", "T", f"The capstan turns word{n}.", f"2025-01-01T00:00:{n:02}.000Z") for n in range(24)]
        answers = together([lambda save=save: self.webhook_answer(save) for save in saves[::2] + saves[1::2]])
        self.assertEqual({status for status, _ in answers}, {200})
        for _, answer in answers:
            self.assertEqual(self.wait_for(answer)["state"], "done")
        chunk, = self.document("race")["chunks"]
        self.assertIn("word23", chunk["text"])
        self.assertEqual([hit["text"] for hit in self.search("capstan")], [chunk["text"]])

    def test_10_h1_an_update_leaves_nothing_of_the_old_text(self):
        self.publish("h1", "T", "## A\n\nThe oldword stays.\n\n## B\n\nThe belfry stays.", "2025-01-01T00:00:00Z")
        self.publish("h1", "T", "## B\n\nThe belfry stays.", "2025-01-02T00:00:00Z")
        self.assertEqual((self.found("oldword"), len(self.search("belfry"))), (set(), 1))

    def test_10_w2_a_save_embeds_only_what_changed(self):
        parts = [f"## Part {n}\n\nThe text of part {n} is its own." for n in range(10)]
        self.publish("w2", "T", "\n\n".join(parts), "2025-01-01T00:00:00Z")
        before = self.embedded()
        self.publish("w2", "T", "\n\n".join([*parts[:9], "## Part 9\n\nThe text of part 9 was changed."]), "2025-01-02T00:00:00Z")
        self.assertEqual(self.embedded() - before, 1)
        self.wait_for(self.send("delete", "lamps-unknown", updated_at="2025-01-02T00:00:00Z"))
        self.assertEqual(self.embedded() - before, 1)

    def test_10_h2_a_similar_text_gets_a_vector_of_its_own(self):
        before = self.embedded()
        for n in range(3):
            self.publish(f"h2-{n}", "A long and shared title", f"The same words in almost every place but {n}.")
        self.assertEqual(self.embedded() - before, 3)

    def test_10_h3_unpublishes_at_once_are_all_effective(self):
        for n in range(20):
            self.send("update", f"h3-{n}", "T", "The foghorn sounds.", "2025-01-01T00:00:00Z")
        self.server.wait_idle()
        self.assertEqual(len(self.found("foghorn", k=50)), 20)
        answers = together([lambda n=n: self.webhook_answer({"operation": "update", "doc": {"id": f"h3-{n}", "status": "draft"}}) for n in range(20)])
        for status, answer in answers:
            self.assertEqual((status, self.wait_for(answer)["state"]), (200, "done"))
        self.assertEqual(self.found("foghorn", k=50), set())

    def test_10_w21_of_parallel_creations_one_succeeds(self):
        body = {"name": "n", "type": "web", "uri": "https://race.example"}
        answers = together([lambda: self.post(SOURCES, body)[0]] * 16)
        self.assertEqual(sorted(answers), [201] + [409] * 15)

    def test_10_w25_a_refused_webhook_is_not_repeated_and_other_input_only_in_short(self):
        secret = "hunter2-hunter2"
        for body in ({"doc": {"id": {"x": secret}, "title": [secret]}}, {"doc": secret}, [secret], {"operation": secret, "doc": {"id": "x", "status": secret}}):
            status, _, answer = self.raw("POST", PAYLOAD, json.dumps(body), {"Content-Type": "application/json"})
            self.assertIn(status, (400, 422))
            self.assertNotIn(secret, answer.decode(), body)
        # The contract's 422 names the input; what is large is left out.
        for body in ({"query": ["x" * 100_000]}, {"query": "q", "chat_history": "x" * 100_000}, {"query": 1, "x": "y" * 100_000}):
            status, _, answer = self.raw("POST", CHAT, json.dumps(body), {"Content-Type": "application/json"})
            self.assertEqual(status, 422)
            self.assertLess(len(answer), 2_000)

    def test_10_w26_nothing_that_is_sent_is_unbounded(self):
        turns = [{"role": "ai", "content": "x"}] * 20_000
        self.assertEqual(self.post(CHAT, {"query": "x", "chat_history": turns})[0], 413)
        self.assertEqual(self.post("/api/v1/search", {"query": "x" * 500_000})[0], 413)
        self.assertEqual(self.post("/api/v1/search", {"query": "x", "k": 10_000})[0], 422)

    def test_10_h10_the_metrics_of_an_answer_move(self):
        families = ("rag_retrieval_duration_seconds_count", "rag_documents_retrieved_total_count", 'user_questions_total{endpoint_type="chat"}',
                    'user_questions_total{endpoint_type="stream"}')
        timed = lambda: sum(float(n) for n in re.findall(r"(?m)^rag_query_duration_seconds_count\{[^}]*\} (\S+)$", self.scrape()))
        before, answers = [self.value(family) for family in families], timed()
        self.post(CHAT, {"query": QUESTION})
        self.stream({"query": QUESTION})
        for family, value in zip(families, before):
            self.assertGreater(self.value(family), value, family)
        self.assertEqual(timed() - answers, 2)

    def test_10_w20_refused_requests_are_counted_by_template(self):
        self.raw("GET", "/api/v1/sync/jobs/987654")
        self.raw("GET", "/nowhere/at/all")
        text = self.scrape()
        self.assertRegex(text, r'http_requests_total\{[^}]*endpoint="/api/v1/sync/jobs/\{id\}"[^}]*status_code="404"[^}]*\} [1-9]')
        self.assertNotIn("987654", text)
        self.assertNotIn("/nowhere", text)

    def test_10_h11_search_does_not_care_for_case(self):
        self.publish("case", "T", "The Binnacle glows.")
        self.assertEqual([self.found(word) for word in ("binnacle", "BINNACLE", "Binnacle")], [{"case"}] * 3)

    def test_10_h17_a_client_that_sends_nothing_but_a_question_is_answered(self):
        self.assertEqual(self.raw("POST", STREAM, json.dumps({"query": QUESTION}))[0], 200)


class WithModel(ContractCase):
    """A language model that a test tells what to say."""

    @classmethod
    def setUpClass(cls):
        cls.model = ScriptedModel(lambda body, write: cls.script(body, write))
        cls.addClassCleanup(cls.model.stop)
        cls.flags = ("--embedder", "hashing", "--llm-base-url", cls.model.url, "--llm-model", "scripted", "--cache-entries", "0")
        super().setUpClass()

    def told_with(self, script):
        type(self).script = staticmethod(script)
        self.model.calls.clear()

    def test_10_w9_what_is_not_published_is_not_in_the_prompt(self):
        self.publish("w9", "Harbour lamps by night", "The harbour lamps are lit by a hidden switch.")
        self.wait_for(self.send("update", "w9", "Harbour lamps by night", "The harbour lamps are lit by a hidden switch.", "2025-01-02T00:00:00Z", status="draft"))
        self.told_with(lambda body, write: write("At dusk [1].") and None)
        self.assertEqual(self.stream({"query": QUESTION})[1][-1]["status"], "complete")
        told = json.dumps(self.model.calls)
        self.assertIn("lit at dusk by the keeper", told)
        self.assertNotIn("hidden switch", told)

    def test_10_w11_a_token_arrives_before_the_next_is_made(self):
        seen, in_time = threading.Event(), []

        def script(_, write):
            write("The lamps are lit ")
            in_time.append(seen.wait(WAIT_SECONDS))
            write("at dusk [1].")

        self.told_with(script)
        connection = self.server.connect()
        self.addCleanup(connection.close)
        connection.request("POST", STREAM, json.dumps({"query": QUESTION}), {"Content-Type": "application/json"})
        response, text = connection.getresponse(), b""
        while b'"chunk":"The lamps' not in text:
            piece = response.read1(65536)
            self.assertTrue(piece, text)
            text += piece
        seen.set()
        self.assertIn(b'"complete"', text + response.read())
        self.assertEqual(in_time, [True])

    def test_10_w11_events_do_not_come_one_a_character(self):
        self.told_with(lambda body, write: write("The harbour lamps are lit at dusk by the keeper, as every evening of the year [1].") and None)
        events = self.stream({"query": QUESTION})[1]
        self.assertLess(len(events), 30)


if ON_MONGO:
    class OnMongo(ServerCase):
        def test_10_h8_a_search_asks_mongodb_for_nothing(self):
            self.publish("lamps", "Harbour lamps", LAMPS)
            self.server.wait_idle()
            reads = lambda: {name: self.mongod.tell({"counts": 1})["commands"].get(name, 0) for name in ("find", "aggregate", "getMore", "count", "distinct")}
            # What was started before may still be under way: nothing but searches comes between two counts that are taken after one.
            self.search("lamps")
            before = reads()
            for _ in range(50):
                self.assertEqual(len(self.search("lamps")), 1)
            self.assertLess(sum(reads().values()) - sum(before.values()), 25, "50 searches")


if __name__ == "__main__":
    unittest.main()
