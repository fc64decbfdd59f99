import assert from "node:assert/strict";
import test from "node:test";
import { applyEvent, endTurn, failTurn, historyOf, isRunning, startTurn, stopTurn } from "../../../web/turn.js";

const follow = (events) => events.reduce(applyEvent, startTurn("Why?"));
const text = (chunk) => ({ status: "streaming", chunk, isComplete: false });
const SOURCES = { status: "sources", sources: [{ page_content: "p", metadata: {} }], isComplete: false };
const COMPLETE = { status: "complete", chunk: "", isComplete: true, fromCache: false };

test("the end names the question for feedback when it was kept", () => {
  assert.equal(follow([text("Yes"), { ...COMPLETE, question_id: "5f00" }]).questionId, "5f00");
  assert.equal(follow([text("Yes"), { ...COMPLETE, question_id: "" }]).questionId, null);
});

test("the contract's order of events gives a complete answer", () => {
  const turn = follow([{ status: "thinking" }, SOURCES, text("Be"), text("cause [1]"), COMPLETE]);
  assert.equal(turn.state, "complete");
  assert.equal(turn.text, "Because [1]");
  assert.equal(turn.sources.length, 1);
  assert.equal(turn.questionId, null, "nothing to give feedback on");
  assert.equal(turn.failure, null);
});

test("fromCache may be a word", () => {
  assert.equal(follow([{ ...COMPLETE, fromCache: "suggested_question" }]).fromCache, true);
});

test("an error event keeps what came before and says why", () => {
  const turn = follow([text("half"), { status: "error", error: "model gone", isComplete: true }]);
  assert.equal(turn.state, "failed");
  assert.equal(turn.text, "half");
  assert.equal(turn.failure.advice, "model gone");
});

test("a stream without a terminal event is interrupted, a finished one is not", () => {
  assert.equal(endTurn(follow([text("half")])).state, "interrupted");
  assert.equal(endTurn(follow([])).state, "interrupted");
  assert.equal(endTurn(follow([COMPLETE])).state, "complete");
});

test("nothing changes a turn that has ended", () => {
  for (const ended of [follow([COMPLETE]), stopTurn(startTurn("q")), failTurn(startTurn("q"), { title: "t" })]) {
    assert.equal(isRunning(ended), false);
    assert.equal(applyEvent(ended, text("late")), ended);
    assert.equal(stopTurn(ended), ended);
    assert.equal(failTurn(ended, { title: "other" }), ended);
  }
});

test("unknown events and odd members do no harm", () => {
  const turn = follow([{ status: "usage_status" }, {}, { status: "sources", sources: "none" }, { status: "streaming" }, COMPLETE]);
  assert.equal(turn.state, "complete");
  assert.deepEqual(turn.sources, []);
  assert.equal(turn.text, "");
});

test("the history holds whole answers only, the latest ten", () => {
  const whole = (number) => ({ ...startTurn(`q${number}`), state: "complete", text: `a${number}` });
  const turns = [...Array.from({ length: 12 }, (_, number) => whole(number)), stopTurn(startTurn("stopped"))];
  const history = historyOf(turns);
  assert.equal(history.length, 20);
  assert.deepEqual(history[0], { role: "human", content: "q2" });
  assert.deepEqual(history.at(-1), { role: "ai", content: "a11" });
});
