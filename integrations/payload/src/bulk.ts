import type { Endpoint, Payload, PayloadRequest } from "payload";
import type { Courier } from "./courier.js";
import type { Ended } from "./queue.js";

const PAGE = 100;
const ERRORS_KEPT = 20;

export interface BulkOptions {
  /** All that the plugin sends, unless named. */
  readonly collections?: readonly string[];
  /** Documents under way at once; 8 by default. */
  readonly concurrency?: number;
  /** How long to go on without a single document getting through; two minutes by default. */
  readonly patienceMs?: number;
  /** Called after every document. */
  readonly onProgress?: (progress: BulkProgress) => void;
}

export interface BulkProgress {
  readonly running: boolean;
  readonly collection: string;
  readonly documents: number;
  readonly delivered: number;
  readonly failed: number;
  /** The first few failures, each with its document. */
  readonly errors: readonly string[];
  /** Why it ended early, or null. */
  readonly stopped: string | null;
}

const NOTHING: BulkProgress = { running: false, collection: "", documents: 0, delivered: 0, failed: 0, errors: [], stopped: null };

/** Sends whole collections, page by page: what is published as it is now, the rest as taken out. One run at a time. */
export class BulkSync {
  private progress = NOTHING;

  constructor(private readonly courier: Courier) {}

  get state(): BulkProgress {
    return this.progress;
  }

  /** Throws when a run is under way, or a collection is none that the plugin sends. */
  async run(payload: Payload, options: BulkOptions = {}): Promise<BulkProgress> {
    const { settings } = this.courier;
    if (settings.url === null) throw new Error("wellspring: bulk sync: no url is configured");
    if (this.progress.running) throw new Error("wellspring: bulk sync: one is running already");
    const collections = options.collections ?? [...settings.collections.keys()];
    const unknown = collections.find((slug) => !settings.collections.has(slug));
    if (unknown !== undefined) throw new Error(`wellspring: bulk sync: the plugin does not send collection '${unknown}'`);
    this.progress = { ...NOTHING, running: true };
    try {
      for (const slug of collections) {
        if (this.progress.stopped === null) await this.collection(payload, slug, options);
      }
    } catch (error) {
      this.update({ stopped: error instanceof Error ? error.message : String(error) }, options);
      throw error;
    } finally {
      this.update({ running: false }, options);
    }
    return this.progress;
  }

  private async collection(payload: Payload, slug: string, options: BulkOptions): Promise<void> {
    const { concurrency = 8, patienceMs = 120_000 } = options;
    const underWay = new Set<Promise<void>>();
    this.update({ collection: slug }, options);
    for await (const id of documentsOf(payload, slug)) {
      this.update({ documents: this.progress.documents + 1 }, options);
      const work: Promise<void> = this.document(payload, slug, id, options).finally(() => underWay.delete(work));
      underWay.add(work);
      while (underWay.size >= concurrency && this.progress.stopped === null) await this.oneOf(underWay, patienceMs, options);
      if (this.progress.stopped !== null) return;
    }
    while (underWay.size > 0 && this.progress.stopped === null) await this.oneOf(underWay, patienceMs, options);
  }

  private async document(payload: Payload, slug: string, id: string | number, options: BulkOptions): Promise<void> {
    const full: Ended = { state: "failed", attempts: 0, error: "the queue is full (queueMax)" };
    const ended = await (this.courier.sync(payload, slug, id) ?? full);
    const { delivered, failed, errors } = this.progress;
    if (ended.state === "accepted") {
      this.update({ delivered: delivered + 1 }, options);
      return;
    }
    const kept = errors.length < ERRORS_KEPT ? [...errors, `${slug}:${id}: ${ended.error}`] : errors;
    this.update({ failed: failed + 1, errors: kept }, options);
  }

  private async oneOf(underWay: ReadonlySet<Promise<void>>, patienceMs: number, options: BulkOptions): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), patienceMs);
    });
    const first = await Promise.race([...underWay, late]);
    clearTimeout(timer);
    if (first !== "late") return;
    this.update({ stopped: `nothing got through within ${patienceMs} ms; does Wellspring answer at ${this.courier.settings.url}?` }, options);
  }

  private update(change: Partial<BulkProgress>, options: BulkOptions): void {
    this.progress = { ...this.progress, ...change };
    options.onProgress?.(this.progress);
  }
}

/** The ids of a collection. When documents go meanwhile, pages move up: then earlier ones are read again. */
async function* documentsOf(payload: Payload, collection: string): AsyncGenerator<string | number> {
  let total = 0;
  for (let page = 1; ; page += 1) {
    const found = await payload.find({
      collection,
      depth: 0,
      limit: PAGE,
      page,
      sort: "id",
      select: { updatedAt: true },
      draft: false,
    });
    for (const doc of found.docs) yield doc.id;
    const gone = Math.max(0, total - found.totalDocs);
    total = found.totalDocs;
    if (gone > 0) page = Math.max(0, page - Math.ceil(gone / PAGE) - 1);
    else if (!found.hasNextPage) return;
  }
}

/** `POST /api/wellspring/sync` starts a run and answers at once; `GET` tells how far it is. */
export function bulkEndpoints(courier: Courier, bulk: BulkSync): Endpoint[] {
  const guarded = (work: (req: PayloadRequest) => Response) => async (req: PayloadRequest) => {
    if (!(await courier.settings.access({ req }))) return Response.json({ error: "Log in to the admin panel first." }, { status: 403 });
    return work(req);
  };
  const start = (req: PayloadRequest): Response => {
    if (bulk.state.running) return Response.json(bulk.state, { status: 409 });
    if (courier.settings.url === null) return Response.json({ error: "No url is configured for Wellspring." }, { status: 503 });
    bulk.run(req.payload).then(
      ({ delivered, failed, stopped }) =>
        req.payload.logger.info(`wellspring: bulk sync: ${delivered} delivered, ${failed} failed${stopped === null ? "" : `; ${stopped}`}`),
      (error: unknown) => req.payload.logger.error({ err: error }, "wellspring: bulk sync failed"),
    );
    return Response.json(bulk.state, { status: 202 });
  };
  return [
    { path: "/wellspring/sync", method: "post", handler: guarded(start) },
    { path: "/wellspring/sync", method: "get", handler: guarded(() => Response.json(bulk.state)) },
  ];
}
