#!/usr/bin/env python3
"""Drives the page at /docs in headless Chromium: docs_test.py --binary build/release/wellspring [--screenshots DIR]"""
import argparse
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "functional"))

from server import Server
from webdriver import Browser

OPTIONS = argparse.Namespace(binary=None, screenshots=None)


class Documentation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="wellspring-docs-"))
        cls.server = cls.enterClassContext(Server(OPTIONS.binary, data, "--embedder", "hashing"))
        cls.browser = cls.enterClassContext(Browser())
        cls.operations = [(method, path) for path, item in json.loads(cls.server.request("GET", "/openapi.json")[2])["paths"].items()
                          for method in item if method != "parameters"]

    def setUp(self):
        self.browser.resize(1280, 860)
        self.open()
        self.browser.script("localStorage.clear()")
        self.open()

    def tearDown(self):
        self.assertEqual(self.browser.problems(), [], "the page wrote warnings or errors to the console")

    def open(self, anchor=""):
        self.browser.open("about:blank")
        self.browser.open(f"{self.server.url}/docs{anchor}")
        self.browser.wait(lambda: self.browser.find_all(".operation"), "the operations")

    def shown(self, selector=".operation"):
        return [element for element in self.browser.find_all(selector) if element.shown()]

    def look(self, name):
        if OPTIONS.screenshots:
            self.browser.screenshot(str(pathlib.Path(OPTIONS.screenshots) / f"{name}.png"))

    def test_every_operation_is_shown_and_linked(self):
        self.assertEqual(len(self.browser.find_all(".operation")), len(self.operations))
        self.assertEqual(len(self.browser.find_all("#links a")), len(self.operations))
        self.look("docs")

    def test_every_operation_opens_without_an_error(self):
        self.browser.script("for (const one of document.querySelectorAll('.operation, .operation details')) one.open = true")
        self.browser.wait(lambda: len(self.browser.find_all(".inside .responses")) == len(self.operations), "all operations to be filled")

    def test_an_address_opens_its_operation(self):
        self.open("#post-api-v1-chat-stream")
        opened = self.browser.wait(lambda: self.browser.find_all(".operation[open] .inside"), "the operation to open")[0]
        self.browser.wait(lambda: "curl -sN" in opened.text, "the operation's content")
        self.look("docs-operation")

    def test_the_filter_narrows_both_lists(self):
        self.browser.press("/")
        self.browser.press(*"chat post")
        self.browser.wait(lambda: len(self.shown()) == 2, "the two operations")
        self.assertEqual(len(self.shown("#links li")), 2)
        self.assertIn(f"2 of {len(self.operations)}", self.browser.find("#found").text)

    def test_the_keyboard_opens_an_operation(self):
        self.browser.script("document.querySelector('.operation summary').focus()")
        self.browser.press("enter")
        self.browser.wait(lambda: self.browser.find_all(".operation[open]"), "the operation to open")

    def test_a_phone_never_scrolls_sideways(self):
        self.browser.resize(360, 740)
        for anchor in ("", "#post-api-v1-sync-payload", "#get-api-v1-sync-jobs"):
            self.open(anchor)
            self.browser.script("for (const one of document.querySelectorAll('.operation[open] details')) one.open = true")
            self.assertEqual(self.browser.script("scrollBy({left: 1000, behavior: 'instant'}); return scrollX"), 0, anchor)
            self.look(f"docs-phone{anchor}")

    def test_dark_is_dark_and_remembered(self):
        colour = "return getComputedStyle(document.body).backgroundColor"
        light = self.browser.script(colour)
        self.browser.find("#theme").click()
        self.assertNotEqual(self.browser.script(colour), light)
        self.open("#put-api-v1-sources-id")
        self.assertNotEqual(self.browser.script(colour), light)
        self.look("docs-dark")

    def test_nothing_is_loaded_from_elsewhere(self):
        loaded = self.browser.script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        self.assertTrue(loaded)
        self.assertEqual([name for name in loaded if not name.startswith(self.server.url + "/")], [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--screenshots", help="a folder to leave pictures in")
    parser.add_argument("tests", nargs="*", help="names of tests, as unittest takes them")
    parser.parse_args(namespace=OPTIONS)
    unittest.main(argv=[sys.argv[0], *OPTIONS.tests], verbosity=2)


if __name__ == "__main__":
    main()
