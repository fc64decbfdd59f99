import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { Courier } from "../src/courier.js";
import { settingsOf, type WellspringOptions } from "../src/options.js";
import { article, FakePayload } from "./fake_payload.js";
import { ManualClock, settle, until } from "./manual_clock.js";
import { accept, answer, Receiver, type Script } from "./receiver.js";

async function setUp(t: TestContext, options: Partial<WellspringOptions> = {}, ...scripts: Script[]) {
  const receiver = await Receiver.start(...(scripts.length > 0 ? scripts : [accept(1)]));
  t.after(() => receiver.stop());
  const clock = new ManualClock();
  const settings = settingsOf({ url: receiver.url, collections: ["articles"], ...options });
  const courier = new Courier(settings, clock);
  const cms = new FakePayload();
  const save = (doc: Record<string, unknown>, previous: Record<string, unknown> = doc, request: Record<string, unknown> = {}): void => {
    cms.documents.set(doc["id"] as string, doc);
    courier.changed({ collection: "articles", operation: "update", doc, previous, req: cms.request(request) });
  };
  const sent = async (count: number) => {
    await until(() => receiver.webhooks.length >= count, `${count} webhooks`);
    await settle();
    return receiver.webhooks;
  };
  return { receiver, clock, courier, cms, save, sent };
}

const translations = { en: { title: "Lamps" }, es: { title: "Faros" }, fr: { title: undefined } };
/** A document translated into Spanish, not into French. */
const localized = (locale: string | undefined, fallback: boolean): Record<string, unknown> => {
  const own = translations[(locale ?? "en") as keyof typeof translations];
  return article("a", { content: null, title: own.title ?? (fallback ? "Lamps" : null) });
};

test("a save is sent with its locale and only with what Wellspring reads", async (t) => {
  const { save, sent } = await setUp(t);
  save(article("a"), article("a"), { locale: "es" });
  const [webhook] = await sent(1);
  assert.deepEqual(webhook, {
    operation: "update",
    doc: {
      id: "a",
      title: "Lamps",
      content: { root: { type: "root", children: [] } },
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-02T00:00:00.000Z",
      status: "published",
    },
    locale: "es",
  });
});

