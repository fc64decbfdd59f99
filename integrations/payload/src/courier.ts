import type { Payload, PayloadRequest } from "payload";
import { isPublished, type Doc } from "./article.js";
import { Client, type Message } from "./client.js";
import { sleep, type Clock } from "./clock.js";
import { Composer } from "./composer.js";
import { DatabaseLog, eventOf, eventText, MemoryLog, type DeliveryLog, type DeliveryRow } from "./deliveries.js";
import { documentKey, newDeliveryId, type DocumentId, type Locales, type SyncEvent } from "./events.js";
import type { Settings } from "./options.js";
import { DeliveryQueue, type Delivery, type Ended, type Progress } from "./queue.js";
import { Receipts } from "./receipts.js";
import type { Outcome } from "./retry.js";

const CONCURRENCY = 4;
const TRANSACTION_LOOK_MS = 20;
const TRANSACTION_MAX_MS = 30_000;

/** A change as a hook saw it. */
export interface Change {
  readonly collection: string;
  readonly operation: "create" | "update";
  readonly doc: Doc;
  readonly previous: Doc;
  readonly req: PayloadRequest;
}

/** Takes changes from the hooks and brings them to Wellspring in the background. One for each configuration. */
export class Courier implements Delivery {
  readonly queue: DeliveryQueue;
  private readonly client: Client;
  private readonly composer: Composer;
  private readonly receipts: Receipts;
  private readonly memory = new MemoryLog();
  private payload: Payload | null = null;
  private refused = 0;

  constructor(
    readonly settings: Settings,
    private readonly clock: Clock,
  ) {
    const { url, key, token, timeoutMs } = settings;
    this.client = new Client({ url: url ?? "", key, token, timeoutMs }, clock);
    this.composer = new Composer(settings.collections, clock);
    this.receipts = new Receipts(this.client, clock);
    const { queueMax: documentsMax, giveUpAfterMs } = settings;
    this.queue = new DeliveryQueue(this, { documentsMax, concurrency: CONCURRENCY, giveUpAfterMs }, clock);
  }

  /** Called within the save; only remembers. */
  changed(change: Change): void {
    const { collection, operation, doc, previous, req } = change;
    const document = doc["id"];
    if (!isDocumentId(document)) return;
    const draft = doc["_status"] === "draft";
    const published = isPublished(doc) && (operation === "create" || !isPublished(previous));
    const locales = published || this.settings.locales === "translated" ? "translated" : savedLocales(req);
    const updatedAt = typeof doc["updatedAt"] === "string" ? doc["updatedAt"] : null;
    this.add(req, { ...this.newEvent(collection, document, locales), operation, updatedAt, draft });
  }

  deleted(collection: string, document: DocumentId, req: PayloadRequest): void {
    this.add(req, { ...this.newEvent(collection, document, []), operation: "delete" });
  }

  /** Sends what the CMS holds of a document now; null when the queue is full. */
  sync(payload: Payload, collection: string, document: DocumentId): Promise<Ended> | null {
    this.payload = payload;
    return this.queue.add(this.newEvent(collection, document, "translated"));
  }

  /** Goes on with what was still to be delivered when the CMS stopped. */
  async resume(payload: Payload): Promise<void> {
    this.payload = payload;
    this.queue.stopped = false;
    try {
      const rows = await this.log(payload).waiting(this.settings.queueMax);
      for (const row of rows) {
        const event = eventOf(row, newDeliveryId(), this.clock.now());
        if (event !== null && this.settings.collections.has(event.collection)) void this.queue.add(event);
      }
      if (rows.length > 0) payload.logger.info(`wellspring: ${rows.length} deliveries of an earlier run are sent now`);
    } catch (error) {
      payload.logger.error(
        { err: error },
        "wellspring: reading the deliveries that were waiting failed; is the collection's migration applied? What " +
          "waited is sent by a bulk sync",
      );
    }
  }

  /** The last delivery of a document; null when there is none or it cannot be read. */
  async find(req: Pick<PayloadRequest, "payload">, key: string): Promise<DeliveryRow | null> {
    try {
      return await this.log(req.payload).find(key);
    } catch (error) {
      req.payload.logger.error({ err: error }, `wellspring: looking up the delivery of ${key} failed`);
      return null;
    }
  }

  async compose(event: SyncEvent): Promise<readonly Message[]> {
    return this.composer.compose(this.bound(), event);
  }

  send(message: Message): Promise<Outcome> {
    return this.client.send(message);
  }

  async note(event: SyncEvent, progress: Progress): Promise<void> {
    const key = documentKey(event);
    this.tell(key, progress);
    try {
      await this.record(event, key, progress);
    } catch (error) {
      this.bound().logger.error({ err: error }, `wellspring: recording the delivery of ${key} (${progress.state}) failed`);
    }
    if (progress.state === "accepted") void this.follow(event, key, progress.jobs);
  }

