import type { Clock } from "./clock.js";
import { classify, parseObject, type Outcome } from "./retry.js";
import { sign } from "./signature.js";

/** One webhook: its id stays over all attempts, its body is the bytes that are sent and signed. */
export interface Message {
  readonly id: string;
  readonly body: Buffer;
}

/** What became of a job of Wellspring. */
export interface Receipt {
  readonly state: string;
  readonly outcome: string;
  readonly error: string;
}

export interface ClientOptions {
  readonly url: string;
  readonly key: Buffer | null;
  readonly token: string | null;
  readonly timeoutMs: number;
}

const ANSWER_BYTES_MAX = 64 * 1024;

/** Speaks HTTP with one Wellspring. Keeps no state; safe to share. */
export class Client {
  constructor(
    private readonly options: ClientOptions,
    private readonly clock: Clock,
  ) {}

  /** Sends one attempt. Never throws: what goes wrong on the way is an outcome. */
  async send(message: Message): Promise<Outcome> {
    try {
      const response = await this.request("/api/v1/sync/payload", {
        method: "POST",
        headers: { "Content-Type": "application/json", ...this.signature(message) },
        body: message.body,
      });
      const body = await readText(response);
      return classify({ status: response.status, retryAfter: response.headers.get("retry-after"), body }, this.clock.now());
    } catch (error) {
      const late = error instanceof Error && error.name === "TimeoutError";
      const reason = late ? `no answer within ${this.options.timeoutMs} ms` : networkReason(error);
      return { kind: "failed", reason, scope: late ? "document" : "server", retryAfterMs: 0 };
    }
  }

  /** The job's receipt; `unknown` when it cannot be had (no right to read jobs, forgotten), `away` when nobody answers. */
  async receipt(job: number): Promise<Receipt | "unknown" | "away"> {
    try {
      const headers: Record<string, string> = {};
      if (this.options.token !== null) headers["Authorization"] = `Bearer ${this.options.token}`;
      const response = await this.request(`/api/v1/sync/jobs/${job}`, { method: "GET", headers });
      const body = parseObject(await readText(response));
      if (!response.ok || typeof body?.["state"] !== "string") return response.status >= 500 ? "away" : "unknown";
      return { state: body["state"], outcome: textOf(body["outcome"]), error: textOf(body["last_error"]) };
    } catch {
      return "away"; // Only the receipt's colour is at stake: the delivery itself is recorded already.
    }
  }

  private request(path: string, init: RequestInit): Promise<Response> {
    return fetch(this.options.url + path, {
      ...init,
      redirect: "manual",
      signal: AbortSignal.timeout(this.options.timeoutMs),
    });
  }

  private signature(message: Message): Record<string, string> {
    const timestamp = Math.floor(this.clock.now() / 1000);
    const headers = { "Webhook-Id": message.id, "Webhook-Timestamp": String(timestamp) };
    if (this.options.key === null) return headers;
    return { ...headers, "Webhook-Signature": sign(this.options.key, message.id, timestamp, message.body) };
  }
}

/** The body as text, cut: an answer that never ends must not fill the CMS's memory. */
async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= ANSWER_BYTES_MAX) break; // Leaving the loop cancels the body.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString("utf8");
}

/** `fetch failed` says nothing; its cause does. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ("code" in cause ? String(cause.code) : cause.name);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
