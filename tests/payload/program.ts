import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const BINARY = process.env["WELLSPRING_BINARY"] ?? "../../build/release/wellspring";
const START_LIMIT_MS = 60_000;
const WAIT_LIMIT_MS = 30_000;
const LOOK_MS = 20;

export interface Hit {
  readonly document_id: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly answer: string;
  readonly sources: readonly { readonly page_content: string; readonly metadata: Readonly<Record<string, unknown>> }[];
}

/** The built program on a data directory of its own. Stopped and started again it keeps its port. */
export class Program {
  private readonly folder = mkdtempSync(join(tmpdir(), "wellspring-payload-"));
  private process: ChildProcessByStdio<null, null, Readable> | null = null;
  private port = 0;
  private lines: string[] = [];

  constructor(private readonly environment: Readonly<Record<string, string>> = {}) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    const flags = ["serve", "--listen", `127.0.0.1:${this.port}`, "--data-dir", this.folder, "--embedder", "hashing"];
    const child = spawn(BINARY, flags, { env: { ...this.environment, NODE_ENV: "test" }, stdio: ["ignore", "ignore", "pipe"] });
    this.process = child;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready within ${START_LIMIT_MS} ms:\n${this.lines.join("\n")}`)), START_LIMIT_MS);
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`ended with ${code}:\n${this.lines.join("\n")}`)));
      createInterface({ input: child.stderr }).on("line", (line) => {
        this.lines = [...this.lines.slice(-40), line];
        const port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) this.port = Number(port);
        if (/ - ready\b|"message": ?"ready"/.test(line)) {
          clearTimeout(timer);
          resolve();
        }
      });
    });
    return this;
  }

  /** SIGTERM, and the end of it. */
  async stop(): Promise<void> {
    const child = this.process;
    if (child === null || child.exitCode !== null) return;
    this.process = null;
    child.removeAllListeners("exit");
    await new Promise((resolve) => {
      child.on("exit", resolve);
      child.kill("SIGTERM");
    });
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async search(query: string, locale?: string): Promise<readonly Hit[]> {
    const filter = locale === undefined ? {} : { locale, filter: { locale } };
    return (await this.call<{ hits: Hit[] }>("/api/v1/search", { query, k: 20, mode: "bm25", ...filter })).hits;
  }

  /** The ids of the articles that have the word. */
  async found(word: string, locale?: string): Promise<readonly string[]> {
    const hits = await this.search(word, locale);
    return [...new Set(hits.filter(({ text }) => text.includes(word)).map(({ document_id }) => document_id))].sort();
  }

  chat(query: string): Promise<Answer> {
    return this.call<Answer>("/api/v1/chat", { query });
  }

  /** Until no job is queued or running. */
  async idle(): Promise<void> {
    await until("no open job", async () => {
      const { counts } = await this.call<{ counts: Record<string, number> }>("/api/v1/sync/jobs?limit=0");
      return counts["queued"] === 0 && counts["running"] === 0;
    });
  }

  async jobs(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.call<{ jobs: Record<string, unknown>[] }>("/api/v1/sync/jobs?limit=1000")).jobs;
  }

  private async call<T>(path: string, body?: unknown): Promise<T> {
    const init = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }
}

/** Polls a condition of the outside world; says how long it took. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<number> {
  const begin = Date.now();
  while (!(await condition())) {
    if (Date.now() - begin > WAIT_LIMIT_MS) throw new Error(`not within ${WAIT_LIMIT_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return Date.now() - begin;
}
