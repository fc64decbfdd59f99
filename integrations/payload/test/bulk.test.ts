import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import type { PayloadRequest } from "payload";
import { BulkSync, bulkEndpoints, type BulkProgress } from "../src/bulk.js";
import { systemClock } from "../src/clock.js";
import { Courier } from "../src/courier.js";
import { settingsOf, type WellspringOptions } from "../src/options.js";
import { article, FakePayload } from "./fake_payload.js";
import { until } from "./manual_clock.js";
import { accept, answer, Receiver, type Script } from "./receiver.js";

async function setUp(t: TestContext, documents: number, script: Script = accept(1), options: Partial<WellspringOptions> = {}) {
  const receiver = await Receiver.start(script);
  t.after(() => receiver.stop());
  const courier = new Courier(settingsOf({ url: receiver.url, collections: ["articles"], ...options }), systemClock);
  const cms = new FakePayload();
  cms.localization = false;
  for (let id = 1; id <= documents; id += 1) cms.documents.set(id, article(id, id % 3 === 0 ? { status: "draft" } : {}));
  return { receiver, courier, cms, bulk: new BulkSync(courier) };
}

test("every page of a collection is sent, a few documents at a time, with progress", async (t) => {
  let underWay = 0;
  let most = 0;
  const slow: Script = (response, received) => {
    if (received.method !== "POST") return answer(response, 404, {});
    most = Math.max(most, (underWay += 1));
    setImmediate(() => {
      underWay -= 1;
      accept(1)(response, received);
    });
  };
  const { cms, bulk, receiver } = await setUp(t, 250, slow);
  const seen: BulkProgress[] = [];
  const result = await bulk.run(cms.payload, { concurrency: 3, onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(result, { running: false, collection: "articles", documents: 250, delivered: 250, failed: 0, errors: [], stopped: null });
  const webhooks = receiver.webhooks;
  assert.equal(new Set(webhooks.map(({ doc }) => doc["id"])).size, 250);
  assert.equal(webhooks.filter(({ doc }) => doc["status"] === "draft").length, 83);
  assert.ok(most <= 3, `${most} at once`);
  assert.ok(seen.some(({ delivered, running }) => running && delivered > 0 && delivered < 250));
});

test("documents that go meanwhile make no other be left out", async (t) => {
  const { cms, bulk, receiver } = await setUp(t, 250);
  let removed = false;
  await bulk.run(cms.payload, {
    onProgress: ({ documents }) => {
      if (documents !== 100 || removed) return;
      removed = true;
      for (let id = 1; id <= 50; id += 1) cms.documents.delete(id);
    },
  });
  const sent = new Set(receiver.webhooks.map(({ doc }) => doc["id"]));
  for (let id = 51; id <= 250; id += 1) assert.ok(sent.has(id), `${id} was left out`);
});

test("refused documents are counted and named, the others sent", async (t) => {
  const { cms, bulk } = await setUp(t, 10, (response, received) =>
    received.body.includes('"id":4') ? answer(response, 422, { message: "no title" }) : accept(1)(response, received),
  );
  const result = await bulk.run(cms.payload);
  assert.deepEqual([result.delivered, result.failed, result.errors], [9, 1, ["articles:4: HTTP 422: no title"]]);
});

test("a Wellspring that is away ends the run with the reason", async (t) => {
  const { cms, bulk, receiver } = await setUp(t, 30);
  await receiver.stop();
  const result = await bulk.run(cms.payload, { patienceMs: 100 });
  assert.match(result.stopped ?? "", /nothing got through within 100 ms; does Wellspring answer at http:/);
  assert.equal(result.running, false);
});

test("one run at a time, of collections that are sent", async (t) => {
  const { cms, bulk } = await setUp(t, 5);
  await assert.rejects(bulk.run(cms.payload, { collections: ["posts"] }), /does not send collection 'posts'/);
  const first = bulk.run(cms.payload);
  await assert.rejects(bulk.run(cms.payload), /one is running already/);
  assert.equal((await first).delivered, 5);
});

test("over HTTP: people of the admin panel start a run and see how far it is", async (t) => {
  const { cms, courier, bulk } = await setUp(t, 5);
  const [post, get] = bulkEndpoints(courier, bulk);
  assert.ok(post && get);
  const call = async (endpoint: typeof post, user: unknown): Promise<Response> => {
    const answered: unknown = await endpoint.handler(cms.request({ user }) as PayloadRequest);
    assert.ok(answered instanceof Response);
    return answered;
  };
  const admin = { id: 1, collection: "users" };
  for (const user of [null, { id: 1, collection: "customers" }]) assert.equal((await call(post, user)).status, 403);
  assert.equal((await call(post, admin)).status, 202);
  assert.equal((await call(post, admin)).status, 409);
  await until(() => !bulk.state.running);
  const state = (await (await call(get, admin)).json()) as BulkProgress;
  assert.deepEqual([state.delivered, state.running], [5, false]);
});