test("a draft is sent once, without its words", async (t) => {
  const { save, sent } = await setUp(t, { locales: "translated" });
  save(article(7, { status: "draft" }));
  assert.deepEqual(await sent(1), [
    {
      operation: "update",
      doc: { id: 7, title: "Lamps", createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-02T00:00:00.000Z", status: "draft" },
    },
  ]);
});

test("what becomes published is sent in every locale that has words of its own", async (t) => {
  const { cms, courier, sent } = await setUp(t);
  cms.documents.set("a", localized);
  const change = { collection: "articles", operation: "update", doc: article("a"), req: cms.request() } as const;
  courier.changed({ ...change, previous: article("a", { status: "draft" }) });
  const webhooks = await sent(2);
  assert.deepEqual(webhooks.map(({ locale, doc }) => [locale, doc["title"]]), [["en", "Lamps"], ["es", "Faros"]]);
  courier.changed({ ...change, previous: article("a") });
  assert.deepEqual((await sent(3)).slice(2).map(({ locale }) => locale), ["en"]);
});

test("without localisation, or without localised fields, one webhook is enough", async (t) => {
  const { cms, save, sent } = await setUp(t);
  cms.localization = false;
  save(article("a"), {}, { locale: undefined });
  const [webhook] = await sent(1);
  assert.ok(webhook && !("locale" in webhook));
});

test("a deleted document is sent by its id alone", async (t) => {
  const { cms, courier, receiver, sent } = await setUp(t);
  courier.deleted("articles", 3, cms.request());
  assert.deepEqual(await sent(1), [{ operation: "delete", doc: { id: 3 } }]);
  await until(() => courier.queue.size === 0);
  assert.equal(cms.delivery("articles:3"), undefined, "nobody can look at it any more");
  assert.equal(receiver.received.length, 1);
});

test("nothing is read or sent before the transaction has ended, and a rolled back create is not published", async (t) => {
  const { cms, clock, courier, receiver, sent } = await setUp(t);
  cms.sessions["t1"] = {};
  const req = cms.request({ transactionID: "t1" });
  courier.changed({ collection: "articles", operation: "create", doc: article("a"), previous: {}, req });
  await until(() => clock.waiting === 1);
  assert.deepEqual([cms.reads, receiver.received], [[], []]);
  delete cms.sessions["t1"];
  while (receiver.received.length === 0) {
    await settle();
    if (clock.waiting > 0) clock.next();
  }
  assert.deepEqual(await sent(1), [{ operation: "delete", doc: { id: "a" } }]);
});

test("a read that comes too early is done again", async (t) => {
  const { cms, clock, save, sent } = await setUp(t);
  save(article("a", { updatedAt: "2026-01-03T00:00:00.000Z", title: "New" }));
  cms.documents.set("a", article("a", { title: "Old" }));
  await until(() => clock.waiting === 1);
  cms.documents.set("a", article("a", { updatedAt: "2026-01-03T00:00:00.000Z", title: "New" }));
  clock.next();
  assert.equal((await sent(1))[0]?.doc["title"], "New");
});

test("a draft over a published document leaves what is published alone", async (t) => {
  const { cms, clock, courier, receiver } = await setUp(t);
  const published = article("a", { status: undefined, _status: "published" });
  cms.documents.set("a", published);
  const doc = { ...published, _status: "draft", updatedAt: "2026-01-05T00:00:00.000Z" };
  courier.changed({ collection: "articles", operation: "update", doc, previous: published, req: cms.request() });
  while (courier.queue.size > 0) {
    await settle();
    if (clock.waiting > 0) clock.next();
  }
  assert.equal(receiver.received.length, 0);
  assert.equal(cms.delivery("articles:a")?.["state"], "done");
});

test("deliveries are recorded up to the receipt", async (t) => {
  const { cms, clock, courier, save } = await setUp(t, {}, (response, { method }) =>
    method === "POST" ? answer(response, 200, { job_id: 9 }) : answer(response, 200, { state: "done", outcome: "applied", last_error: "" }),
  );
  save(article("a"));
  await until(() => cms.delivery("articles:a")?.["state"] === "accepted" && clock.waiting === 1);
  assert.equal(cms.delivery("articles:a")?.["jobs"], "9");
  clock.next();
  await until(() => cms.delivery("articles:a")?.["state"] === "done");
  assert.equal(courier.queue.size, 0);
});

test("a job that died is a failed delivery", async (t) => {
  const { cms, clock, save } = await setUp(t, {}, (response, { method }) =>
    method === "POST" ? answer(response, 200, { job_id: 9 }) : answer(response, 200, { state: "dead", outcome: "none", last_error: "too large" }),
  );
  save(article("a"));
  await until(() => clock.waiting === 1);
  clock.next();
  await until(() => cms.delivery("articles:a")?.["state"] === "failed");
  assert.equal(cms.delivery("articles:a")?.["error"], "job 9: too large");
  assert.ok(cms.lines.some((line) => line.startsWith("error wellspring: articles:a was accepted but not applied")));
});

test("a refusal is recorded and told, and not sent again", async (t) => {
  const { cms, clock, save, receiver } = await setUp(t, {}, (response) => answer(response, 401, { message: "Invalid webhook signature" }));
  save(article("a"));
  await until(() => cms.delivery("articles:a")?.["state"] === "failed");
  assert.equal(cms.delivery("articles:a")?.["error"], "HTTP 401: Invalid webhook signature");
  assert.equal(cms.lines.length, 1);
  assert.match(cms.lines[0] ?? "", /^error wellspring: articles:a failed for good: HTTP 401/);
  assert.deepEqual([receiver.received.length, clock.waiting], [1, 0]);
});

test("a full queue is told and turns the save away from delivery only", async (t) => {
  const { cms, save, courier } = await setUp(t, { queueMax: 1 }, () => undefined);
  save(article("a"));
  save(article("b"));
  assert.equal(courier.queue.size, 1);
  assert.match(cms.lines.join("\n"), /error wellspring: articles:b is not sent: 1 documents wait already \(queueMax\)/);
});

test("what waited when the CMS stopped is sent at the next start", async (t) => {
  const { cms, courier, sent } = await setUp(t);
  cms.documents.set(4, article(4));
  const event = JSON.stringify({ collection: "articles", document: 4, operation: "update", locales: ["en"] });
  const row = { deliveryId: "msg_old", attempts: 9, error: "", jobs: "", queuedAt: "", changedAt: "" };
  cms.deliveries.set("articles:4", { ...row, key: "articles:4", state: "retrying", event });
  cms.deliveries.set("articles:5", { ...row, key: "articles:5", state: "queued", event: "not ours" });
  cms.deliveries.set("pages:6", { ...row, key: "pages:6", state: "queued", event: event.replace("articles", "pages").replace("4", "6") });
  await courier.resume(cms.payload);
  assert.equal(courier.queue.size, 1, "the unreadable and the one of a collection that is not sent any more are passed over");
  assert.deepEqual((await sent(1)).map(({ doc }) => doc["id"]), [4]);
});

test("a database that cannot record does not stop the delivery", async (t) => {
  const { cms, save, sent, courier } = await setUp(t);
  cms.databaseAway = true;
  save(article("a"));
  assert.equal((await sent(1)).length, 1);
  await until(() => courier.queue.size === 0);
  assert.ok(cms.lines.some((line) => line.includes("recording the delivery of articles:a (queued) failed")));
  assert.equal(await courier.find(cms.request(), "articles:a"), null);
});

test("deliveries kept in memory leave the database alone", async (t) => {
  const { cms, courier, save, sent } = await setUp(t, { deliveries: false });
  save(article("a"));
  await sent(1);
  await until(() => courier.queue.size === 0);
  assert.equal(cms.deliveries.size, 0);
  assert.equal((await courier.find(cms.request(), "articles:a"))?.state, "accepted");
});

test("a document is mapped and named by its collection's options", async (t) => {
  const map = { slug: "articles", idPrefix: "posts:", article: (doc: Readonly<Record<string, unknown>>) => (doc["title"] === "Hidden" ? null : { title: `${doc["title"]}!`, markdown: "text" }) };
  const { save, sent } = await setUp(t, { collections: [map] });
  save(article(1));
  await sent(1);
  save(article(2, { title: "Hidden" }));
  const [shown, hidden] = await sent(2);
  assert.equal(shown?.doc["id"], "posts:1");
  assert.deepEqual([shown?.doc["title"], shown?.doc["markdown"], shown?.doc["content"]], ["Lamps!", "text", undefined]);
  assert.deepEqual([hidden?.doc["id"], hidden?.doc["status"]], ["posts:2", "draft"]);
});
