import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Script = (response: ServerResponse, received: Received) => void;

/** Answers as Wellspring does when it has taken a webhook. */
export const accept =
  (job: number): Script =>
  (response) =>
    answer(response, 200, { status: "processing_triggered", message: "Stored.", document_id: "x", job_id: job });

export function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** An HTTP server that does what a script says, request by request; the last entry serves all further ones. */
export class Receiver {
  readonly received: Received[] = [];
  script: Script[];
  private constructor(
    private readonly server: Server,
    script: Script[],
  ) {
    this.script = script;
  }

  static async start(...script: Script[]): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server, script);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const received = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
        receiver.received.push(received);
        const next = receiver.script.length > 1 ? receiver.script.shift() : receiver.script[0];
        next?.(response, received);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  get webhooks(): { operation: string; doc: Record<string, unknown>; locale?: string }[] {
    return this.received.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body.toString("utf8")));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
