import assert from "node:assert/strict";
import test from "node:test";
import { classify, delayMs, type Outcome } from "../src/retry.js";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const of = (status: number, body = "{}", retryAfter: string | null = null): Outcome => classify({ status, body, retryAfter }, NOW);
const wait = (header: string | null): number => {
  const outcome = of(503, "{}", header);
  assert.equal(outcome.kind, "failed");
  return outcome.kind === "failed" ? outcome.retryAfterMs : -1;
};

test("a JSON object with 2xx is accepted, with its job", () => {
  assert.deepEqual(of(200, '{"status":"processing_triggered","job_id":7}'), { kind: "accepted", job: 7 });
  assert.deepEqual(of(202, '{"status":"ok","job_id":"7"}'), { kind: "accepted", job: null });
});

test("2xx from something else is no delivery", () => {
  for (const body of ["<html>", "", "[]", "null"]) assert.equal(of(200, body).kind, "refused", body);
});

test("408, 429 and 5xx are tried again; 429 and 503 hold everybody up", () => {
  const scopes = Object.fromEntries(
    [408, 429, 500, 502, 503, 504].map((status) => {
      const outcome = of(status);
      return [status, outcome.kind === "failed" ? outcome.scope : outcome.kind];
    }),
  );
  assert.deepEqual(scopes, { 408: "document", 429: "server", 500: "document", 502: "document", 503: "server", 504: "document" });
});

test("other answers are final and say why", () => {
  assert.deepEqual(of(401, '{"error":"Unauthorized","message":"Invalid webhook signature"}'), {
    kind: "refused",
    reason: "HTTP 401: Invalid webhook signature",
  });
  assert.deepEqual(of(422, '{"detail":[{"loc":["doc"]}]}'), { kind: "refused", reason: 'HTTP 422: [{"loc":["doc"]}]' });
  assert.deepEqual(of(308, ""), { kind: "refused", reason: "HTTP 308: (empty body)" });
  const long = of(400, "x".repeat(10_000));
  assert.ok(long.kind === "refused" && long.reason.length < 600);
});

test("Retry-After in seconds and as a date, within bounds", () => {
  assert.equal(wait("7"), 7_000);
  assert.equal(wait("Thu, 01 Jan 2026 00:00:30 GMT"), 30_000);
  assert.equal(wait("Wed, 31 Dec 2025 00:00:00 GMT"), 0);
  assert.equal(wait("999999999"), 3_600_000);
  for (const nonsense of [null, "soon", "-5"]) assert.equal(wait(nonsense), 0, String(nonsense));
});

test("delays double up to a minute, half of them by chance, and never undercut the server", () => {
  const least = [1, 2, 3, 4, 8, 50].map((failures) => delayMs(failures, 0, () => 0));
  const most = [1, 2, 3, 4, 8, 50].map((failures) => delayMs(failures, 0, () => 1));
  assert.deepEqual(least, [250, 500, 1_000, 2_000, 30_000, 30_000]);
  assert.deepEqual(most, [500, 1_000, 2_000, 4_000, 60_000, 60_000]);
  assert.equal(delayMs(1, 7_000, () => 0), 7_000);
});
