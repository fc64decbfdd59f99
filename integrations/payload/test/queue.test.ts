import assert from "node:assert/strict";
import test from "node:test";
import type { Message } from "../src/client.js";
import { newDeliveryId, type SyncEvent } from "../src/events.js";
import { DeliveryQueue, type Delivery, type Progress } from "../src/queue.js";
import type { Outcome } from "../src/retry.js";
import { ManualClock, settle, until } from "./manual_clock.js";

const ACCEPTED: Outcome = { kind: "accepted", job: 1 };
const AWAY: Outcome = { kind: "failed", reason: "refused connection", scope: "server", retryAfterMs: 0 };
const BROKEN: Outcome = { kind: "failed", reason: "HTTP 500", scope: "document", retryAfterMs: 0 };

/** Sends by a rule of the test; an attempt may be held until the test lets it go. */
class Scripted implements Delivery {
  readonly sent: string[] = [];
  readonly ids: string[] = [];
  readonly notes: string[] = [];
  underWay = 0;
  mostUnderWay = 0;
  rule: (label: string) => Outcome | Promise<Outcome> = () => ACCEPTED;
  composing: (event: SyncEvent) => void = () => undefined;

  async compose(event: SyncEvent): Promise<readonly Message[]> {
    this.composing(event);
    const locales = event.locales === "translated" ? ["all"] : event.locales;
    return locales.map((locale) => ({ id: event.deliveryId, body: Buffer.from(`${event.document}/${event.operation}/${locale}`) }));
  }

  async send(message: Message): Promise<Outcome> {
    const label = message.body.toString();
    this.sent.push(label);
    this.ids.push(message.id);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    const outcome = await this.rule(label);
    this.underWay -= 1;
    return outcome;
  }

  async note(event: SyncEvent, progress: Progress): Promise<void> {
    this.notes.push(`${event.document} ${progress.state}`);
  }
}

function setUp(options: { documentsMax?: number; giveUpAfterMs?: number } = {}) {
  const delivery = new Scripted();
  const clock = new ManualClock();
  const queue = new DeliveryQueue(delivery, { documentsMax: 100, concurrency: 4, giveUpAfterMs: 3_600_000, ...options }, clock, () => 0);
  const event = (document: string, operation: SyncEvent["operation"] = "update", locale = "en"): SyncEvent => ({
    collection: "articles",
    document,
    operation,
    locales: [locale],
    updatedAt: null,
    draft: false,
    deliveryId: newDeliveryId(),
    queuedAtMs: clock.now(),
  });
  return { delivery, clock, queue, event };
}

/** A send that ends when the test says. */
function gate() {
  let open: (outcome: Outcome) => void = () => undefined;
  const held = new Promise<Outcome>((resolve) => {
    open = resolve;
  });
  return { held, open };
}

test("an event is sent once and its end is told", async () => {
  const { delivery, queue, event } = setUp();
  const ended = await queue.add(event("a", "create"));
  assert.deepEqual(ended, { state: "accepted", attempts: 1, sent: 1, jobs: [1] });
  assert.deepEqual(delivery.sent, ["a/create/en"]);
  assert.deepEqual(delivery.notes, ["a queued", "a accepted"]);
  assert.equal(queue.size, 0);
});

test("adding sends nothing before it returns, and nothing before the write is visible", async () => {
  const { delivery, queue, event } = setUp();
  let commit: () => void = () => undefined;
  const visible = new Promise<void>((resolve) => {
    commit = resolve;
  });
  const ended = queue.add(event("a"), visible);
  await settle();
  assert.deepEqual([delivery.sent, delivery.notes], [[], []]);
  commit();
  await ended;
  assert.deepEqual(delivery.sent, ["a/update/en"]);
});

test("events of one document go one after the other, those that wait in one", async () => {
  const { delivery, queue, event } = setUp();
  const first = gate();
  delivery.rule = (label) => (label.includes("create") ? first.held : ACCEPTED);
  const ends = [queue.add(event("a", "create"))];
  await until(() => delivery.underWay === 1);
  ends.push(queue.add(event("a", "update", "en")), queue.add(event("a", "update", "es")));
  await settle();
  assert.deepEqual(delivery.sent, ["a/create/en"]);
  first.open(ACCEPTED);
  await Promise.all(ends);
  assert.deepEqual(delivery.sent, ["a/create/en", "a/update/en", "a/update/es"]);
  assert.equal(new Set(delivery.ids).size, 2);
});

test("a delete takes in what was to be sent before it", async () => {
  const { delivery, queue, event } = setUp();
  const first = gate();
  delivery.rule = (label) => (label.includes("create") ? first.held : ACCEPTED);
  const ends = [queue.add(event("a", "create"))];
  await until(() => delivery.underWay === 1);
  ends.push(queue.add(event("a", "update")), queue.add(event("a", "delete")));
  first.open(ACCEPTED);
  await Promise.all(ends);
  assert.deepEqual(delivery.sent, ["a/create/en", "a/delete/en"]);
});

test("documents are sent side by side, within the bound", async () => {
  const { delivery, queue, event } = setUp();
  const all = gate();
  delivery.rule = () => all.held;
  const ends = Array.from({ length: 10 }, (_, index) => queue.add(event(`d${index}`)));
  await until(() => delivery.underWay === 4);
  await settle();
  assert.equal(delivery.underWay, 4);
  all.open(ACCEPTED);
  await Promise.all(ends);
  assert.equal(delivery.mostUnderWay, 4);
  assert.equal(delivery.sent.length, 10);
});

