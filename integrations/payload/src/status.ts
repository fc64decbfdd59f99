import type { Field, PayloadRequest } from "payload";
import { documentKey, type DocumentId } from "./events.js";
import type { DeliveryRow } from "./deliveries.js";

export const STATUS_FIELD = "wellspring";

/** Looks a document's last delivery up; null when there is none. */
export type FindDelivery = (req: PayloadRequest, key: string) => Promise<DeliveryRow | null>;

/**
 * The line in the sidebar. It is virtual: nothing is stored in the document, so nothing that happens to a delivery
 * saves the document again. It is looked up for people who are logged in and look at one document, never for visitors'
 * reads or lists.
 */
export function statusField(find: FindDelivery): Field {
  const never = (): boolean => false;
  return {
    name: STATUS_FIELD,
    type: "textarea",
    virtual: true,
    label: "Wellspring",
    access: { create: never, update: never },
    admin: { position: "sidebar", readOnly: true, description: "What became of the last change. Reload to see it move." },
    hooks: {
      afterRead: [
        async ({ req, data, originalDoc, collection, findMany }) => {
          const id: unknown = data?.["id"] ?? originalDoc?.["id"];
          if (!req.user || findMany || collection === null || !isId(id)) return undefined;
          return statusText(await find(req, documentKey({ collection: collection.slug, document: id })));
        },
      ],
    },
  };
}

/** One or two short sentences for an editor. */
export function statusText(row: DeliveryRow | null): string {
  if (row === null) return "Nothing has been sent yet.";
  const at = row.changedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  const jobs = row.jobs === "" ? "" : ` (job ${row.jobs})`;
  switch (row.state) {
    case "queued":
      return `Waiting to be sent since ${at}.`;
    case "retrying":
      return `Not delivered yet; attempt ${row.attempts} at ${at} failed: ${row.error}. It is tried again.`;
    case "accepted":
      return `Accepted at ${at}${jobs}; the answers follow in a moment.`;
    case "done":
      return `The answers are up to date since ${at}${jobs}.`;
    case "failed":
      return `Failed at ${at}${jobs}: ${row.error}. Save again once the cause is removed.`;
  }
}

const isId = (value: unknown): value is DocumentId => typeof value === "string" || typeof value === "number";
