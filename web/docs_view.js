import { el } from "./dom.js";
import { curlOf, exampleOf, parameterRow, rowsOf, typeText } from "./openapi.js";

/** Text with `code` in it. */
function prose(tag, text, attributes = {}) {
  const parts = text.split("`").map((part, index) => (index % 2 === 1 ? el("code", {}, part) : part));
  return el(tag, attributes, ...parts);
}

function memberTable(caption, rows) {
  if (rows.length === 0) return null;
  const described = rows.some((row) => row.description);
  const line = (row) =>
    el("tr", {},
      el("th", { scope: "row", "data-depth": Math.min(row.depth, 4) }, el("code", {}, row.name),
        row.required ? el("span", { class: "required" }, "required") : null,
        row.place ? el("span", { class: "place" }, row.place) : null),
      el("td", { class: "type" }, row.type, row.limits ? el("span", { class: "limits" }, row.limits) : null),
      described ? prose("td", row.description) : null);
  const columns = ["Name", "Type", ...(described ? ["Meaning"] : [])];
  const head = el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, name))));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el("table", { class: "members" }, el("caption", { class: "hidden" }, caption), head, el("tbody", {}, ...rows.map(line))));
}

function codeBlock(label, text) {
  const state = el("span", { role: "status", class: "muted" });
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    state.textContent = "Copied";
  };
  const button = navigator.clipboard ? el("button", { type: "button", class: "quiet", on: { click: copy } }, "Copy") : null;
  return el("div", { class: "sample" },
    el("div", { class: "sample-head" }, el("h4", {}, label), state, button),
    el("pre", { tabindex: 0, role: "region", "aria-label": label }, el("code", {}, text)));
}

function responseView(api, response) {
  const kind = response.status[0];
  const body = response.body;
  const rows = body?.schema ? rowsOf(api, body.schema) : [];
  const head = [el("span", { class: `status s${kind}` }, response.status), prose("span", response.description),
    body ? el("span", { class: "muted media" }, body.type) : null];
  if (rows.length === 0) return el("li", { class: "response plain" }, ...head);
  const list = typeText(api, body.schema).startsWith("list of ") ? el("p", { class: "muted" }, "A list of:") : null;
  return el("li", { class: "response" },
    el("details", {}, el("summary", {}, ...head), list, memberTable(`Members of the answer ${response.status}`, rows)));
}

function bodyView(api, body) {
  const example = body.example ?? exampleOf(api, body.schema);
  return [
    el("h4", {}, "Body ", el("span", { class: "muted media" }, body.type)),
    memberTable("Members of the body", rowsOf(api, body.schema)),
    codeBlock("Example body", typeof example === "string" ? example : JSON.stringify(example, null, 2)),
  ];
}

function fill(api, operation, into) {
  const parameters = operation.parameters.map((parameter) => parameterRow(api, parameter));
  into.append(
    ...[
      operation.description ? prose("p", operation.description) : null,
      operation.access ? el("p", { class: "access" }, el("strong", {}, "Access: "), prose("span", operation.access)) : null,
      parameters.length > 0 ? el("h4", {}, "Parameters") : null,
      memberTable("Parameters", parameters),
      ...(operation.body ? bodyView(api, operation.body) : []),
      el("h4", {}, "Answers"),
      el("ul", { class: "responses" }, ...operation.responses.map((response) => responseView(api, response))),
      codeBlock("With curl", curlOf(api, operation, location.origin)),
    ].filter(Boolean));
}

/** One operation; what is inside is made when it is first opened. */
export function operationView(api, operation) {
  const inside = el("div", { class: "inside" });
  const view = el("details", { class: "operation", id: operation.anchor },
    el("summary", {},
      el("span", { class: `method ${operation.method.toLowerCase()}` }, operation.method),
      el("code", { class: "where-to" }, operation.path),
      prose("span", operation.summary, { class: "what" }),
      operation.access ? el("span", { class: "lock", title: "May need a token" }, "token") : null),
    inside);
  view.addEventListener("toggle", () => {
    if (view.open && inside.childElementCount === 0) fill(api, operation, inside);
  });
  return view;
}

export function groupView(api, group) {
  const id = `group-${group.name.toLowerCase().replace(/\W+/g, "-")}`;
  return el("section", { class: "group", "aria-labelledby": id },
    el("h2", { id }, group.name),
    group.description ? prose("p", group.description, { class: "muted" }) : null,
    ...group.operations.map((operation) => operationView(api, operation)));
}

/** The list of links beside the operations. */
export function contentsView(groups) {
  const link = (operation) =>
    el("li", {}, el("a", { href: `#${operation.anchor}` },
      el("span", { class: `method ${operation.method.toLowerCase()}` }, operation.method), el("span", { class: "path" }, operation.path)));
  return groups.flatMap((group) => [el("h2", {}, group.name), el("ul", {}, ...group.operations.map(link))]);
}
