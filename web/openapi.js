/** Reads an OpenAPI 3.0 document into what a page shows. Pure: no DOM. */

const METHODS = ["get", "post", "put", "patch", "delete", "options", "head"];
/** Schemas may refer to themselves; what is nested deeper is not shown. */
const DEPTH_MAX = 5;

/** The node itself, or what its `$ref` names. Throws for a name that is not there: the document is ours. */
export function resolve(api, node) {
  if (!node?.$ref) return node ?? {};
  const found = node.$ref.split("/").slice(1).reduce((at, part) => at?.[part], api);
  if (found === undefined) throw new Error(`the document names ${node.$ref}, which is not in it`);
  return resolve(api, found);
}

function bodyOf(api, holder) {
  const [type, media] = Object.entries(resolve(api, holder).content ?? {})[0] ?? [];
  return type ? { type, schema: media.schema ?? null, example: media.example } : null;
}

function responsesOf(api, operation) {
  return Object.entries(operation.responses ?? {}).map(([status, response]) => ({
    status,
    description: resolve(api, response).description ?? "",
    body: bodyOf(api, response),
  }));
}

/** The name in the address: `#get-api-v1-chat`. */
const anchorOf = (method, path) => `${method}${path.replace(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "")}${path.length > 1 && path.endsWith("/") ? "-slash" : ""}`;

/** All operations in the document's order: {anchor, method, path, group, summary, description, access, parameters, body, responses}. */
export function operationsOf(api) {
  const operations = [];
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const operation = item[method];
      operations.push({
        anchor: anchorOf(method, path),
        method: method.toUpperCase(),
        path,
        group: operation.tags?.[0] ?? "Other",
        summary: operation.summary ?? "",
        description: operation.description ?? "",
        access: accessOf(api, operation),
        parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((one) => resolve(api, one)),
        body: operation.requestBody ? bodyOf(api, operation.requestBody) : null,
        responses: responsesOf(api, operation),
      });
    }
  }
  return operations;
}

/** What the first scheme of an operation says of who may call it; empty for everybody. */
function accessOf(api, operation) {
  const name = Object.keys(operation.security?.find((one) => Object.keys(one).length > 0) ?? {})[0];
  return name ? (api.components.securitySchemes[name]?.description ?? name) : "";
}

/** Operations by group, in the order of the document's `tags`; groups that it does not list come last. */
export function groupsOf(api, operations) {
  const known = (api.tags ?? []).map((tag) => tag.name);
  const names = [...known, ...operations.map((one) => one.group).filter((name) => !known.includes(name))];
  return [...new Set(names)]
    .map((name) => ({
      name,
      description: api.tags?.find((tag) => tag.name === name)?.description ?? "",
      operations: operations.filter((one) => one.group === name),
    }))
    .filter((group) => group.operations.length > 0);
}

/** A type in a few words: `string`, `list of integer`, `"draft" or "published"`. */
export function typeText(api, schema, depth = 0) {
  const at = resolve(api, schema);
  if (depth > DEPTH_MAX) return "any";
  if (at.enum) return at.enum.map((value) => JSON.stringify(value)).join(" or ");
  const choices = at.oneOf ?? at.anyOf;
  if (choices) return [...new Set(choices.map((one) => typeText(api, one, depth + 1)))].join(" or ");
  const nullable = at.nullable ? " or null" : "";
  if (at.type === "array") return `list of ${typeText(api, at.items, depth + 1)}${nullable}`;
  const format = { "date-time": "time" }[at.format];
  return `${format ?? at.type ?? "any"}${nullable}`;
}

function limitsText(at) {
  const limits = [];
  if (at.minimum !== undefined) limits.push(`at least ${at.minimum}`);
  if (at.maximum !== undefined) limits.push(`at most ${at.maximum}`);
  if (at.maxLength !== undefined) limits.push(`at most ${at.maxLength} characters`);
  if (at.maxItems !== undefined) limits.push(`at most ${at.maxItems} items`);
  if (at.default !== undefined) limits.push(`${JSON.stringify(at.default)} by default`);
  return limits.join(", ");
}

/** The object a schema is or holds in its list, if there is one. */
function objectIn(api, schema) {
  const at = resolve(api, schema);
  if (at.type === "array") return objectIn(api, at.items);
  const choice = (at.oneOf ?? at.anyOf)?.map((one) => resolve(api, one)).find((one) => one.properties || one.type === "array");
  return choice ? objectIn(api, choice) : at;
}

/** The members of a schema, nested ones after their parent: [{name, depth, type, required, limits, description}]. */
export function rowsOf(api, schema, depth = 0) {
  const at = objectIn(api, schema);
  if (!at.properties || depth > DEPTH_MAX) return [];
  return Object.entries(at.properties).flatMap(([name, member]) => {
    const value = resolve(api, member);
    const row = { name, depth, type: typeText(api, value), required: at.required?.includes(name) ?? false, limits: limitsText(value),
      description: value.description ?? "" };
    return [row, ...rowsOf(api, value, depth + 1)];
  });
}

/** A parameter as a row of the same form. */
export function parameterRow(api, parameter) {
  const schema = resolve(api, parameter.schema);
  return { name: parameter.name, depth: 0, type: typeText(api, schema), required: parameter.required ?? false, limits: limitsText(schema),
    description: parameter.description ?? schema.description ?? "", place: parameter.in };
}

/** A value that the schema allows, from its examples, defaults and types. Optional members without an example are left out. */
export function exampleOf(api, schema, depth = 0) {
  const at = resolve(api, schema);
  if (at.example !== undefined) return at.example;
  if (at.default !== undefined) return at.default;
  if (at.enum) return at.enum[0];
  if (at.oneOf) return exampleOf(api, at.oneOf[0], depth + 1);
  if (at.type === "array") return depth < DEPTH_MAX ? [exampleOf(api, at.items, depth + 1)] : [];
  if (at.type === "object") return objectExample(api, at, depth);
  return { integer: at.minimum ?? 0, number: 0, boolean: false }[at.type] ?? (at.format === "date-time" ? "2025-01-01T00:00:00Z" : "text");
}

function objectExample(api, at, depth) {
  if (depth > DEPTH_MAX) return {};
  const wanted = Object.entries(at.properties ?? {}).filter(
    ([name, member]) => at.required?.includes(name) || resolve(api, member).example !== undefined);
  return Object.fromEntries(wanted.map(([name, member]) => [name, exampleOf(api, member, depth + 1)]));
}

/** For a shell: a quote inside single quotes is written outside of them. */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command that makes the call on `origin`. Path parameters stand in capitals. */
export function curlOf(api, operation, origin) {
  const path = operation.path.replace(/\{(\w+)[.]*\}/g, (_, name) => name.toUpperCase());
  const streams = operation.responses.some((response) => response.body?.type === "text/event-stream");
  const lines = [`curl -s${streams ? "N" : ""} ${operation.method === "GET" ? "" : `-X ${operation.method} `}${quoted(origin + path)}`];
  if (operation.access) lines.push(`-H "Authorization: Bearer $ADMIN_TOKEN"`);
  if (operation.body) {
    const example = operation.body.example ?? exampleOf(api, operation.body.schema);
    lines.push(`-H 'Content-Type: ${operation.body.type}'`, `-d ${quoted(typeof example === "string" ? example : JSON.stringify(example))}`);
  }
  return lines.join(" \\\n  ");
}
