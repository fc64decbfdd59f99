import assert from "node:assert/strict";
import test from "node:test";
import type { CollectionConfig, Config, Field } from "payload";
import { DELIVERIES_SLUG, type DeliveryRow } from "../src/deliveries.js";
import { wellspringPlugin } from "../src/index.js";
import { statusField, statusText } from "../src/status.js";
import { FakePayload } from "./fake_payload.js";

const collection = (slug: string, more: Partial<CollectionConfig> = {}): CollectionConfig => ({ slug, fields: [{ name: "title", type: "text" }], ...more });
const config = (...collections: CollectionConfig[]) => ({ collections, db: { defaultIDType: "number" } }) as unknown as Config;
const PLUGIN = { url: "http://127.0.0.1:9", collections: ["articles"] };

test("the named collections get hooks and a status line, others stay as they are", async () => {
  const own = (): void => undefined;
  const users = collection("users");
  const made = await wellspringPlugin(PLUGIN)(config(collection("articles", { hooks: { afterChange: [own] } }), users));
  const [articles, second, deliveries] = made.collections ?? [];
  assert.equal(articles?.hooks?.afterChange?.length, 2);
  assert.equal(articles?.hooks?.afterChange?.[0], own);
  assert.equal(articles?.hooks?.afterDelete?.length, 1);
  assert.deepEqual(articles?.fields.map((field) => "name" in field && field.name), ["title", "wellspring"]);
  assert.equal(second, users);
  assert.equal(deliveries?.slug, DELIVERIES_SLUG);
  assert.equal(deliveries?.hooks, undefined, "recording a delivery triggers nothing");
  assert.deepEqual(made.endpoints?.map(({ method, path }) => `${method} ${path}`), ["post /wellspring/sync", "get /wellspring/sync"]);
});

test("without a url the schema is the same and nothing is hooked", async () => {
  const made = await wellspringPlugin({ ...PLUGIN, url: undefined })(config(collection("articles")));
  const [articles] = made.collections ?? [];
  assert.equal(articles?.hooks, undefined);
  assert.deepEqual(articles?.fields.map((field) => "name" in field && field.name), ["title", "wellspring"]);
});

test("deliveries can be left out of the schema", async () => {
  const made = await wellspringPlugin({ ...PLUGIN, deliveries: false })(config(collection("articles")));
  assert.deepEqual(made.collections?.map(({ slug }) => slug), ["articles"]);
});

test("a collection that is not there is refused by name", () => {
  assert.throws(() => wellspringPlugin({ ...PLUGIN, collections: ["article"] })(config(collection("articles"))), /no collection 'article'; the configuration has: articles/);
});

const ROW: DeliveryRow = { key: "articles:1", deliveryId: "msg_1", state: "done", attempts: 1, error: "", jobs: "12", queuedAt: "", changedAt: "2026-01-01T10:00:00.000Z", event: "" };

test("the status line tells each state in words", () => {
  assert.equal(statusText(null), "Nothing has been sent yet.");
  assert.equal(statusText(ROW), "The answers are up to date since 2026-01-01 10:00:00 UTC (job 12).");
  assert.match(statusText({ ...ROW, state: "retrying", attempts: 3, error: "ECONNREFUSED" }), /attempt 3 at .* failed: ECONNREFUSED\. It is tried again/);
  assert.match(statusText({ ...ROW, state: "failed", error: "HTTP 401" }), /Failed at .*: HTTP 401/);
  assert.match(statusText({ ...ROW, state: "queued" }), /Waiting/);
  assert.match(statusText({ ...ROW, state: "accepted" }), /Accepted/);
});

test("the status is looked up for a person who looks at one document, for nobody else", async () => {
  const asked: string[] = [];
  const field: Field = statusField(async (_, key) => {
    asked.push(key);
    return ROW;
  });
  assert.ok("hooks" in field && field.type === "textarea" && field.virtual === true);
  const [hook] = field.hooks?.afterRead ?? [];
  assert.ok(hook);
  const read = async (more: Record<string, unknown>): Promise<unknown> =>
    hook({ data: { id: 1 }, collection: { slug: "articles" }, req: new FakePayload().request({ user: { id: 1 } }), ...more } as unknown as Parameters<typeof hook>[0]);
  assert.match(String(await read({})), /^The answers are up to date/);
  assert.equal(await read({ findMany: true }), undefined);
  assert.equal(await read({ req: new FakePayload().request() }), undefined);
  assert.equal(await read({ data: {} }), undefined);
  assert.deepEqual(asked, ["articles:1"]);
});
