"""Contract 1.5, 1.6 and 1.13: questions, their history and their answers, whole and streamed."""
import json
import unittest

from contract import CHAT, QUESTIONS, STREAM, ContractCase, is_time, wait_until
from scripted_model import ScriptedModel

QUESTION = "When are the harbour lamps lit?"


def human(content):
    return {"role": "human", "content": content}


def ai(content):
    return {"role": "ai", "content": content}


class Chat(ContractCase):
    def ask(self, query=QUESTION, **more):
        status, answer = self.post(CHAT, {"query": query, **more})
        self.assertEqual(status, 200, answer)
        return answer

    def test_1_5_an_answer_has_two_members_and_sources_two_each(self):
        answer = self.ask()
        self.assertLessEqual({"answer", "sources"}, set(answer))
        self.assertTrue(answer["sources"])
        for source in answer["sources"]:
            self.assertEqual(set(source), {"page_content", "metadata"})
            self.assertIsInstance(source["page_content"], str)
            self.assertIsInstance(source["metadata"], dict)

    def test_1_5_extra_members_and_null_are_ignored(self):
        self.ask(turnstile_token=None, chat_history=[], model="x", temperature=3)
        self.ask(turnstile_token="t")

    def test_1_5_an_empty_question_is_answered(self):
        self.assertEqual(self.ask("")["sources"], [])

    def test_1_5_a_long_history_is_taken(self):
        self.ask(chat_history=[human("h"), ai("a" * 2000)] * 100)

    def test_1_5_history_items_need_both_members_of_their_type(self):
        for item, place in (({"role": "human"}, "content"), ({"content": "x"}, "role"), ({"role": "system", "content": "x"}, "role"),
                            ({"role": "ai", "content": 5}, "content"), ({"role": "ai", "content": None}, "content")):
            status, answer = self.post(CHAT, {"query": QUESTION, "chat_history": [human("x"), item]})
            self.assertEqual((status, answer["detail"][0]["loc"]), (422, ["body", "chat_history", 1, place]), item)
        self.assertEqual(self.post(CHAT, {"query": QUESTION, "chat_history": ["x"]})[0], 422)

    def test_1_5_sources_are_few_published_and_in_rank_order(self):
        for n in range(20):
            self.publish(f"rank{n}", f"Rank {n}", f"The bosun counts ropes {'and ropes ' * n}every day.")
        answer = self.ask("What does the bosun count?")
        self.assertLessEqual(len(answer["sources"]), 15)
        self.assertTrue(all(source["metadata"]["status"] == "published" for source in answer["sources"]))

    def test_1_5_metadata_is_plain_and_absent_headings_are_absent(self):
        self.publish("dated", "Dated", "## Cooper\n\nThe cooper mends barrels.", publishedDate="2025-03-04T05:06:07.000Z")
        metadata = next(source["metadata"] for source in self.ask("What does the cooper mend?")["sources"] if source["metadata"]["payload_id"] == "dated")
        self.assertTrue(is_time(metadata["published_date"]), metadata)
        self.assertNotIn("subsection_title", metadata)
        self.assertNotIn("subsubsection_title", metadata)

    def test_1_13_the_log_keeps_the_words_without_controls_cut_by_code_points(self):
        self.ask("Is \x00$LTC\x07 {\"$where\": 1} worth\tit?\n" + "\U0001f680" * 2000)
        newest = lambda: self.get(QUESTIONS + "?page_size=100")[1]["questions"]
        wait_until(lambda: any("$LTC" in one["question"] for one in newest()), 20, lambda: str(newest()))
        question = next(one["question"] for one in newest() if "$LTC" in one["question"])
        self.assertEqual(len(question), 1000)
        self.assertIn('Is $LTC {"$where": 1} worth', question)
        self.assertTrue(question.endswith("\U0001f680"))


