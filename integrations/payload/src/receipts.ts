import type { Client, Receipt } from "./client.js";
import { sleep, type Clock } from "./clock.js";

const LOOK_DELAYS_MS = [200, 500, 1_000, 2_000, 5_000, 15_000, 60_000];
/** Deliveries that are followed at once; the others stay `accepted`, which is true as well. */
const FOLLOWED_MAX = 256;

export type Verdict = { readonly state: "done" } | { readonly state: "failed"; readonly error: string };

/** Asks what became of jobs, beside the deliveries and for a minute and a half at most. */
export class Receipts {
  private following = 0;

  constructor(
    private readonly client: Pick<Client, "receipt">,
    private readonly clock: Clock,
  ) {}

  /** The end of all `jobs`, or null when it could not be learned. */
  async follow(jobs: readonly number[]): Promise<Verdict | null> {
    if (jobs.length === 0 || this.following >= FOLLOWED_MAX) return null;
    this.following += 1;
    try {
      let left = [...jobs];
      for (const delay of LOOK_DELAYS_MS) {
        await sleep(this.clock, delay);
        const open: number[] = [];
        for (const job of left) {
          const receipt = await this.client.receipt(job);
          if (receipt === "unknown") return null;
          if (receipt === "away" || !isFinal(receipt)) open.push(job);
          else if (receipt.state === "dead") return { state: "failed", error: `job ${job}: ${receipt.error}` };
        }
        if (open.length === 0) return { state: "done" };
        left = open;
      }
      return null;
    } finally {
      this.following -= 1;
    }
  }
}

const isFinal = (receipt: Receipt): boolean => receipt.state === "done" || receipt.state === "dead";
