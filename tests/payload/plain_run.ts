import assert from "node:assert/strict";
import { lexical, removeCms, startCms } from "./cms.js";
import { lifeOfAnArticle } from "./life.js";
import { plainHooks } from "./plain_hooks.js";
import { until, type Program } from "./program.js";
import type { Transcript } from "./transcript.js";

/** Hooks written by hand, as the site that Wellspring was made for has them. */
export async function plainRun(transcript: Transcript, wellspring: Program): Promise<void> {
  transcript.title("Payload with plain hooks: unsigned, not awaited");
  const target = { url: wellspring.url, localeInUrl: false };
  const cms = await startCms({ hooks: plainHooks(target) });
  try {
    await lifeOfAnArticle(transcript, cms.payload, wellspring);
    await transcript.step("a second locale, named in the hook's address", async () => {
      target.localeInUrl = true;
      const collection = "articles";
      const { id } = await cms.payload.create({ collection, data: { title: "Tides", content: lexical("Ebb", "The ebb begins at sunrise."), status: "published" } });
      await until("English", async () => (await wellspring.found("sunrise", "en")).includes(String(id)));
      await cms.payload.update({ collection, id, locale: "es", data: { title: "Mareas", content: lexical("Bajamar", "La bajamar empieza al amanecer.") } });
      await until("Spanish", async () => (await wellspring.found("amanecer", "es")).includes(String(id)));
      assert.deepEqual(await wellspring.found("sunrise", "en"), [String(id)]);
      await cms.payload.delete({ collection, id });
      await until("both gone", async () => (await wellspring.found("sunrise")).length + (await wellspring.found("amanecer")).length === 0);
      return "English and Spanish side by side; the delete takes both out";
    });
  } finally {
    await removeCms(cms);
  }
}
