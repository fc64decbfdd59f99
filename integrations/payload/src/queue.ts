import type { Message } from "./client.js";
import type { Clock } from "./clock.js";
import { documentKey, merge, type SyncEvent } from "./events.js";
import { delayMs, type Outcome } from "./retry.js";

/** How far an event has come. */
export type Progress =
  | { readonly state: "queued" }
  | { readonly state: "retrying"; readonly attempts: number; readonly error: string }
  | { readonly state: "accepted"; readonly attempts: number; readonly sent: number; readonly jobs: readonly number[] }
  | { readonly state: "failed"; readonly attempts: number; readonly error: string };

export type Ended = Extract<Progress, { state: "accepted" | "failed" }>;

/** What the queue needs from the outside. */
export interface Delivery {
  /** The webhooks of an event from what the CMS holds now. A rejection is tried again later. */
  compose(event: SyncEvent): Promise<readonly Message[]>;
  send(message: Message): Promise<Outcome>;
  /** Records progress. Must not reject. The queue waits for it before it goes on with that document. */
  note(event: SyncEvent, progress: Progress): Promise<void>;
}

export interface QueueOptions {
  /** Documents that may wait at once; one more is refused. */
  readonly documentsMax: number;
  /** Documents that are sent at once. */
  readonly concurrency: number;
  /** An event that could not be delivered for so long has failed. */
  readonly giveUpAfterMs: number;
}

/** An event under way. */
interface Pending {
  event: SyncEvent;
  attempts: number;
  /** Composed at the first attempt and kept over all, so that one delivery id always means the same bytes. */
  messages: readonly Message[] | null;
  sent: number;
  jobs: number[];
  refusals: string[];
  readonly waiting: ((ended: Ended) => void)[];
}

interface Lane {
  readonly key: string;
  next: Pending | null;
  /** The records of this document, one after the other; what was added may be read once they are through. */
  records: Promise<void>;
}

type Attempt = { ended: Ended } | { failed: Extract<Outcome, { kind: "failed" }> };

/**
 * Delivers events: one at a time and in order for each document, several documents at once, again after failures.
 *
 * An event that waits is taken in by a later one of its document. A failure that concerns everybody pauses the whole
 * queue, after which a single attempt finds out whether Wellspring is back. Not for use from several threads.
 */
export class DeliveryQueue {
  /** While set no further attempt begins: the CMS's database is closed. What waits stays in the delivery log. */
  stopped = false;
  private readonly lanes = new Map<string, Lane>();
  private readonly ready: Lane[] = [];
  private active = 0;
  private paused = false;
  private serverFailures = 0;
  private idleWaiters: (() => void)[] = [];