class Stream(ContractCase):
    def events_of_question(self, query=QUESTION, **more):
        return self.stream({"query": query, **more})

    def test_1_6_headers(self):
        headers, _ = self.events_of_question()
        self.assertEqual(headers["Content-Type"], "text/event-stream; charset=utf-8")
        self.assertEqual(headers["Cache-Control"], "no-cache")
        self.assertEqual(headers["Transfer-Encoding"], "chunked")
        self.assertNotEqual((headers["Connection"] or "keep-alive").lower(), "close")

    def test_1_6_each_event_is_one_data_line_and_a_blank_one(self):
        text = self.raw("POST", STREAM, json.dumps({"query": QUESTION}), {"Content-Type": "application/json"})[2].decode()
        self.assertTrue(text.endswith("\n\n"))
        for line in text.split("\n"):
            self.assertTrue(line == "" or line.startswith(("data: {", ": ")), line)

    def test_1_6_events_have_exactly_their_members(self):
        members = {"thinking": {"status", "chunk", "isComplete"}, "sources": {"status", "sources", "isComplete"},
                   "streaming": {"status", "chunk", "isComplete"}, "complete": {"status", "chunk", "isComplete", "fromCache", "question_id"}}  # the last is ours
        _, events = self.events_of_question()
        for event in events:
            self.assertEqual(set(event), members[event["status"]])
            self.assertIs(event["isComplete"], event["status"] == "complete")
        self.assertEqual([events[0]["status"], events[1]["status"], events[-1]["status"]], ["thinking", "sources", "complete"])
        self.assertEqual({event["status"] for event in events[2:-1]}, {"streaming"})

    def test_1_6_the_streamed_text_and_sources_are_those_of_the_whole_answer(self):
        _, events = self.events_of_question()
        whole = self.post(CHAT, {"query": QUESTION})[1]
        self.assertEqual("".join(e["chunk"] for e in events if e["status"] == "streaming"), whole["answer"])
        self.assertEqual(events[1]["sources"], whole["sources"])

    def test_1_6_refusals_come_before_the_stream(self):
        status, headers, body = self.raw("POST", STREAM, "{}", {"Content-Type": "application/json"})
        self.assertEqual((status, headers["Content-Type"], json.loads(body)["detail"][0]["loc"]), (422, "application/json", ["body", "query"]))

    def test_1_6_chunks_end_between_characters(self):
        self.publish("faces", "Faces", "The figurehead wears e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467 " * 20 + "and \U0001f680 on the prow.")
        text = self.raw("POST", STREAM, json.dumps({"query": "What does the figurehead wear?"}))[2]
        for line in text.split(b"\n"):
            if line.startswith(b"data: "):
                chunk = json.loads(line[6:].decode()).get("chunk", "")
                self.assertFalse(any(0xD800 <= ord(c) < 0xE000 for c in chunk))
                self.assertFalse(chunk.startswith(("\u0301", "\u200d")), line)


class History(ContractCase):
    """What reaches the model: pairs of the history, by the contract's walk."""

    @classmethod
    def setUpClass(cls):
        cls.model = ScriptedModel(cls.script)
        cls.addClassCleanup(cls.model.stop)
        cls.flags = ("--embedder", "hashing", "--llm-base-url", cls.model.url, "--llm-model", "scripted", "--cache-entries", "0")
        super().setUpClass()

    @staticmethod
    def script(body, write):
        """A question with a history comes first to be rewritten, then with passages to be answered."""
        write("At dusk [1]." if "Passages:" in body["messages"][-1]["content"] else QUESTION)

    def told(self, history):
        """The turns before the question, as the answering call had them, without the quoting of ours."""
        self.model.calls.clear()
        _, events = self.stream({"query": QUESTION, "chat_history": history})
        self.assertEqual(events[-1]["status"], "complete", events)
        messages = self.model.calls[-1]["body"]["messages"]
        return [(message["role"], message["content"].removeprefix("> ")) for message in messages if message["role"] != "system"][:-1]

    def test_1_5_pairs_are_a_human_turn_and_the_answer_right_after_it(self):
        history = [ai("x0"), human("h1"), human("h2"), ai("a2"), ai("x3"), human("h4"), ai("a4"), human("trailing")]
        self.assertEqual(self.told(history), [("user", "h2"), ("assistant", "a2"), ("user", "h4"), ("assistant", "a4")])

    def test_1_5_the_last_four_pairs_are_kept(self):
        history = [turn for n in range(6) for turn in (human(f"h{n}"), ai(f"a{n}"))]
        self.assertEqual(self.told(history), [turn for n in range(2, 6) for turn in (("user", f"h{n}"), ("assistant", f"a{n}"))])

    def test_1_5_a_lone_or_trailing_turn_is_no_pair(self):
        self.assertEqual(self.told([human("h")]), [])
        self.assertEqual(self.told([ai("a"), human("h")]), [])

    def test_1_5_contents_are_cut_at_the_limit_in_code_points(self):
        told = self.told([human("\u00e9" * 3000), ai("ok")])
        self.assertEqual(told[0], ("user", "\u00e9" * 1000))


if __name__ == "__main__":
    unittest.main()
