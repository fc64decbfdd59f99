/** Time as the plugin sees it; tests have one of their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `work` after `ms`; returns how to call it off. */
  after(ms: number, work: () => void): () => void;
}

/** Waiting alone never keeps the CMS's process alive: what still waits at its end is in the delivery log. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const sleep = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
