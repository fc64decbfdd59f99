import assert from "node:assert/strict";
import type { Clock } from "../src/clock.js";

/** Time that moves only when a test moves it. */
export class ManualClock implements Clock {
  private timers: { at: number; work: () => void }[] = [];

  constructor(private time = Date.parse("2026-01-01T00:00:00Z")) {}

  now(): number {
    return this.time;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.time + ms, work };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  get waiting(): number {
    return this.timers.length;
  }

  /** Moves to the next timer and runs it; returns how far that was. */
  next(): number {
    const first = this.timers.reduce<{ at: number; work: () => void } | undefined>(
      (least, timer) => (least === undefined || timer.at < least.at ? timer : least),
      undefined,
    );
    assert.ok(first, "no timer waits");
    const moved = first.at - this.time;
    this.time = first.at;
    this.timers = this.timers.filter((other) => other !== first);
    first.work();
    return moved;
  }
}

const LIMIT_MS = 20_000;

/** Lets the event loop turn until the condition holds. */
export async function until(condition: () => boolean, describe = condition.toString()): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!condition()) {
    if (Date.now() > end) assert.fail(`not within ${LIMIT_MS} ms: ${describe}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Until everything that can run without a timer has run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
