/** What Wellspring's answer to one webhook means for the sender. */
export type Outcome =
  | { readonly kind: "accepted"; readonly job: number | null }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly scope: FailureScope; readonly retryAfterMs: number };

/**
 * Whom a failure concerns: `server` when nobody would get through now (no connection, told to wait), so that all
 * wait; `document` when it may lie in what was sent, so that the others go on.
 */
export type FailureScope = "server" | "document";

/** The part of an HTTP answer that decides. `body` is its text, cut to what a reader can use. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const REASON_CHARS = 500;

export function classify(answer: Answer, nowMs: number): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return accepted(answer);
  const reason = `HTTP ${status}: ${messageOf(answer.body)}`;
  if (status === 408 || status === 429 || status >= 500) {
    const scope = status === 429 || status === 503 ? "server" : "document";
    return { kind: "failed", reason, scope, retryAfterMs: retryAfterMs(answer.retryAfter, nowMs) };
  }
  return { kind: "refused", reason };
}

/**
 * How long to wait after the `failures`-th failure in a row (from 1): doubling up to a minute, the upper half of it by
 * chance so that many senders spread out, and never less than the server asked for.
 */
export function delayMs(failures: number, retryAfter: number, random: () => number): number {
  const whole = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(Math.max(whole / 2, retryAfter) + (whole / 2) * random());
}

function accepted(answer: Answer): Outcome {
  const body = parseObject(answer.body);
  if (body === undefined) {
    return { kind: "refused", reason: `HTTP ${answer.status} without a JSON object; is 'url' the address of Wellspring?` };
  }
  return { kind: "accepted", job: typeof body["job_id"] === "number" ? body["job_id"] : null };
}

/** Both forms of RFC 9110: seconds or a date. Zero when there is none. */
function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const wanted = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), LONGEST_RETRY_AFTER_MS) : 0;
}

/** The sentence for people in an error body, or its beginning. */
function messageOf(text: string): string {
  const body = parseObject(text);
  const message = body?.["message"] ?? body?.["detail"] ?? body?.["error"] ?? text;
  return (typeof message === "string" ? message : JSON.stringify(message)).slice(0, REASON_CHARS) || "(empty body)";
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
