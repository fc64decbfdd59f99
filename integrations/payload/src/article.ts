/** A document as Payload's API gives it. */
export type Doc = Readonly<Record<string, unknown>>;

/** A field's part that matters here; Payload's fields have it. */
export interface FieldShape {
  readonly name?: string;
  readonly localized?: boolean;
}

/** What Wellspring reads of a document; nothing else leaves the CMS. */
const ARTICLE_FIELDS = ["id", "title", "content", "markdown", "author", "category", "publishedDate", "slug", "createdAt", "updatedAt"];
const REMOVED_FIELDS = ["id", "title", "createdAt", "updatedAt"];

/**
 * Whether a document is to be served: `status` (a field of the collection) and `_status` (Payload's drafts) must both
 * say published, where they are there; without either every document is.
 */
export function isPublished(doc: Doc): boolean {
  return ["status", "_status"].every((name) => typeof doc[name] !== "string" || doc[name] === "published");
}

export function publishedArticle(doc: Doc): Doc {
  return { ...pick(doc, ARTICLE_FIELDS), status: "published" };
}

/** Enough to take a document out; the words of a draft stay in the CMS. */
export function removedArticle(doc: Doc): Doc {
  return { ...pick(doc, REMOVED_FIELDS), status: "draft" };
}

/** Whether the document, read without fallback, has words of its own in one of the localised fields. */
export function isTranslated(doc: Doc, fields: readonly FieldShape[]): boolean {
  return fields.some(({ name, localized }) => localized === true && name !== undefined && hasWords(doc[name]));
}

function hasWords(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return false;
  return !Array.isArray(value) || value.length > 0;
}

function pick(doc: Doc, names: readonly string[]): Doc {
  return Object.fromEntries(names.filter((name) => doc[name] !== undefined).map((name) => [name, doc[name]]));
}
