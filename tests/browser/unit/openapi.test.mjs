import assert from "node:assert/strict";
import test from "node:test";
import { curlOf, exampleOf, groupsOf, operationsOf, resolve, rowsOf, typeText } from "../../../web/openapi.js";

const API = {
  tags: [{ name: "Second", description: "d" }, { name: "First" }, { name: "Unused" }],
  paths: {
    "/things/{id}": {
      parameters: [{ $ref: "#/components/parameters/Id" }],
      get: { summary: "One", tags: ["First"], security: [{ admin: [] }, {}], parameters: [{ name: "q", in: "query", schema: { type: "string" } }],
        responses: { 200: { description: "It", content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } } } } },
    },
    "/things/": { post: { tags: ["Second"], requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } } }, responses: {} } },
    "/things": { post: { responses: { 200: { $ref: "#/components/responses/Stream" } } } },
  },
  components: {
    securitySchemes: { admin: { description: "a token" } },
    parameters: { Id: { name: "id", in: "path", required: true, schema: { type: "integer" } } },
    responses: { Stream: { description: "s", content: { "text/event-stream": {} } } },
    schemas: {
      Thing: { type: "object", required: ["name", "kind"], properties: {
        name: { type: "string", example: "it's" }, kind: { type: "string", enum: ["a", "b"] }, when: { type: "string", format: "date-time", nullable: true },
        parts: { type: "array", items: { $ref: "#/components/schemas/Thing" } }, count: { type: "integer", minimum: 1, maximum: 9, default: 3 } } },
    },
  },
};

test("operations carry what is written at their path, with names resolved", () => {
  const [one, , bare] = operationsOf(API);
  assert.deepEqual([one.method, one.path, one.group, one.access], ["GET", "/things/{id}", "First", "a token"]);
  assert.deepEqual(one.parameters.map((parameter) => parameter.name), ["id", "q"]);
  assert.equal(one.responses[0].body.type, "application/json");
  assert.deepEqual([bare.group, bare.access, bare.responses[0].description], ["Other", "", "s"]);
});

test("every operation has an address of its own", () => {
  const anchors = operationsOf(API).map((operation) => operation.anchor);
  assert.equal(new Set(anchors).size, anchors.length);
  for (const anchor of anchors) assert.match(anchor, /^[a-z0-9-]+$/);
});

test("groups follow the document's tags, unnamed ones last, empty ones left out", () => {
  assert.deepEqual(groupsOf(API, operationsOf(API)).map((group) => group.name), ["Second", "First", "Other"]);
});

test("types and members in words", () => {
  const thing = { $ref: "#/components/schemas/Thing" };
  const rows = rowsOf(API, thing);
  assert.deepEqual(rows.slice(0, 3).map((row) => [row.name, row.type, row.required]), [["name", "string", true], ["kind", '"a" or "b"', true], ["when", "time or null", false]]);
  assert.equal(rows.find((row) => row.name === "count").limits, "at least 1, at most 9, 3 by default");
  assert.equal(typeText(API, { oneOf: [{ type: "string" }, { type: "integer" }] }), "string or integer");
  assert.equal(typeText(API, { type: "array", items: thing }), "list of object");
});

test("a schema that holds itself ends", () => {
  const rows = rowsOf(API, { $ref: "#/components/schemas/Thing" });
  assert.ok(rows.length < 100);
  assert.ok(rows.some((row) => row.depth === 3));
});

test("examples hold what is required and what has an example", () => {
  assert.deepEqual(exampleOf(API, { $ref: "#/components/schemas/Thing" }), { name: "it's", kind: "a" });
});

test("a shell reads the command as it is meant", () => {
  const [one, made, streamed] = operationsOf(API).map((operation) => curlOf(API, operation, "http://h:1"));
  assert.equal(one, `curl -s 'http://h:1/things/ID' \\\n  -H "Authorization: Bearer $ADMIN_TOKEN"`);
  assert.ok(made.includes(`-d '{"name":"it'\\''s","kind":"a"}'`), made);
  assert.ok(streamed.startsWith("curl -sN -X POST "), streamed);
});

test("a name that is not there is an error", () => {
  assert.throws(() => resolve(API, { $ref: "#/components/schemas/Missing" }), /Missing/);
});
