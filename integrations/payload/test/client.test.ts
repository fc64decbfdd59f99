import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import test, { type TestContext } from "node:test";
import { Client, type ClientOptions, type Message } from "../src/client.js";
import { signingKey } from "../src/signature.js";
import { ManualClock } from "./manual_clock.js";
import { accept, answer, Receiver, type Script } from "./receiver.js";

const MESSAGE: Message = { id: "msg_1", body: Buffer.from('{"doc":{"title":"naïve 🚀"}}', "utf8") };

async function setUp(t: TestContext, scripts: Script[], options: Partial<ClientOptions> = {}) {
  const receiver = await Receiver.start(...scripts);
  t.after(() => receiver.stop());
  const clock = new ManualClock();
  const client = new Client({ url: receiver.url, key: null, token: null, timeoutMs: 5_000, ...options }, clock);
  return { receiver, clock, client };
}

test("a webhook is signed over the bytes that arrive, with a new time at each attempt", async (t) => {
  const { receiver, clock, client } = await setUp(t, [accept(1)], { key: signingKey("secret") });
  await client.send(MESSAGE);
  clock.after(90_000, () => undefined);
  clock.next();
  assert.deepEqual(await client.send(MESSAGE), { kind: "accepted", job: 1 });
  const times = receiver.received.map(({ path, headers, body }) => {
    assert.equal(path, "/api/v1/sync/payload");
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["webhook-id"], "msg_1");
    assert.deepEqual(body, MESSAGE.body);
    const mac = createHmac("sha256", "secret").update(`msg_1.${headers["webhook-timestamp"]}.`).update(body).digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${mac}`);
    return Number(headers["webhook-timestamp"]);
  });
  assert.deepEqual(times, [1767225600, 1767225690]);
});

test("without a secret there is no signature, but an id", async (t) => {
  const { receiver, client } = await setUp(t, [accept(1)]);
  await client.send(MESSAGE);
  assert.equal(receiver.received[0]?.headers["webhook-signature"], undefined);
  assert.equal(receiver.received[0]?.headers["webhook-id"], "msg_1");
});

test("no answer in time concerns the document, no connection everybody", async (t) => {
  const { receiver, client } = await setUp(t, [() => undefined], { timeoutMs: 50 });
  const late = await client.send(MESSAGE);
  assert.deepEqual(late, { kind: "failed", reason: "no answer within 50 ms", scope: "document", retryAfterMs: 0 });
  await receiver.stop();
  const refused = await client.send(MESSAGE);
  assert.ok(refused.kind === "failed" && refused.scope === "server", JSON.stringify(refused));
  assert.match(refused.reason, /ECONNREFUSED/);
});

test("a connection that is cut is tried again", async (t) => {
  const { client } = await setUp(t, [(response) => response.destroy(), accept(3)]);
  assert.equal((await client.send(MESSAGE)).kind, "failed");
  assert.deepEqual(await client.send(MESSAGE), { kind: "accepted", job: 3 });
});

test("Retry-After is read, redirects are not followed", async (t) => {
  const { receiver, client } = await setUp(t, [
    (response) => answer(response, 503, { message: "full" }, { "Retry-After": "3" }),
    (response) => answer(response, 307, "", { Location: "/elsewhere" }),
  ]);
  assert.deepEqual(await client.send(MESSAGE), { kind: "failed", reason: "HTTP 503: full", scope: "server", retryAfterMs: 3_000 });
  assert.equal((await client.send(MESSAGE)).kind, "refused");
  assert.equal(receiver.received.length, 2);
});

test("an answer without end is not read to its end", async (t) => {
  const { client } = await setUp(t, [
    (response) => {
      response.writeHead(500);
      const more = (): void => void response.write("x".repeat(65_536), more);
      more();
    },
  ]);
  const outcome = await client.send(MESSAGE);
  assert.ok(outcome.kind === "failed" && outcome.reason.startsWith("HTTP 500: xxx"));
});

test("a receipt is asked for with the token; a refusal is no receipt", async (t) => {
  const { receiver, client } = await setUp(
    t,
    [
      (response) => answer(response, 200, { id: 5, state: "done", outcome: "applied", last_error: "" }),
      (response) => answer(response, 401, {}),
      (response) => answer(response, 503, {}),
    ],
    { token: "reader" },
  );
  assert.deepEqual(await client.receipt(5), { state: "done", outcome: "applied", error: "" });
  assert.equal(receiver.received[0]?.path, "/api/v1/sync/jobs/5");
  assert.equal(receiver.received[0]?.headers.authorization, "Bearer reader");
  assert.equal(await client.receipt(5), "unknown");
  assert.equal(await client.receipt(5), "away");
});
