import { sqliteAdapter } from "@payloadcms/db-sqlite";
import { lexicalEditor } from "@payloadcms/richtext-lexical";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildConfig, getPayload, type CollectionConfig, type Payload, type Plugin } from "payload";

type Hooks = NonNullable<CollectionConfig["hooks"]>;

export interface CmsOptions {
  readonly plugins?: Plugin[];
  readonly hooks?: Hooks;
  /** An earlier CMS's folder, to start it again on its database. */
  readonly folder?: string;
  readonly transactions?: boolean;
}

/** Payload with the collections of the CMS that Wellspring was made for, and a database file of its own. */
export interface Cms {
  readonly payload: Payload;
  readonly folder: string;
}

let started = 0;

export async function startCms(options: CmsOptions = {}): Promise<Cms> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "payload-cms-"));
  const config = buildConfig({
    secret: "only-a-test",
    collections: [
      { slug: "users", auth: true, fields: [] },
      { slug: "categories", fields: [{ name: "name", type: "text", required: true }] },
      articles(options.hooks ?? {}),
    ],
    localization: { locales: ["en", "es", "fr"], defaultLocale: "en", fallback: true },
    editor: lexicalEditor(),
    db: sqliteAdapter({
      client: { url: `file:${join(folder, "cms.db")}` },
      ...(options.transactions === true ? { transactionOptions: {} } : {}),
    }),
    plugins: options.plugins ?? [],
    typescript: { autoGenerate: false },
    telemetry: false,
    logger: { options: { level: process.env["PAYLOAD_LOG"] ?? "fatal" } },
  });
  started += 1;
  return { payload: await getPayload({ config, key: `cms-${started}` }), folder };
}

export async function removeCms(cms: Cms): Promise<void> {
  await cms.payload.destroy();
  rmSync(cms.folder, { recursive: true, force: true });
}

/** No `markdown`: the text is Lexical alone. */
function articles(hooks: Hooks): CollectionConfig {
  return {
    slug: "articles",
    hooks,
    fields: [
      { name: "title", type: "text", required: true, localized: true },
      { name: "author", type: "relationship", relationTo: "users" },
      { name: "publishedDate", type: "date" },
      { name: "category", type: "relationship", relationTo: "categories", hasMany: true },
      { name: "content", type: "richText", localized: true },
      { name: "status", type: "select", options: ["draft", "published"], defaultValue: "draft", required: true },
    ],
  };
}

/** An editor's state: a heading, then one paragraph for each text. */
export function lexical(heading: string, ...paragraphs: string[]) {
  const base = { format: "" as const, indent: 0, version: 1, direction: "ltr" as const };
  const text = (words: string) => ({ type: "text", text: words, format: 0, mode: "normal", style: "", detail: 0, version: 1 });
  const children = [
    { ...base, type: "heading", tag: "h2", children: [text(heading)] },
    ...paragraphs.map((words) => ({ ...base, type: "paragraph", textFormat: 0, children: [text(words)] })),
  ];
  return { root: { ...base, type: "root", children } };
}