  private async record(event: SyncEvent, key: string, progress: Progress): Promise<void> {
    if (this.queue.stopped) return;
    const log = this.log(this.bound());
    const changedAt = new Date(this.clock.now()).toISOString();
    const { deliveryId } = event;
    if (progress.state === "queued") {
      const queuedAt = new Date(event.queuedAtMs).toISOString();
      const fresh = { state: "queued", attempts: 0, error: "", jobs: "" } as const;
      await log.put({ ...fresh, key, deliveryId, queuedAt, changedAt, event: eventText(event) });
    } else if (progress.state !== "accepted") {
      await log.change(key, deliveryId, { ...progress, changedAt });
    } else if (event.operation === "delete") {
      await log.remove(key, deliveryId); // Nobody can look at the document any more.
    } else {
      const { attempts, jobs, sent } = progress;
      const state = sent === 0 ? "done" : "accepted";
      await log.change(key, deliveryId, { state, attempts, error: "", jobs: jobs.join(", "), changedAt });
    }
  }

  private async follow(event: SyncEvent, key: string, jobs: readonly number[]): Promise<void> {
    const verdict = await this.receipts.follow(jobs);
    if (verdict === null || this.queue.stopped) return;
    const payload = this.bound();
    if (verdict.state === "failed") payload.logger.error(`wellspring: ${key} was accepted but not applied: ${verdict.error}`);
    try {
      const changedAt = new Date(this.clock.now()).toISOString();
      await this.log(payload).change(key, event.deliveryId, { ...verdict, changedAt });
    } catch (error) {
      payload.logger.error({ err: error }, `wellspring: recording the receipt of ${key} failed`);
    }
  }

  /** The first failures of a document are told, then ever fewer: an outage must not fill the log. */
  private tell(key: string, progress: Progress): void {
    const { logger } = this.bound();
    if (progress.state === "retrying" && Number.isInteger(Math.log2(progress.attempts))) {
      logger.warn(`wellspring: ${key} not delivered, attempt ${progress.attempts}: ${progress.error}; it is tried again`);
    } else if (progress.state === "failed") {
      logger.error(`wellspring: ${key} failed for good: ${progress.error}. Remove the cause, then save it again or run a bulk sync`);
    }
  }

  private add(req: PayloadRequest, event: SyncEvent): void {
    this.payload = req.payload;
    if (this.queue.add(event, transactionEnd(req, this.clock)) !== null) return;
    this.refused += 1;
    if (!Number.isInteger(Math.log2(this.refused))) return;
    req.payload.logger.error(
      `wellspring: ${documentKey(event)} is not sent: ${this.queue.size} documents wait already (queueMax), ` +
        `${this.refused} were turned away so far. Run a bulk sync once Wellspring answers`,
    );
  }

  private newEvent(collection: string, document: DocumentId, locales: Locales): SyncEvent {
    const base = { operation: "update", updatedAt: null, draft: false } as const;
    return { ...base, collection, document, locales, deliveryId: newDeliveryId(), queuedAtMs: this.clock.now() };
  }

  private log(payload: Payload): DeliveryLog {
    return this.settings.deliveries ? new DatabaseLog(payload) : this.memory;
  }

  private bound(): Payload {
    if (this.payload === null) throw new Error("wellspring: used before Payload was there");
    return this.payload;
  }
}

/** The locale of the request; a save in all of them concerns all of them. */
function savedLocales(req: PayloadRequest): Locales {
  const locale: unknown = req.locale;
  if (locale === "all" || locale === "*") return "translated";
  return typeof locale === "string" ? [locale] : [];
}

/**
 * Until others can read what the request writes: hooks run before its transaction is committed, and it may yet be
 * rolled back. A request that lasts very long is not waited for; its document is then read as it is.
 */
export async function transactionEnd(req: PayloadRequest, clock: Clock): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve)); // What the save itself has still to do goes first.
  const id = await Promise.resolve(req.transactionID).catch(() => undefined); // It was never begun.
  if (id === undefined || id === null) return;
  const end = clock.now() + TRANSACTION_MAX_MS;
  // A nested request keeps the id of its parent's transaction; then only the adapter knows that it is over.
  const open = (): boolean => req.transactionID !== undefined && req.payload.db.sessions?.[String(id)] !== undefined;
  while (open() && clock.now() < end) await sleep(clock, TRANSACTION_LOOK_MS);
}

const isDocumentId = (value: unknown): value is DocumentId => typeof value === "string" || typeof value === "number";
