import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Payload } from "payload";
import { syncAll, wellspringPlugin } from "payload-plugin-wellspring";
import { lexical, removeCms, startCms, type Cms } from "./cms.js";
import { lifeOfAnArticle } from "./life.js";
import { Program, until } from "./program.js";
import type { Transcript } from "./transcript.js";

const collection = "articles";

export async function pluginRun(transcript: Transcript, wellspring: Program, secret: string): Promise<void> {
  transcript.title("Payload with the plugin: signed");
  const plugins = [wellspringPlugin({ url: wellspring.url, secret, collections: [collection], shutdownMs: 200 })];
  const cms = await startCms({ plugins });
  await lifeOfAnArticle(transcript, cms.payload, wellspring);
  await locales(transcript, cms.payload, wellspring);
  await statusLine(transcript, cms.payload);
  const again = await outages(transcript, cms, wellspring, () => startCms({ plugins, folder: cms.folder }));
  await bulk(transcript, again, secret);
  await removeCms(again);
  await wrongSecret(transcript, wellspring);
  await transactions(transcript, wellspring, secret);
  await hangingReceiver(transcript);
}

/** The line that somebody who is logged in sees in the sidebar. */
async function statusOf(payload: Payload, id: number | string): Promise<string> {
  const user = { id: 1, collection: "users" };
  const doc: unknown = await payload.findByID({ collection, id, user });
  return typeof doc === "object" && doc !== null && "wellspring" in doc ? String(doc.wellspring) : "(none)";
}

async function locales(transcript: Transcript, payload: Payload, wellspring: Program): Promise<void> {
  const { id } = await payload.create({
    collection,
    data: { title: "Tides", content: lexical("Ebb", "The ebb begins at sunrise."), status: "published" },
  });
  const name = String(id);
  const has = async (word: string, locale: string) => (await wellspring.found(word, locale)).includes(name);

  await transcript.step("a second locale", async () => {
    await until("English", () => has("sunrise", "en"));
    await payload.update({ collection, id, locale: "es", data: { title: "Mareas", content: lexical("Bajamar", "La bajamar empieza al amanecer.") } });
    await until("Spanish", () => has("amanecer", "es"));
    assert.ok(await has("sunrise", "en"));
    return "English and Spanish side by side";
  });
  await transcript.step("unpublish in one locale", async () => {
    const before = (await wellspring.jobs()).length;
    await payload.update({ collection, id, locale: "es", data: { status: "draft" } });
    await until("both gone", async () => !(await has("amanecer", "es")) && !(await has("sunrise", "en")));
    await wellspring.idle();
    assert.equal((await wellspring.jobs()).length, before + 1);
    return "one webhook, both locales are out";
  });
  await transcript.step("publish again in English", async () => {
    await payload.update({ collection, id, locale: "en", data: { status: "published" } });
    await until("both back", async () => (await has("amanecer", "es")) && (await has("sunrise", "en")));
    await wellspring.idle();
    assert.deepEqual(await wellspring.found("sunrise", "fr"), []);
    return "both locales are back; the one without a translation is not sent";
  });
}

async function statusLine(transcript: Transcript, payload: Payload): Promise<void> {
  await transcript.step("the line in the sidebar", async () => {
    const { id } = await payload.create({ collection, data: { title: "Bells", content: lexical("Bells", "The bell tolls."), status: "published" } });
    await until("the receipt", async () => (await statusOf(payload, id)).startsWith("The answers are up to date"));
    const visitor = await payload.findByID({ collection, id });
    assert.ok(!("wellspring" in visitor) || visitor["wellspring"] === undefined);
    return `"${await statusOf(payload, id)}"; nothing for visitors`;
  });
}

async function outages(transcript: Transcript, cms: Cms, wellspring: Program, restart: () => Promise<Cms>): Promise<Cms> {
  const publish = (payload: Payload, word: string) =>
    payload.create({ collection, data: { title: word, content: lexical(word, `All about ${word}.`), status: "published" } });
  const found = (word: string) => async () => (await wellspring.found(word)).length === 1;

  await transcript.step("Wellspring is down during a publish", async () => {
    await wellspring.stop();
    const begin = Date.now();
    const { id } = await publish(cms.payload, "outagia");
    const save = Date.now() - begin;
    await until("a failed attempt", async () => (await statusOf(cms.payload, id)).includes("failed"));
    const status = await statusOf(cms.payload, id);
    await wellspring.start();
    const ms = await until("delivery", found("outagia"));
    return `saved in ${save} ms, status "${status}"; found ${ms} ms after the start`;
  });
  let again = cms;
  await transcript.step("Wellspring is down and the CMS is restarted meanwhile", async () => {
    await wellspring.stop();
    const { id } = await publish(cms.payload, "restartia");
    await until("a failed attempt", async () => (await statusOf(cms.payload, id)).includes("failed"));
    await cms.payload.destroy();
    await wellspring.start();
    again = await restart();
    const ms = await until("delivery", found("restartia"));
    return `found ${ms} ms after both were up`;
  });
  return again;
}

