import type { Payload, PayloadRequest } from "payload";

type Row = Record<string, unknown>;
export type Stored = Row | ((locale: string | undefined, fallback: boolean) => Row);

/** As much of Payload as the plugin uses: documents by id, the database adapter's deliveries, a log. */
export class FakePayload {
  readonly documents = new Map<string | number, Stored>();
  readonly deliveries = new Map<string, Row>();
  readonly lines: string[] = [];
  readonly reads: string[] = [];
  databaseAway = false;
  localization: false | { defaultLocale: string; localeCodes: string[] } = { defaultLocale: "en", localeCodes: ["en", "es", "fr"] };
  sessions: Record<string, unknown> = {};
  destroyed = 0;

  get payload(): Payload {
    const fields = [{ name: "title", localized: true }, { name: "content", localized: true }, { name: "status" }];
    const log = (level: string) => (first: unknown, second?: string) => void this.lines.push(`${level} ${second ?? String(first)}`);
    const fake = {
      config: { localization: this.localization, admin: { user: "users" }, custom: {} },
      collections: { articles: { config: { flattenedFields: fields } } },
      logger: { info: log("info"), warn: log("warn"), error: log("error") },
      findByID: async ({ id, locale, fallbackLocale }: { id: string | number; locale?: string; fallbackLocale?: false }) => {
        this.reads.push(`${id} ${locale ?? "-"}`);
        const stored = this.documents.get(id);
        return typeof stored === "function" ? stored(locale, fallbackLocale !== false) : (stored ?? null);
      },
      find: async ({ limit, page }: { limit: number; page: number }) => {
        const all = [...this.documents.keys()];
        const docs = all.slice((page - 1) * limit, page * limit).map((id) => ({ id }));
        return { docs, totalDocs: all.length, hasNextPage: page * limit < all.length };
      },
      db: this.adapter(),
      destroy: async () => void (this.destroyed += 1),
    };
    return fake as unknown as Payload;
  }

  request(more: Record<string, unknown> = {}): PayloadRequest {
    return { payload: this.payload, context: {}, locale: "en", user: null, ...more } as unknown as PayloadRequest;
  }

  delivery(key: string): Row | undefined {
    return this.deliveries.get(key);
  }

  private adapter() {
    const work = async <T>(result: () => T): Promise<T> => {
      if (this.databaseAway) throw new Error("database away");
      return result();
    };
    const wanted = (where: unknown, row: Row): boolean =>
      JSON.stringify(where).includes(`"${String(row["key"])}"`) && (!JSON.stringify(where).includes("msg_") || JSON.stringify(where).includes(`"${String(row["deliveryId"])}"`));
    const found = (where: unknown): Row | undefined => [...this.deliveries.values()].find((row) => wanted(where, row));
    return {
      sessions: this.sessions,
      upsert: ({ data }: { data: Row }) => work(() => void this.deliveries.set(String(data["key"]), { ...data })),
      updateMany: ({ where, data }: { where: unknown; data: Row }) => work(() => void Object.assign(found(where) ?? {}, data)),
      findOne: ({ where }: { where: unknown }) => work(() => found(where) ?? null),
      deleteMany: ({ where }: { where: unknown }) => work(() => void this.deliveries.delete(String(found(where)?.["key"]))),
      find: () => work(() => ({ docs: [...this.deliveries.values()].filter((row) => row["state"] === "queued" || row["state"] === "retrying") })),
    };
  }
}

export const article = (id: string | number, more: Row = {}): Row => ({
  id,
  title: "Lamps",
  content: { root: { type: "root", children: [] } },
  status: "published",
  secretNote: "for editors only",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-02T00:00:00.000Z",
  ...more,
});
