#!/usr/bin/env python3
"""Drives the page at /ui/ in headless Chromium.

  ui_test.py --binary build/release/wellspring   starts the program on a free port and tests against it
  ui_test.py --url http://127.0.0.1:8000         tests against one that runs (it must answer documents and jobs)
  ui_test.py                                     tests against the stand-in of stub_server.py alone

What cannot be had from a healthy server (refusals, cut and endless streams) always comes from the stand-in.
"""
import argparse
import contextlib
import json
import pathlib
import sys
import tempfile
import threading
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "functional"))

from server import Server
from stub_server import StubServer
from webdriver import Browser

OPTIONS = argparse.Namespace(url=None, binary=None, screenshots=None)
LIGHTHOUSE = """# Skerry light

## Lamp

The Skerry lighthouse burns rapeseed oil in a brass lamp. The keeper trims the wick every four hours.

## Fog

In fog the keeper rings the bronze bell twice a minute.
"""


def publish(url, identity, title, markdown):
    document = {"id": identity, "title": title, "markdown": markdown, "status": "published", "content": {"root": {}},
                "createdAt": "2025-11-20T08:00:00.000Z", "updatedAt": "2025-11-20T08:30:00.000Z"}
    body = json.dumps({"operation": "create", "doc": document}).encode()
    request = urllib.request.Request(url + "/api/v1/sync/payload", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["job_id"]


def job_state(url, job_id):
    with urllib.request.urlopen(f"{url}/api/v1/sync/jobs/{job_id}", timeout=10) as response:
        return json.load(response)["state"]


@contextlib.contextmanager
def stub_server():
    with StubServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextlib.contextmanager
def target_server():
    """The server that Working runs against: named, started, or the stand-in."""
    with contextlib.ExitStack() as stack:
        if OPTIONS.binary:
            data = stack.enter_context(tempfile.TemporaryDirectory(prefix="wellspring-ui-"))
            OPTIONS.url = stack.enter_context(Server(OPTIONS.binary, data)).url
        elif not OPTIONS.url:
            OPTIONS.url = stack.enter_context(stub_server()).url
        yield


class PageTest(unittest.TestCase):
    """A page on `url`, fresh for each test. The browser is shared: starting it is what takes time."""
    url = None
    refusals_expected = False

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.resize(1280, 860)
        self.open()
        self.browser.script("localStorage.clear(); sessionStorage.clear()")
        self.open()

    def tearDown(self):
        problems = self.browser.problems()
        if self.refusals_expected:
            problems = [text for text in problems if "Failed to load resource" not in text and "ERR_" not in text]
        self.assertEqual(problems, [], "the page wrote warnings or errors to the console")

    def open(self, anchor=""):
        self.browser.open("about:blank")
        self.browser.open(f"{self.url}/ui/{anchor}")

    def ask(self, question, state="complete"):
        """Types a question, sends it with Enter and waits until the newest turn is in `state`."""
        before = len(self.browser.find_all(".turn"))
        self.browser.find("#question").type(question)
        self.browser.press("enter")
        self.browser.wait(lambda: len(self.browser.find_all(".turn")) > before, "a new turn")
        selector = f".turn:last-child[data-state={state}]"
        self.browser.wait(lambda: self.browser.find_all(selector), f"'{question}' to be {state}")
        return self.browser.find(selector)

    def text(self, selector):
        return self.browser.find(selector).text

    def wait_text(self, selector, part):
        return self.browser.wait(lambda: part in (self.text(selector) or ""), f"'{part}' in {selector}")

    def no_sideways_scroll(self, where):
        wide = self.browser.script("scrollBy({left: 1000, behavior: 'instant'}); return scrollX")
        self.assertEqual(wide, 0, f"{where} scrolls sideways by {wide} px")

    def look(self, name):
        if OPTIONS.screenshots:
            self.browser.screenshot(str(pathlib.Path(OPTIONS.screenshots) / f"{name}.png"))


class Working(PageTest):
    """The whole way on a working server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.url = OPTIONS.url
        job = publish(cls.url, "ui-lighthouse", "Skerry light", LIGHTHOUSE)
        cls.browser.wait(lambda: job_state(cls.url, job) == "done", "the article to be published")

    QUESTION = "What does the Skerry lighthouse lamp burn?"

    def test_an_answer_streams_and_its_citation_shows_the_passage(self):
        turn = self.ask(self.QUESTION)
        self.assertIn("rapeseed oil", turn.text)
        self.assertTrue(self.browser.find_all(".sources li"), "the sources are listed")
        marker = turn.find_all(".answer .cite")[0]
        marker.click()
        passage = self.browser.find("#passage")
        self.assertTrue(passage.shown())
        self.assertEqual(marker.attribute("aria-expanded"), "true")
        self.assertIn("Skerry light", self.text("#passage-title"))
        self.assertIn("rapeseed oil", self.text("#passage-text"))
        self.assertNotIn("Title:", self.text("#passage-text"))
        self.look("citation")
        self.browser.press("escape")
        self.assertFalse(passage.shown())
        self.assertEqual(self.browser.active().id, marker.id, "the focus is back at the marker")

    def test_pointing_at_a_citation_previews_its_passage(self):
        turn = self.ask(self.QUESTION)
        passage = self.browser.find("#passage")
        self.browser.point_at(turn.find_all(".answer .cite")[0])
        self.browser.wait(passage.shown, "the preview")
        self.browser.point_at(self.browser.find(".brand"))
        self.browser.wait(lambda: not passage.shown(), "the preview to go")

    def test_what_was_retrieved_shows_scores_in_each_mode(self):
        self.ask(self.QUESTION)
        self.browser.find(".retrieved summary").click()
        self.browser.wait(lambda: self.browser.find_all(".hits li"), "hits")
        self.assertIn("Skerry light", self.text(".hits li:first-child"))
        values = [float(value.text) for value in self.browser.find_all(".hits li:first-child .value")]
        self.assertEqual(len(values), 3)
        self.assertGreater(values[0], 0)
        for mode in ("bm25", "dense"):
            self.browser.find(f".modes input[value={mode}]").click()
            other = "dense" if mode == "bm25" else "bm25"
            self.browser.wait(lambda: not self.browser.find_all(f".hits .{other}"), f"hits in mode {mode}")
            self.assertIn("Skerry light", self.text(".hits"))
            stages = {name.text for name in self.browser.find_all(".hits dt")}
            self.assertEqual(stages, {"score", mode}, "only the stage that ran is drawn")
        self.look("retrieved")

    def test_an_answer_is_copied_with_its_sources(self):
        self.ask(self.QUESTION)
        self.browser.devtools("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.browser.find(".actions button").click()
        self.wait_text(".actions button", "Copied")
        copied = self.browser.script("return navigator.clipboard.readText()")
        self.assertIn("rapeseed oil", copied)
        self.assertRegex(copied, r"\n\[1\] Skerry light")

    def test_feedback_is_given_with_the_keyboard(self):
        self.ask(self.QUESTION)
        helpful, unhelpful = self.browser.find_all(".verdict")
        self.assertEqual([button.attribute("aria-label") for button in (helpful, unhelpful)], ["Helpful", "Not helpful"])
        self.browser.script("document.querySelector('.verdict').focus()")
        self.browser.press("enter")
        self.wait_text(".feedback [role=status]", "Thank you.")
        self.assertEqual(helpful.attribute("aria-pressed"), "true")
        self.assertFalse(self.browser.find(".feedback form").shown(), "a word is asked for after a no only")
        self.browser.press("tab", "enter")
        self.browser.wait(lambda: self.browser.find(".feedback form").shown(), "room for a word")
        self.assertEqual([button.attribute("aria-pressed") for button in (helpful, unhelpful)], ["false", "true"])
        self.wait_text(".feedback [role=status]", "Thank you.")
        self.browser.press("tab", "The oil is named, the lamp is not.", "enter")
        self.browser.wait(lambda: not self.browser.find(".feedback form").shown(), "the word to be sent")
        self.wait_text(".feedback [role=status]", "Thank you.")
        self.look("feedback")

    def test_a_new_conversation_starts_empty(self):
        self.ask(self.QUESTION)
        self.browser.find("#clear").click()
        self.assertEqual(self.browser.find_all(".turn"), [])
        self.assertTrue(self.browser.find("#empty").shown())

    def test_shift_enter_starts_a_line_and_blank_questions_are_not_sent(self):
        self.browser.press("enter", " ", "enter")
        self.assertEqual(self.browser.find_all(".turn"), [])
        self.browser.press("one", "shift", "enter", "two")
        self.assertEqual(self.browser.script("return document.getElementById('question').value.trim()"), "one\ntwo")

    def test_documents_and_jobs_are_listed(self):
        self.browser.find("#tab-documents").click()
        self.browser.wait(lambda: self.browser.find_all(".document"), "documents")
        self.assertIn("Skerry light", self.text("#documents"))
        self.assertTrue(self.browser.find_all(".job .state.done"), "a job that is done")
        self.assertRegex(self.text("#counts"), r"[1-9]\d* done")
        row = next(row for row in self.browser.find_all(".document") if "Skerry light" in row.text)
        row.find_all("summary")[0].click()
        self.browser.wait(lambda: row.find_all(".chunk"), "the document's passages")
        self.assertIn("rapeseed oil", row.text)
        self.look("documents")

    def test_an_article_is_published_asked_about_and_unpublished(self):
        self.browser.find("#tab-documents").click()
        self.browser.find("#article-title").type("Velvet marmalade")
        self.browser.find("#article-text").type("Velvet marmalade is stirred with a silver ladle at midnight.")
        self.browser.find("#publish button").click()
        self.wait_text("#published", "is answerable")
        self.assertRegex(self.text(".figures"), r"\d+ ms")
        self.look("published")
        ask, unpublish = self.browser.find_all("#published .receipt button")
        self.assertEqual(unpublish.text, "Unpublish it")
        ask.click()
        self.browser.wait(lambda: self.browser.find_all(".turn[data-state=complete]"), "an answer")
        self.assertIn("silver ladle", self.text(".turn"))
        self.browser.find("#tab-documents").click()
        unpublish.click()
        self.wait_text("#published", "out of every answer")
        self.browser.wait(lambda: "Velvet" not in self.text("#documents"), "the document to leave the list")

    def test_the_keyboard_reaches_everything(self):
        self.browser.press(self.QUESTION, "enter")
        self.browser.wait(lambda: self.browser.find_all(".turn[data-state=complete]"), "an answer")
        self.browser.press("shift", "tab")
        for _ in range(60):
            if "cite" in (self.browser.active().attribute("class") or ""):
                break
            self.browser.press("shift", "tab")
        else:
            self.fail("no citation is reachable with the keyboard")
        self.assertTrue(self.browser.find("#passage").shown(), "the focus previews the passage")
        self.browser.press("enter")
        self.assertEqual(self.browser.active().attribute("id"), "passage-text")
        self.browser.press("escape")
        self.assertIn("cite", self.browser.active().attribute("class"))
        self.browser.script("document.getElementById('tab-ask').focus()")
        self.browser.press("right")
        self.assertTrue(self.browser.find("#view-documents").shown())
        self.assertEqual(self.browser.active().attribute("id"), "tab-documents")
        self.browser.press("left")
        self.assertTrue(self.browser.find("#view-ask").shown())

    def test_light_and_dark_and_the_choice_is_remembered(self):
        background = lambda: self.browser.script("return getComputedStyle(document.body).backgroundColor")
        first = background()
        self.browser.find("#theme").click()
        second = background()
        self.assertNotEqual(first, second)
        self.open()
        self.assertEqual(background(), second)
        self.browser.script("localStorage.clear()")
        for scheme, wanted in (("dark", "dark"), ("light", "light")):
            self.browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            self.open()
            self.assertEqual(self.browser.script("return document.documentElement.dataset.theme"), wanted)

    def test_a_phone_never_scrolls_sideways(self):
        self.browser.resize(360, 740)
        self.no_sideways_scroll("the empty page")
        turn = self.ask(self.QUESTION)
        turn.find_all(".answer .cite")[0].click()
        self.no_sideways_scroll("an open passage")
        self.look("phone")
        self.browser.press("escape")
        self.browser.find(".retrieved summary").click()
        self.browser.wait(lambda: self.browser.find_all(".hits li"), "hits")
        self.no_sideways_scroll("an answer with what was retrieved")
        self.browser.find("#tab-documents").click()
        self.browser.wait(lambda: self.browser.find_all(".document"), "documents")
        self.no_sideways_scroll("documents and jobs")

    def test_nothing_is_loaded_from_elsewhere(self):
        self.ask(self.QUESTION)
        loaded = self.browser.script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        self.assertTrue(loaded)
        self.assertEqual([name for name in loaded if not name.startswith(self.url + "/")], [])


class Failing(PageTest):
    """What a reader sees when things go wrong, on the stand-in."""
    refusals_expected = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(stub_server())
        cls.url = cls.server.url

    def test_refusals_say_what_to_do(self):
        for scenario, title, advice in (("limit:", "Too many requests", "in 60 s"),
                                        ("busy:", "The server is busy", "in 2 s"),
                                        ("invalid:", "could not use this request", "query: Field required")):
            with self.subTest(scenario):
                turn = self.ask(f"{scenario} answers", state="failed")
                self.assertIn(title, turn.text)
                self.assertIn(advice, turn.text)
                self.assertIn("Try again", turn.text)

    def test_an_error_event_keeps_the_part_that_came(self):
        turn = self.ask("error: how are answers cited", state="failed")
        self.assertIn("numbered markers", turn.text)
        self.assertIn("did not answer in time", turn.text)

    def test_a_cut_answer_does_not_pass_for_a_whole_one(self):
        turn = self.ask("cut: how are answers cited", state="interrupted")
        self.assertIn("The answer was interrupted", turn.text)
        self.browser.find(".notice button").click()
        self.browser.wait(lambda: self.browser.find_all(".turn[data-state=interrupted] .notice"), "the second try")
        self.assertEqual(len(self.browser.find_all(".turn")), 1, "a retry takes the place of the first try")
        self.ask("How are answers cited?")
        self.assertEqual(self.server.histories[-1], [], "what was cut is not sent as history")

    def test_whole_answers_are_sent_as_history(self):
        self.ask("How are answers cited?")
        self.ask("And how are articles imported?")
        self.assertEqual([item["role"] for item in self.server.histories[-1]], ["human", "ai"])
        self.assertIn("numbered markers", self.server.histories[-1][1]["content"])

    def test_escape_stops_an_answer_and_the_server_sees_it(self):
        self.server.left.clear()
        self.ask("slow: how are answers cited", state="answering")
        self.assertTrue(self.browser.find("#stop").shown())
        self.browser.wait(lambda: "and on" in self.text(".answer"), "the stream to be under way")
        self.browser.press("escape")
        self.browser.wait(lambda: self.browser.find_all(".turn[data-state=stopped]"), "the turn to stop")
        self.assertTrue(self.server.left.wait(10), "the connection was closed")
        self.assertFalse(self.browser.find("#stop").shown())
        self.ask("How are answers cited?")

    def test_the_stop_button_stops(self):
        self.ask("slow: how are answers cited", state="answering")
        self.browser.find("#stop").click()
        self.browser.wait(lambda: self.browser.find_all(".turn[data-state=stopped]"), "the turn to stop")

    def test_an_answer_cannot_run_or_load_anything(self):
        turn = self.ask("script: how are answers cited")
        self.assertIn("<script>", turn.text, "markup is shown as text")
        inside = turn.find_all(".answer script, .answer img")
        self.assertEqual(inside, [])
        links = turn.find_all(".answer a")
        self.assertEqual([link.attribute("href") for link in links], ["https://example.org/"])
        self.assertIn("noopener", links[0].attribute("rel"))
        self.assertEqual(turn.find_all(".answer .cite"), [], "a marker without a source is no button")
        self.assertEqual(self.browser.script("return document.title"), "Wellspring")

    def test_an_unreachable_server_is_named(self):
        self.browser.devtools("Network.enable")
        self.browser.devtools("Network.emulateNetworkConditions", offline=True, latency=0,
                              downloadThroughput=-1, uploadThroughput=-1)
        try:
            turn = self.ask("How are answers cited?", state="failed")
            self.assertIn("The server cannot be reached", turn.text)
        finally:
            self.browser.devtools("Network.emulateNetworkConditions", offline=False, latency=0,
                                  downloadThroughput=-1, uploadThroughput=-1)
        self.browser.find(".notice button").click()
        self.browser.wait(lambda: self.browser.find_all(".turn[data-state=complete]"), "the retry to succeed")

    def test_a_token_is_asked_for_and_kept_for_the_session(self):
        self.server.contents.token = "open sesame"
        try:
            self.browser.find("#tab-documents").click()
            self.browser.wait(self.browser.find("#token-form").shown, "the token field")
            self.browser.find("#token").type("open sesame")
            self.browser.find("#token-form button").click()
            self.browser.wait(lambda: self.browser.find_all(".document"), "documents")
            self.assertFalse(self.browser.find("#access").shown())
            self.open("#documents")
            self.browser.wait(lambda: self.browser.find_all(".document"), "documents without asking again")
        finally:
            self.server.contents.token = None

    def test_a_dead_job_shows_why_and_can_be_retried(self):
        contents = self.server.contents
        contents.jobs += [contents.job(f"later{number}", "Later") for number in range(60)]  # more than the page shows
        self.open("#documents")
        job = self.browser.wait(lambda: [row for row in self.browser.find_all(".job") if "dead" in row.text], "the dead job")[0]
        self.assertIn("the model file changed", job.text)
        job.find_all("button")[0].click()
        self.browser.wait(lambda: not self.browser.find_all(".job .state.dead"), "the job to be done")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--url")
    target.add_argument("--binary")
    parser.add_argument("--screenshots", help="a folder to leave pictures in")
    parser.add_argument("tests", nargs="*", help="names of tests, as unittest takes them")
    parser.parse_args(namespace=OPTIONS)
    with target_server():
        result = unittest.main(argv=[sys.argv[0], *OPTIONS.tests], verbosity=2, exit=False).result
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
