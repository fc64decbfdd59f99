import type { Payload } from "payload";
import { isPublished, isTranslated, publishedArticle, removedArticle, type Doc } from "./article.js";
import type { Message } from "./client.js";
import { sleep, type Clock } from "./clock.js";
import type { DocumentId, SyncEvent } from "./events.js";
import type { CollectionOptions } from "./options.js";

/** How often, and how long apart, a document is read again that is older than the hook saw it. */
const REREAD_DELAYS_MS = [20, 50, 100, 200, 400];

interface Webhook {
  readonly operation: SyncEvent["operation"];
  readonly doc: Doc;
  readonly locale?: string;
}

/**
 * Makes webhooks of an event by reading what the CMS holds when they are sent. So a save that was rolled back is never
 * published, a draft over a published document leaves that alone, and after an outage only the last state is sent.
 */
export class Composer {
  constructor(
    private readonly collections: ReadonlyMap<string, CollectionOptions>,
    private readonly clock: Clock,
  ) {}

  async compose(payload: Payload, event: SyncEvent): Promise<readonly Message[]> {
    const options = this.collections.get(event.collection);
    if (options === undefined) throw new Error(`collection '${event.collection}' is not sent any more`);
    const webhooks = await this.webhooks(new Reader(payload, event), event, options);
    return webhooks.map((webhook, index) => ({
      id: index === 0 ? event.deliveryId : `${event.deliveryId}_${index}`,
      body: Buffer.from(JSON.stringify(webhook), "utf8"),
    }));
  }

  private async webhooks(reader: Reader, event: SyncEvent, options: CollectionOptions): Promise<readonly Webhook[]> {
    const doc = await this.current(reader, event);
    const id = prefixed(options, event.document);
    if (doc === null) return [{ operation: "delete", doc: { id } }];
    const operation = event.operation === "delete" ? "update" : event.operation;
    const removal = { operation, doc: { ...removedArticle(doc), id } };
    if (!isPublished(doc)) return [removal];
    if (event.draft) return [];

    const webhooks: Webhook[] = [];
    for (const locale of await reader.locales(event.locales)) {
      const inLocale = await reader.read(locale);
      if (inLocale === null || !isPublished(inLocale)) return [removal];
      const article = options.article === undefined ? inLocale : options.article(inLocale, { locale });
      if (article === null) return [removal];
      const sent = publishedArticle({ createdAt: doc["createdAt"], updatedAt: doc["updatedAt"], ...article, id });
      webhooks.push({ operation, doc: sent, ...(locale === null ? {} : { locale }) });
    }
    return webhooks;
  }

  /** The document, read again for a short while as long as the write that the hook saw is not visible yet. */
  private async current(reader: Reader, event: SyncEvent): Promise<Doc | null> {
    let doc = await reader.read(null);
    for (const delay of REREAD_DELAYS_MS) {
      if (!isStale(doc, event)) break;
      await sleep(this.clock, delay);
      doc = await reader.read(null);
    }
    return doc;
  }
}

/** Reads one document through Payload's Local API, as a visitor would get it. */
class Reader {
  private readonly localization: Payload["config"]["localization"];

  constructor(
    private readonly payload: Payload,
    private readonly event: Pick<SyncEvent, "collection" | "document">,
  ) {
    this.localization = payload.config.localization;
  }

  /** Null when there is no such document. `locale` null stands for the default one. */
  async read(locale: string | null, fallback: "as configured" | "none" = "as configured"): Promise<Doc | null> {
    const found: unknown = await this.payload.findByID({
      collection: this.event.collection,
      id: this.event.document,
      depth: 0,
      draft: false,
      disableErrors: true,
      ...(locale === null ? {} : { locale }),
      ...(fallback === "none" ? { fallbackLocale: false as const } : {}),
    });
    return typeof found === "object" && found !== null ? { ...found } : null;
  }

  /** The locales to send, the default one for a collection without localised fields; null for none at all. */
  async locales(wanted: SyncEvent["locales"]): Promise<readonly (string | null)[]> {
    if (!this.localization) return [null];
    const { defaultLocale, localeCodes } = this.localization;
    const fields = this.payload.collections[this.event.collection]?.config.flattenedFields ?? [];
    if (!fields.some((field) => "localized" in field && field.localized === true)) return [defaultLocale];
    if (wanted !== "translated") return wanted.length > 0 ? wanted : [defaultLocale];
    const translated: string[] = [];
    for (const locale of localeCodes) {
      const own = await this.read(locale, "none");
      if (locale === defaultLocale || (own !== null && isTranslated(own, fields))) translated.push(locale);
    }
    return translated;
  }
}

const prefixed = (options: CollectionOptions, id: DocumentId): DocumentId =>
  options.idPrefix === undefined ? id : `${options.idPrefix}${id}`;

function isStale(doc: Doc | null, event: SyncEvent): boolean {
  if (event.updatedAt === null) return false;
  if (doc === null) return true;
  return typeof doc["updatedAt"] === "string" && doc["updatedAt"] < event.updatedAt;
}
