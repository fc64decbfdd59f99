import assert from "node:assert/strict";
import type { Payload } from "payload";
import { lexical } from "./cms.js";
import { until, type Program } from "./program.js";
import type { Transcript } from "./transcript.js";

/** An article from draft to deletion through Payload itself; Wellspring is asked after every step. */
export async function lifeOfAnArticle(transcript: Transcript, payload: Payload, wellspring: Program): Promise<void> {
  const collection = "articles";
  const question = "When are the quagmire lamps lit?";
  const other = await payload.create({ collection, data: { title: "Ropes", content: lexical("Knots", "Ropes are coiled clockwise."), status: "published" } });
  const category = await payload.create({ collection: "categories", data: { name: "Harbour" } });
  const draft = await payload.create({
    collection,
    data: { title: "Harbour lamps", content: lexical("Lighting", "The quagmire lamps are lit at dusk by the keeper."), category: [category.id] },
  });
  const id = draft.id;
  const name = String(id);
  const set = (data: Record<string, unknown>) => payload.update({ collection, id, data });
  const answerable = (word: string) => until(`'${word}' found`, async () => (await wellspring.found(word)).includes(name));
  const gone = (word: string) => until(`'${word}' gone`, async () => !(await wellspring.found(word)).includes(name));
  const cited = async (): Promise<string> => {
    const { answer, sources } = await wellspring.chat(question);
    assert.equal(sources[0]?.metadata["payload_id"], name);
    return answer;
  };
  const silent = async (): Promise<void> => {
    const { sources } = await wellspring.chat(question);
    assert.ok(!sources.some(({ metadata }) => metadata["payload_id"] === name), "an unpublished article is cited");
  };

  await transcript.step("create a draft", async () => {
    assert.equal(typeof id, "number");
    await until("the other article", async () => (await wellspring.found("clockwise")).length === 1);
    await wellspring.idle();
    assert.deepEqual(await wellspring.found("quagmire"), []);
    await silent();
    return `id ${id} (a number); search finds nothing of it, chat cites nothing`;
  });
  await transcript.step("publish", async () => {
    await set({ status: "published" });
    const ms = await answerable("quagmire");
    const hit = (await wellspring.search("quagmire"))[0];
    assert.ok(hit?.text.includes("Section: Lighting"), "the heading of the Lexical content is the section");
    assert.deepEqual(hit?.metadata["categories"], [String(category.id)]);
    const answer = await cited();
    assert.match(answer, /dusk/);
    return `found ${ms} ms after the save; chat: "${answer}"`;
  });
  await transcript.step("edit", async () => {
    await set({ content: lexical("Lighting", "The quagmire lamps are lit at midnight by the verger.") });
    const ms = await answerable("verger");
    assert.deepEqual(await wellspring.found("dusk"), []);
    assert.match(await cited(), /midnight/);
    return `the new words after ${ms} ms, the old ones gone`;
  });
  await transcript.step("unpublish", async () => {
    await set({ status: "draft" });
    const ms = await gone("quagmire");
    await silent();
    return `out of search and chat after ${ms} ms`;
  });
  await transcript.step("edit the draft", async () => {
    await set({ content: lexical("Lighting", "The quagmire lamps are lit at noon by the bosun.") });
    await wellspring.idle();
    assert.deepEqual(await wellspring.found("bosun"), []);
    return "the draft's words are not found";
  });
  await transcript.step("publish again", async () => {
    await set({ status: "published" });
    const ms = await answerable("bosun");
    assert.match(await cited(), /noon/);
    return `found after ${ms} ms`;
  });
  await transcript.step("delete", async () => {
    await payload.delete({ collection, id });
    const ms = await gone("quagmire");
    await silent();
    assert.deepEqual(await wellspring.found("clockwise"), [String(other.id)]);
    return `out of search and chat after ${ms} ms; the other article stays`;
  });
  await transcript.step("20 articles, 5 quick edits each", async () => {
    const words = (article: number, edit: number) => `nimbus${article}x${edit}`;
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, article) =>
        payload.create({ collection, data: { title: `N${article}`, content: lexical("N", words(article, 0)), status: "published" } }),
      ),
    );
    for (let edit = 1; edit <= 5; edit += 1) {
      for (const [article, doc] of made.entries()) {
        await payload.update({ collection, id: doc.id, data: { content: lexical("N", words(article, edit)) } });
      }
    }
    for (const [article, doc] of made.entries()) {
      await until(words(article, 5), async () => (await wellspring.found(words(article, 5))).join() === String(doc.id));
    }
    await wellspring.idle();
    for (const article of made.keys()) {
      for (let edit = 0; edit < 5; edit += 1) assert.deepEqual(await wellspring.found(words(article, edit)), []);
    }
    return "every article ends at its last edit";
  });
}
