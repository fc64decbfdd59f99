import type { CollectionConfig, Payload } from "payload";
import { parseObject } from "./retry.js";
import type { DocumentId, Locales, Operation, SyncEvent } from "./events.js";

export const DELIVERIES_SLUG = "wellspring-deliveries";

/**
 * `queued` and `retrying` are still to be delivered; `accepted` is on Wellspring's disk; `done` is answerable (or taken
 * out); `failed` needs somebody.
 */
export const DELIVERY_STATES = ["queued", "retrying", "accepted", "done", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** The last delivery of one document. */
export interface DeliveryRow {
  /** Names the document over all collections. */
  readonly key: string;
  readonly deliveryId: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly error: string;
  /** Wellspring's job numbers, one for each locale. */
  readonly jobs: string;
  readonly queuedAt: string;
  readonly changedAt: string;
  /** The event as JSON, to go on from after a restart. */
  readonly event: string;
}

/** Where deliveries are kept. All functions may reject: the database may be away. */
export interface DeliveryLog {
  put(row: DeliveryRow): Promise<void>;
  /** Changes the row unless a later delivery has taken its place. */
  change(key: string, deliveryId: string, change: Partial<DeliveryRow>): Promise<void>;
  find(key: string): Promise<DeliveryRow | null>;
  remove(key: string, deliveryId: string): Promise<void>;
  /** What is still to be delivered, oldest first. */
  waiting(limit: number): Promise<readonly DeliveryRow[]>;
}

/** Only the plugin writes here, past access control; the admin panel shows it. */
export function deliveriesCollection(): CollectionConfig {
  const never = (): boolean => false;
  return {
    slug: DELIVERIES_SLUG,
    labels: { singular: "Wellspring delivery", plural: "Wellspring deliveries" },
    admin: { useAsTitle: "key", defaultColumns: ["key", "state", "error", "changedAt"], group: "Wellspring" },
    access: { create: never, update: never, delete: never, read: ({ req }) => Boolean(req.user) },
    disableDuplicate: true,
    graphQL: false,
    lockDocuments: false,
    fields: [
      { name: "key", type: "text", required: true, unique: true, index: true, label: "Document" },
      { name: "state", type: "select", options: [...DELIVERY_STATES], required: true, index: true },
      { name: "error", type: "textarea" },
      { name: "attempts", type: "number" },
      { name: "jobs", type: "text" },
      { name: "deliveryId", type: "text", index: true },
      { name: "queuedAt", type: "date" },
      { name: "changedAt", type: "date" },
      { name: "event", type: "textarea", admin: { hidden: true } },
    ],
  };
}

/** In the CMS's database, by the adapter itself: no hooks, no access control, no document locks. */
export class DatabaseLog implements DeliveryLog {
  constructor(private readonly payload: Payload) {}

  async put(row: DeliveryRow): Promise<void> {
    const where = { key: { equals: row.key } };
    await this.payload.db.upsert({ collection: DELIVERIES_SLUG, data: { ...row }, where, returning: false });
  }

  async change(key: string, deliveryId: string, change: Partial<DeliveryRow>): Promise<void> {
    const where = exactly(key, deliveryId);
    await this.payload.db.updateMany({ collection: DELIVERIES_SLUG, data: { ...change }, where, returning: false });
  }

  async find(key: string): Promise<DeliveryRow | null> {
    const found: unknown = await this.payload.db.findOne({ collection: DELIVERIES_SLUG, where: { key: { equals: key } } });
    return found === null || found === undefined ? null : rowOf(found);
  }

  async remove(key: string, deliveryId: string): Promise<void> {
    await this.payload.db.deleteMany({ collection: DELIVERIES_SLUG, where: exactly(key, deliveryId) });
  }

  async waiting(limit: number): Promise<readonly DeliveryRow[]> {
    const where = { state: { in: ["queued", "retrying"] } };
    const found = await this.payload.db.find({ collection: DELIVERIES_SLUG, where, limit, sort: "queuedAt", pagination: false });
    return found.docs.map(rowOf);
  }
}

/** In memory: the last deliveries of this process, the oldest forgotten first. */
export class MemoryLog implements DeliveryLog {
  private readonly rows = new Map<string, DeliveryRow>();

  constructor(private readonly rowsMax = 10_000) {}

  async put(row: DeliveryRow): Promise<void> {
    this.rows.delete(row.key);
    this.rows.set(row.key, row);
    const oldest = this.rows.keys().next();
    if (this.rows.size > this.rowsMax && !oldest.done) this.rows.delete(oldest.value);
  }

  async change(key: string, deliveryId: string, change: Partial<DeliveryRow>): Promise<void> {
    const row = this.rows.get(key);
    if (row?.deliveryId === deliveryId) this.rows.set(key, { ...row, ...change });
  }

  async find(key: string): Promise<DeliveryRow | null> {
    return this.rows.get(key) ?? null;
  }

  async remove(key: string, deliveryId: string): Promise<void> {
    if (this.rows.get(key)?.deliveryId === deliveryId) this.rows.delete(key);
  }

  /** Nothing outlives the process that is not in its queue already. */
  async waiting(): Promise<readonly DeliveryRow[]> {
    return [];
  }
}

export function eventText(event: SyncEvent): string {
  const { collection, document, operation, locales } = event;
  return JSON.stringify({ collection, document, operation, locales });
}

/** The event to go on with, or null when the row holds none that this version understands. */
export function eventOf(row: DeliveryRow, deliveryId: string, queuedAtMs: number): SyncEvent | null {
  const { collection, document, operation, locales } = parseObject(row.event) ?? {};
  if (typeof collection !== "string" || !isDocumentId(document) || !isOperation(operation) || !isLocales(locales)) return null;
  return { collection, document, operation, locales, updatedAt: null, draft: false, deliveryId, queuedAtMs };
}

const exactly = (key: string, deliveryId: string) => ({
  and: [{ key: { equals: key } }, { deliveryId: { equals: deliveryId } }],
});

function rowOf(found: unknown): DeliveryRow {
  const fields: Readonly<Record<string, unknown>> = typeof found === "object" && found !== null ? { ...found } : {};
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  return {
    key: text("key"),
    deliveryId: text("deliveryId"),
    state: DELIVERY_STATES.find((state) => state === fields["state"]) ?? "failed",
    attempts: typeof fields["attempts"] === "number" ? fields["attempts"] : 0,
    error: text("error"),
    jobs: text("jobs"),
    queuedAt: text("queuedAt"),
    changedAt: text("changedAt"),
    event: text("event"),
  };
}

const isDocumentId = (value: unknown): value is DocumentId => typeof value === "string" || typeof value === "number";
const isOperation = (value: unknown): value is Operation => value === "create" || value === "update" || value === "delete";
const isLocales = (value: unknown): value is Locales =>
  value === "translated" || (Array.isArray(value) && value.every((locale) => typeof locale === "string"));
