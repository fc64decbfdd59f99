import assert from "node:assert/strict";
import test from "node:test";
import { describeFailure, errorText } from "../../../web/api.js";
import { parseTime } from "../../../web/dom.js";
import { bodyOf, excerptOf, headingsOf } from "../../../web/passage.js";
import { webhookOf } from "../../../web/publish.js";

test("the text of an error body is found in every form of the contract", () => {
  assert.equal(errorText({ detail: "Not Found" }), "Not Found");
  assert.equal(errorText({ detail: { error: "rate_limited", message: "Slow down." } }), "Slow down.");
  assert.equal(errorText({ error: "Unauthorized", message: "No token." }), "No token.");
  const problem = { type: "missing", loc: ["body", "query"], msg: "Field required" };
  assert.equal(errorText({ detail: [problem] }), "query: Field required");
  assert.equal(errorText({ detail: { error: "Validation failed", details: [problem] } }), "query: Field required");
  for (const nothing of [null, undefined, 7, {}, [], { detail: null }, [null]]) assert.equal(errorText(nothing), "");
});

test("a failure says what to do", () => {
  assert.match(describeFailure(429, { detail: { message: "Slow down." } }, "60").advice, /Slow down\. You can try again in 60 s/);
  assert.match(describeFailure(429, null, "3600").advice, /in 60 minutes/);
  assert.match(describeFailure(503, null, null).advice, /in a moment/);
  assert.match(describeFailure(0, null, null).advice, /Check that it is running/);
  assert.match(describeFailure(418, null, null).title, /418/);
});

test("only a missing right asks for a token", () => {
  assert.deepEqual([401, 403, 404, 429, 500, 0].map((status) => describeFailure(status, null, null).needsToken),
    [true, true, false, false, false, false]);
});

test("a passage shows its headings once", () => {
  const passage = {
    page_content: "Title: Guide\nSection: Start\n\nRun it.\n\nAgain.",
    metadata: { title: "Guide", section_title: "Start", subsubsection_title: "Deep" },
  };
  assert.deepEqual(headingsOf(passage), ["Guide", "Start", "Deep"]);
  assert.equal(bodyOf(passage), "Run it.\n\nAgain.");
  assert.equal(bodyOf({ text: "Title: only in the text, no blank line" }), "Title: only in the text, no blank line");
  assert.equal(bodyOf({ text: "A paragraph.\n\nAnother." }), "A paragraph.\n\nAnother.");
  assert.equal(bodyOf({}), "");
  assert.deepEqual(headingsOf({}), ["Untitled"]);
  assert.deepEqual(headingsOf({ metadata: { source: "payload" } }), ["payload"]);
});

test("an excerpt is words without marks, cut between words", () => {
  assert.equal(excerptOf({ text: "## `a` *b*\n\n```sh\nmake\n```\n| x |\n| --- |" }), "a b make x");
  assert.equal(excerptOf({ text: "one two three" }, 9), "one two …");
  assert.ok(excerptOf({ text: "x".repeat(500) }).length < 230);
});

test("a test article is sent as the CMS sends one", () => {
  const article = { id: "test-1", title: "T", markdown: "One.\n\nTwo.", createdAt: "2025-11-20T08:00:00.000Z" };
  const { operation, doc } = webhookOf(article, "create", "published", new Date("2025-11-20T08:30:00Z"));
  assert.equal(operation, "create");
  assert.equal(doc.updatedAt, "2025-11-20T08:30:00.000Z");
  assert.deepEqual(doc.content.root.children.map((node) => node.children[0].text), ["One.", "Two."]);
});

test("times without a zone are UTC", () => {
  assert.equal(parseTime("2025-11-16T17:27:37.123456").toISOString(), "2025-11-16T17:27:37.123Z");
  assert.equal(parseTime("2025-11-16T17:27:37+01:00").toISOString(), "2025-11-16T16:27:37.000Z");
  for (const none of [null, undefined, "", "soon"]) assert.equal(parseTime(none), null);
});