test("a full queue refuses a new document but takes another event of one that waits", async () => {
  const { delivery, queue, event } = setUp({ documentsMax: 1 });
  const held = gate();
  delivery.rule = () => held.held;
  assert.ok(queue.add(event("a")));
  assert.equal(queue.add(event("b")), null);
  const last = queue.add(event("a"));
  assert.ok(last);
  held.open(ACCEPTED);
  await last;
  assert.ok(queue.add(event("b")));
});

test("while Wellspring is away one attempt at a time finds out, and then all go at once", async () => {
  const { delivery, clock, queue, event } = setUp();
  let away = true;
  delivery.rule = () => (away ? AWAY : ACCEPTED);
  const ends = Array.from({ length: 8 }, (_, index) => queue.add(event(`d${index}`)));
  await until(() => clock.waiting === 1);
  await settle();
  const pauses: number[] = [];
  for (let probe = 0; probe < 3; probe += 1) {
    const before = delivery.sent.length;
    pauses.push(clock.next());
    await until(() => clock.waiting === 1);
    await settle();
    assert.equal(delivery.sent.length, before + 1, "one probe after each pause");
  }
  assert.deepEqual(pauses, [250, 500, 1_000]);
  away = false;
  clock.next();
  const results = await Promise.all(ends);
  assert.ok(results.every((ended) => ended?.state === "accepted"));
  assert.equal(clock.waiting, 0);
});

test("a document that fails by itself holds no other up, and keeps its delivery id", async () => {
  const { delivery, clock, queue, event } = setUp();
  let failures = 0;
  delivery.rule = (label) => (label.startsWith("poison") && failures++ < 2 ? BROKEN : ACCEPTED);
  const poison = queue.add(event("poison"));
  await until(() => clock.waiting === 1);
  assert.equal((await queue.add(event("good")))?.state, "accepted");
  clock.next();
  await until(() => clock.waiting === 1);
  clock.next();
  assert.deepEqual(await poison, { state: "accepted", attempts: 3, sent: 1, jobs: [1] });
  const ids = delivery.ids.filter((_, index) => delivery.sent[index]?.startsWith("poison"));
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 1);
});

test("after a failure only what is newest is sent", async () => {
  const { delivery, clock, queue, event } = setUp();
  let failures = 0;
  delivery.rule = () => (failures++ < 1 ? BROKEN : ACCEPTED);
  const first = queue.add(event("a", "create", "en"));
  await until(() => clock.waiting === 1);
  const second = queue.add(event("a", "update", "es"));
  clock.next();
  assert.equal((await first)?.state, "accepted");
  assert.equal((await second)?.state, "accepted");
  assert.deepEqual(delivery.sent, ["a/create/en", "a/create/en", "a/create/es"]);
  assert.equal(new Set(delivery.ids).size, 2, "other bytes have another id");
});

test("a refusal is final, and the other locales are sent all the same", async () => {
  const { delivery, queue, event } = setUp();
  const first = gate();
  delivery.rule = (label) =>
    label.includes("create") ? first.held : label.endsWith("/en") ? { kind: "refused", reason: "HTTP 422" } : ACCEPTED;
  const started = queue.add(event("a", "create"));
  await until(() => delivery.underWay === 1);
  const ends = [queue.add(event("a", "update", "en")), queue.add(event("a", "update", "es"))];
  first.open(ACCEPTED);
  await started;
  assert.deepEqual(await ends[0], { state: "failed", attempts: 1, error: "HTTP 422" });
  assert.deepEqual(delivery.sent, ["a/create/en", "a/update/en", "a/update/es"]);
});

test("what cannot be read is tried again", async () => {
  const { delivery, clock, queue, event } = setUp();
  let broken = true;
  delivery.composing = () => {
    if (broken) throw new Error("database away");
  };
  const ended = queue.add(event("a"));
  await until(() => clock.waiting === 1);
  assert.deepEqual(delivery.notes, ["a queued", "a retrying"]);
  broken = false;
  clock.next();
  assert.equal((await ended)?.state, "accepted");
});

test("an event is given up after its time", async () => {
  const { delivery, clock, queue, event } = setUp({ giveUpAfterMs: 1_000 });
  delivery.rule = () => BROKEN;
  const ended = queue.add(event("a"));
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await until(() => clock.waiting === 1);
    clock.next();
  }
  assert.deepEqual(await ended, { state: "failed", attempts: 4, error: "given up after 4 attempts, the last: HTTP 500" });
  assert.equal(queue.size, 0);
});

test("the record of a newer event is not overwritten by the end of an older one", async () => {
  const { delivery, queue, event } = setUp();
  const first = gate();
  delivery.rule = (label) => (label.includes("create") ? first.held : ACCEPTED);
  const older = queue.add(event("a", "create"));
  await until(() => delivery.underWay === 1);
  const newer = queue.add(event("a", "update"));
  await settle();
  first.open(ACCEPTED);
  await Promise.all([older, newer]);
  assert.deepEqual(delivery.notes, ["a queued", "a queued", "a accepted"]);
});

test("a stopped queue begins no attempt", async () => {
  const { delivery, clock, queue, event } = setUp();
  delivery.rule = () => BROKEN;
  void queue.add(event("a"));
  await until(() => clock.waiting === 1);
  queue.stopped = true;
  clock.next();
  await settle();
  assert.deepEqual([delivery.sent.length, queue.size], [1, 1]);
});

test("draining waits for the end, but not for ever", async () => {
  const { delivery, queue, event } = setUp();
  assert.equal(await queue.drain(1), 0);
  const held = gate();
  delivery.rule = () => held.held;
  void queue.add(event("a"));
  await until(() => delivery.underWay === 1);
  assert.equal(await queue.drain(1), 1);
  const drained = queue.drain(60_000);
  held.open(ACCEPTED);
  assert.equal(await drained, 0);
});
