import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import test from "node:test";
import { systemClock } from "../src/clock.js";
import { Courier } from "../src/courier.js";
import { attach } from "../src/lifetime.js";
import { settingsOf } from "../src/options.js";
import { article, FakePayload } from "./fake_payload.js";
import { until } from "./manual_clock.js";
import { accept, Receiver, type Script } from "./receiver.js";

const listeners = (): number => process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");

async function setUp(script: Script, shutdownMs = 5_000) {
  const receiver = await Receiver.start(script);
  const cms = new FakePayload();
  const courier = new Courier(settingsOf({ url: receiver.url, collections: ["articles"], shutdownMs }), systemClock);
  const payload = cms.payload;
  attach(courier, payload);
  const save = (): void => {
    cms.documents.set(1, article(1));
    courier.changed({ collection: "articles", operation: "update", doc: article(1), previous: article(1), req: cms.request() });
  };
  return { receiver, cms, payload, save };
}

test("destroying Payload first sends what is queued, and leaves no listener", async (t) => {
  const before = listeners();
  const { receiver, cms, payload, save } = await setUp(accept(1));
  t.after(() => receiver.stop());
  assert.equal(listeners(), before + 2);
  save();
  assert.equal(receiver.received.length, 0);
  await payload.destroy();
  assert.equal(receiver.webhooks.length, 1);
  assert.deepEqual([cms.destroyed, listeners()], [1, before]);
});

test("destroying Payload does not wait for ever, and says what is left", async (t) => {
  const { receiver, cms, payload, save } = await setUp(() => undefined, 20);
  t.after(() => receiver.stop());
  save();
  await payload.destroy();
  assert.equal(cms.destroyed, 1);
  assert.ok(cms.lines.includes("warn wellspring: stopping with 1 documents still to be delivered; they are sent after the next start"));
});

test("a signal that others listen to as well is left to them", async (t) => {
  let stopped = 0;
  // Stays: without it the signal would end this process once the queue is empty.
  process.on("SIGTERM", () => void (stopped += 1));
  const before = listeners();
  const { receiver, save } = await setUp(accept(1));
  t.after(() => receiver.stop());
  save();
  process.kill(process.pid, "SIGTERM");
  await until(() => stopped === 1 && receiver.webhooks.length === 1);
  assert.equal(listeners(), before);
});

test("a signal ends a process without other listeners once the queue is empty, by that signal", async (t) => {
  let release: () => void = () => undefined;
  const receiver = await Receiver.start((response, received) => {
    release = () => accept(1)(response, received);
  });
  t.after(() => receiver.stop());
  const child = spawn(process.execPath, ["--import", "tsx", new URL("signal_child.ts", import.meta.url).pathname], {
    env: { ...process.env, RECEIVER: receiver.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  child.stdout.on("data", (text: Buffer) => void (told += text.toString()));
  await until(() => receiver.received.length === 1);
  child.kill("SIGTERM");
  await until(() => told.includes("told to stop"));
  assert.equal(child.signalCode, null, "it waits for the delivery");
  release();
  await until(() => child.exitCode !== null || child.signalCode !== null);
  assert.deepEqual([child.exitCode, child.signalCode], [null, "SIGTERM"]);
});