  constructor(
    private readonly delivery: Delivery,
    private readonly options: QueueOptions,
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  /** Documents with something to deliver. */
  get size(): number {
    return this.lanes.size;
  }

  /**
   * Takes an event; `visible` says when its write can be read by others. Returns the end of it (an event that was taken
   * in ends with the one that took it), or null when the queue is full. Does nothing before it returns but remember.
   */
  add(event: SyncEvent, visible: Promise<void> = Promise.resolve()): Promise<Ended> | null {
    const key = documentKey(event);
    let lane = this.lanes.get(key);
    if (lane === undefined) {
      if (this.lanes.size >= this.options.documentsMax) return null;
      lane = { key, next: null, records: Promise.resolve() };
      this.lanes.set(key, lane);
      const added = lane;
      void this.admit(added, event, visible).then(() => this.makeReady(added));
    } else {
      void this.admit(lane, event, visible);
    }
    const target = lane;
    return new Promise((resolve) => {
      target.next = supersede(target.next, pendingOf(event, [resolve]));
    });
  }

  /** Until nothing is left to deliver, or `limitMs` have passed; returns how many documents are left. */
  async drain(limitMs: number): Promise<number> {
    if (this.lanes.size > 0) {
      await new Promise<void>((resolve) => {
        // Unlike the waiting of the queue this keeps the process alive: somebody asked to wait.
        const timer = setTimeout(resolve, limitMs);
        this.idleWaiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.lanes.size;
  }

  private admit(lane: Lane, event: SyncEvent, visible: Promise<void>): Promise<void> {
    lane.records = lane.records.then(() => visible).then(() => this.noteQueued(lane, event));
    return lane.records;
  }

  /** With all that the event has taken in. */
  private noteQueued(lane: Lane, event: SyncEvent): Promise<void> {
    return this.delivery.note(lane.next?.event ?? event, { state: "queued" });
  }

  /** Not once a newer event waits: its record, which a restart goes on from, must stay. */
  private record(lane: Lane, event: SyncEvent, progress: Progress): Promise<void> {
    lane.records = lane.records.then(() => (lane.next === null ? this.delivery.note(event, progress) : undefined));
    return lane.records;
  }

  private makeReady(lane: Lane): void {
    this.ready.push(lane);
    this.pump();
  }

  private pump(): void {
    if (this.paused || this.stopped) return;
    const most = this.serverFailures > 0 ? 1 : this.options.concurrency;
    while (this.active < most) {
      const lane = this.ready.shift();
      if (lane === undefined) return;
      this.active += 1;
      void this.run(lane);
    }
  }

  private async run(lane: Lane): Promise<void> {
    const pending = await taken(lane);
    const attempt = await this.attempt(pending);
    this.active -= 1;
    if ("ended" in attempt) {
      await this.end(lane, pending, attempt.ended);
    } else {
      await this.tryAgain(lane, pending, attempt.failed);
    }
    this.pump();
  }

  private async attempt(pending: Pending): Promise<Attempt> {
    pending.attempts += 1;
    try {
      pending.messages ??= await this.delivery.compose(pending.event);
    } catch (error) {
      const reason = `reading the document: ${error instanceof Error ? error.message : String(error)}`;
      return { failed: { kind: "failed", reason, scope: "document", retryAfterMs: 0 } };
    }
    for (const message of pending.messages.slice(pending.sent)) {
      const outcome = await this.delivery.send(message);
      if (outcome.kind !== "failed" || outcome.scope === "document") this.serverFailures = 0;
      if (outcome.kind === "failed") return { failed: outcome };
      pending.sent += 1;
      if (outcome.kind === "refused") pending.refusals.push(outcome.reason);
      else if (outcome.job !== null) pending.jobs.push(outcome.job);
    }
    const { attempts, sent, refusals, jobs } = pending;
    if (refusals.length > 0) return { ended: failed(attempts, refusals.join("; ")) };
    return { ended: { state: "accepted", attempts, sent, jobs } };
  }

  private async tryAgain(lane: Lane, pending: Pending, failure: Extract<Outcome, { kind: "failed" }>): Promise<void> {
    const { attempts, event } = pending;
    const { reason: error, scope, retryAfterMs } = failure;
    if (this.clock.now() - event.queuedAtMs >= this.options.giveUpAfterMs && lane.next === null) {
      await this.end(lane, pending, failed(attempts, `given up after ${attempts} attempts, the last: ${error}`));
      return;
    }
    if (scope === "server") this.pause(retryAfterMs);
    await this.record(lane, event, { state: "retrying", attempts, error });
    // What came meanwhile will read something newer than what could not be sent.
    if (lane.next === null) {
      lane.next = pending;
    } else {
      lane.next = supersede(pending, lane.next);
      await this.admit(lane, lane.next.event, Promise.resolve());
    }
    if (scope === "server") this.ready.unshift(lane);
    else this.clock.after(delayMs(attempts, retryAfterMs, this.random), () => this.makeReady(lane));
  }

  private pause(retryAfterMs: number): void {
    if (this.paused) return;
    this.paused = true;
    this.serverFailures += 1;
    this.clock.after(delayMs(this.serverFailures, retryAfterMs, this.random), () => {
      this.paused = false;
      this.pump();
    });
  }

  /** The lane goes on with what came meanwhile, or is gone. */
  private async end(lane: Lane, pending: Pending, ended: Ended): Promise<void> {
    await this.record(lane, pending.event, ended);
    for (const resolve of pending.waiting) resolve(ended);
    if (lane.next !== null) {
      this.ready.push(lane);
      return;
    }
    this.lanes.delete(lane.key);
    if (this.lanes.size > 0) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }
}

/** Takes what is to be delivered out of the lane, once all that was added may be read. */
async function taken(lane: Lane): Promise<Pending> {
  for (;;) {
    const records = lane.records;
    await records;
    if (records !== lane.records) continue;
    const pending = lane.next;
    if (pending === null) throw new Error(`delivery queue: ${lane.key} is ready with nothing to deliver`);
    lane.next = null;
    return pending;
  }
}

const failed = (attempts: number, error: string): Ended => ({ state: "failed", attempts, error });

const pendingOf = (event: SyncEvent, waiting: ((ended: Ended) => void)[]): Pending => ({
  event,
  attempts: 0,
  messages: null,
  sent: 0,
  jobs: [],
  refusals: [],
  waiting,
});

function supersede(older: Pending | null, newer: Pending): Pending {
  if (older === null) return newer;
  return pendingOf(merge(older.event, newer.event), [...older.waiting, ...newer.waiting]);
}
