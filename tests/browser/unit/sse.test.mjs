import assert from "node:assert/strict";
import test from "node:test";
import { EventReader, readEvents } from "../../../web/sse.js";

const bytes = (text) => new TextEncoder().encode(text);
const EVENTS = [
  { status: "thinking", chunk: "", isComplete: false },
  { status: "streaming", chunk: "naïve 🚀 \u2028 \"data: \"", isComplete: false },
  { status: "complete", chunk: "", isComplete: true, fromCache: true },
];
const WIRE = EVENTS.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(": ping\n\n");

test("a stream cut at any byte gives the same events", () => {
  const wire = bytes(WIRE);
  for (let cut = 0; cut <= wire.length; cut += 1) {
    const reader = new EventReader();
    const events = [...reader.push(wire.subarray(0, cut)), ...reader.push(wire.subarray(cut)), ...reader.end()];
    assert.deepEqual(events, EVENTS, `cut at byte ${cut}`);
  }
});

test("a stream that comes byte by byte gives the same events", () => {
  const reader = new EventReader();
  const events = [...bytes(WIRE)].flatMap((byte) => reader.push(Uint8Array.of(byte)));
  assert.deepEqual([...events, ...reader.end()], EVENTS);
});

test("lines of other forms and unreadable JSON are passed over", () => {
  const reader = new EventReader();
  const noise = ["event: x", "data:{}", " data: {}", "data: {broken", "data: 12", "data: null", "id: 4", ""].join("\n");
  assert.deepEqual(reader.push(bytes(`${noise}\ndata: {"status":"a"}\r\n`)), [{ status: "a" }]);
});

test("a last line without a line end counts", () => {
  const reader = new EventReader();
  assert.deepEqual(reader.push(bytes('data: {"status":"complete"}')), []);
  assert.deepEqual(reader.end(), [{ status: "complete" }]);
});

test("a line without end is refused in place of being kept for ever", () => {
  const reader = new EventReader();
  const piece = bytes("x".repeat(1 << 20));
  assert.throws(() => {
    for (let count = 0; count < 9; count += 1) reader.push(piece);
  }, /longer than/);
});

function bodyThatBreaks(text, error) {
  const source = { sent: false };
  return new ReadableStream({
    pull(controller) {
      if (source.sent) return controller.error(error);
      source.sent = true;
      controller.enqueue(bytes(text));
    },
  });
}

async function collect(body) {
  const events = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

test("a broken connection ends the events", async () => {
  const body = bodyThatBreaks('data: {"status":"thinking"}\n\n', new TypeError("network error"));
  assert.deepEqual(await collect(body), [{ status: "thinking" }]);
});

test("an abort is told apart from a broken connection", async () => {
  const body = bodyThatBreaks("", new DOMException("stopped", "AbortError"));
  await assert.rejects(collect(body), { name: "AbortError" });
});
