import { randomUUID } from "node:crypto";

export type DocumentId = string | number;
export type Operation = "create" | "update" | "delete";

/**
 * Which locales an event concerns: those that were saved, or `translated`: every configured one that has words of its
 * own. Empty without localisation.
 */
export type Locales = readonly string[] | "translated";

/**
 * One document has changed. What is sent is read when it is sent, so an event is small, and a later one of the same
 * document can take an earlier one in.
 */
export interface SyncEvent {
  readonly collection: string;
  readonly document: DocumentId;
  readonly operation: Operation;
  readonly locales: Locales;
  /** `updatedAt` as the hook saw it: a read that gives less came too early. Null when any read will do. */
  readonly updatedAt: string | null;
  /** Only a draft was saved: what is served is still what it was, if anything is. */
  readonly draft: boolean;
  readonly deliveryId: string;
  readonly queuedAtMs: number;
}

export const newDeliveryId = (): string => `msg_${randomUUID()}`;

/** Names the document over all collections. */
export const documentKey = (event: Pick<SyncEvent, "collection" | "document">): string =>
  `${event.collection}:${event.document}`;

/** `newer` with what `older`, which was not delivered, would have sent. */
export function merge(older: SyncEvent, newer: SyncEvent): SyncEvent {
  const operation = older.operation === "create" && newer.operation === "update" ? "create" : newer.operation;
  const locales = mergeLocales(older.locales, newer.locales);
  return { ...newer, operation, locales, draft: older.draft && newer.draft };
}

function mergeLocales(older: Locales, newer: Locales): Locales {
  if (older === "translated" || newer === "translated") return "translated";
  return [...new Set([...older, ...newer])];
}