async function bulk(transcript: Transcript, { payload, folder }: Cms, secret: string): Promise<void> {
  await transcript.step("bulk sync of all that was there before", async () => {
    const all = await payload.find({ collection, limit: 1000, where: { status: { equals: "published" } } });
    const empty = await new Program({ WEBHOOK_SECRET: secret }).start();
    // Another plugin on the same database, pointed at a Wellspring that knows nothing yet.
    const cms = await startCms({
      plugins: [wellspringPlugin({ url: empty.url, secret, collections: [collection] })],
      folder,
    });
    try {
      const steps: number[] = [];
      const result = await syncAll(cms.payload, { onProgress: ({ delivered }) => steps.push(delivered) });
      assert.deepEqual([result.failed, result.stopped], [0, null]);
      await empty.idle();
      assert.equal((await empty.found("outagia")).length, 1);
      assert.deepEqual(await empty.found("amanecer", "es"), await empty.found("sunrise", "en"));
      assert.equal((await empty.found("sunrise", "en")).length, 1);
      const known = new Set((await empty.jobs()).filter(({ kind }) => kind === "publish").map(({ article_id }) => article_id));
      assert.equal(known.size, all.docs.length);
      return `${result.delivered} documents, ${known.size} published, in ${new Set(steps).size - 1} steps of progress`;
    } finally {
      await cms.payload.destroy();
      await empty.remove();
    }
  });
}

async function wrongSecret(transcript: Transcript, wellspring: Program): Promise<void> {
  await transcript.step("a wrong secret", async () => {
    const cms = await startCms({ plugins: [wellspringPlugin({ url: wellspring.url, secret: "another secret", collections: [collection] })] });
    try {
      const { id } = await cms.payload.create({ collection, data: { title: "Forged", content: lexical("Forged", "The forgeria words."), status: "published" } });
      await until("the refusal", async () => (await statusOf(cms.payload, id)).startsWith("Failed"));
      assert.match(await statusOf(cms.payload, id), /HTTP 401/);
      assert.deepEqual(await wellspring.found("forgeria"), []);
      return `refused; "${await statusOf(cms.payload, id)}"`;
    } finally {
      await removeCms(cms);
    }
  });
}

async function transactions(transcript: Transcript, wellspring: Program, secret: string): Promise<void> {
  await transcript.step("a save that is rolled back", async () => {
    const cms = await startCms({ plugins: [wellspringPlugin({ url: wellspring.url, secret, collections: [collection], deliveries: false })], transactions: true });
    const { payload } = cms;
    try {
      const transaction = (await payload.db.beginTransaction()) ?? undefined;
      assert.ok(transaction !== undefined, "the adapter has transactions");
      const data = { title: "Never", content: lexical("Never", "The vanishia words."), status: "published" };
      await payload.create({ collection, data, req: { transactionID: transaction } });
      await payload.db.rollbackTransaction(transaction);
      const kept = await payload.create({ collection, data: { ...data, title: "Ever", content: lexical("Ever", "The lastingia words.") } });
      await until("the save that was kept", async () => (await wellspring.found("lastingia")).includes(String(kept.id)));
      await payload.destroy();
      await wellspring.idle();
      assert.deepEqual(await wellspring.found("vanishia"), []);
      return "never published; a committed one is";
    } finally {
      await removeCms(cms);
    }
  });
}

async function hangingReceiver(transcript: Transcript): Promise<void> {
  await transcript.step("a receiver that never answers", async () => {
    const sockets = new Set<{ destroy(): unknown }>();
    const server = createServer((socket) => void sockets.add(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const timeoutMs = 60_000;
    const save = async (url: string | undefined): Promise<number> => {
      const cms = await startCms({ plugins: [wellspringPlugin({ url, collections: [collection], timeoutMs, shutdownMs: 0 })] });
      const data = () => ({ title: "T", content: lexical("T", "words"), status: "published" });
      await cms.payload.create({ collection, data: data() });
      const begin = performance.now();
      for (let count = 0; count < 20; count += 1) await cms.payload.create({ collection, data: data() });
      const ms = (performance.now() - begin) / 20;
      await removeCms(cms);
      return ms;
    };
    const without = await save(undefined);
    const hanging = await save(`http://127.0.0.1:${address.port}`);
    for (const socket of sockets) socket.destroy();
    server.close();
    assert.ok(hanging * 20 < timeoutMs, `a save takes ${hanging.toFixed(1)} ms, ${without.toFixed(1)} ms without a receiver`);
    return `20 saves in a row take ${hanging.toFixed(1)} ms each, ${without.toFixed(1)} ms with nothing to send to`;
  });
}
