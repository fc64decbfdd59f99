import type { PayloadRequest } from "payload";
import type { Doc } from "./article.js";
import { signingKey } from "./signature.js";

export interface CollectionOptions {
  readonly slug: string;
  /**
   * Put before every id, for example `posts:`. Needed when several collections are sent and the database numbers
   * their documents, so that 1 of one is not taken for 1 of the other.
   */
  readonly idPrefix?: string;
  /**
   * Makes Wellspring's article of a document whose fields have other names: return `title` and `content` (Lexical) or
   * `markdown`, and what else docs/api.md names. Null leaves the document out (and takes it out if it was sent before).
   */
  readonly article?: (doc: Doc, context: { readonly locale: string | null }) => Doc | null;
}

export interface WellspringOptions {
  /** Where Wellspring listens. Without it nothing is sent and the editors' work goes on as before. */
  readonly url: string | undefined;
  /** Shared with Wellspring. Without it webhooks are sent unsigned. */
  readonly secret?: string | undefined;
  /** Slugs of the collections to send, or slugs with more to say about them. */
  readonly collections: readonly (string | CollectionOptions)[];
  /** Wellspring's token with the scope `read`, to ask what became of a delivery. Not needed on the same machine. */
  readonly token?: string | undefined;
  /**
   * `saved` (the default) sends the locale that was saved, and all translated ones when a document becomes published;
   * `translated` sends all translated ones at every save of a published document.
   */
  readonly locales?: "saved" | "translated";
  /**
   * Keep deliveries in the collection `wellspring-deliveries` (the default), so that what waits survives a restart.
   * With `false` they are kept in memory only, and the database's schema stays as it is.
   */
  readonly deliveries?: boolean;
  /** Who may start a bulk sync over HTTP. By default whoever is logged into the admin panel. */
  readonly access?: (args: { readonly req: PayloadRequest }) => boolean | Promise<boolean>;
  /** How long one attempt may take. */
  readonly timeoutMs?: number;
  /** Documents that may wait for delivery at once. */
  readonly queueMax?: number;
  /** How long delivery is tried. */
  readonly giveUpAfterMs?: number;
  /** How long a stop of the CMS waits for what is still to be delivered. */
  readonly shutdownMs?: number;
}

/** The options, complete and checked. */
export interface Settings {
  /** Without a slash at its end; null when nothing is to be sent. */
  readonly url: string | null;
  readonly key: Buffer | null;
  readonly token: string | null;
  readonly collections: ReadonlyMap<string, CollectionOptions>;
  readonly locales: "saved" | "translated";
  readonly deliveries: boolean;
  readonly access: (args: { readonly req: PayloadRequest }) => boolean | Promise<boolean>;
  readonly timeoutMs: number;
  readonly queueMax: number;
  readonly giveUpAfterMs: number;
  readonly shutdownMs: number;
}

const DAY_MS = 24 * 3_600_000;

/** Throws with the option's name and what to do. */
export function settingsOf(options: WellspringOptions): Settings {
  return {
    url: checkedUrl(options.url),
    key: options.secret ? signingKey(options.secret) : null,
    token: options.token || null,
    collections: checkedCollections(options.collections),
    locales: options.locales ?? "saved",
    deliveries: options.deliveries ?? true,
    access: options.access ?? isAdminUser,
    timeoutMs: within("timeoutMs", options.timeoutMs ?? 10_000, 1, 300_000),
    queueMax: within("queueMax", options.queueMax ?? 10_000, 1, 1_000_000),
    giveUpAfterMs: within("giveUpAfterMs", options.giveUpAfterMs ?? DAY_MS, 0, 30 * DAY_MS),
    shutdownMs: within("shutdownMs", options.shutdownMs ?? 5_000, 0, 60_000),
  };
}

/** Documents of several collections must not share ids where the database hands out numbers. */
export function checkIds(collections: ReadonlyMap<string, CollectionOptions>, idType: "number" | "text"): void {
  if (idType === "text") return;
  const prefixes = new Map<string, string>();
  for (const { slug, idPrefix = "" } of collections.values()) {
    const other = prefixes.get(idPrefix);
    if (other !== undefined) {
      throw new Error(
        `wellspringPlugin: collections '${other}' and '${slug}' are both numbered from 1 by the database; ` +
          `give one an idPrefix: { slug: "${slug}", idPrefix: "${slug}:" }`,
      );
    }
    prefixes.set(idPrefix, slug);
  }
}

function checkedUrl(text: string | undefined): string | null {
  if (!text) return null;
  const advice = "expected the address of Wellspring, such as http://wellspring:8000";
  if (!URL.canParse(text)) throw new Error(`wellspringPlugin: url: '${text}' is no URL; ${advice}`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error(`wellspringPlugin: url: '${url.protocol}' is not http: or https:; ${advice}`);
  }
  if (url.username || url.search || url.hash) {
    throw new Error(`wellspringPlugin: url: a user, '?' or '#' cannot be in it; ${advice}`);
  }
  return url.href.replace(/\/+$/, "");
}

function checkedCollections(named: WellspringOptions["collections"]): ReadonlyMap<string, CollectionOptions> {
  if (named.length === 0) throw new Error("wellspringPlugin: collections is empty; name at least one, such as 'articles'");
  const collections = new Map<string, CollectionOptions>();
  for (const entry of named) {
    const collection = typeof entry === "string" ? { slug: entry } : entry;
    if (collections.has(collection.slug)) throw new Error(`wellspringPlugin: collections names '${collection.slug}' twice`);
    collections.set(collection.slug, collection);
  }
  return collections;
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`wellspringPlugin: ${name}: ${value} is not a whole number from ${least} to ${most}`);
}

function isAdminUser({ req }: { readonly req: PayloadRequest }): boolean {
  return req.user !== null && req.user !== undefined && req.user.collection === req.payload.config.admin.user;
}
