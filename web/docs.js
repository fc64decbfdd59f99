import { el } from "./dom.js";
import { contentsView, groupView } from "./docs_view.js";
import { groupsOf, operationsOf } from "./openapi.js";

const byId = (id) => document.getElementById(id);

/** The document lies beside this page, also where a proxy puts the server under a path of its own. */
async function load() {
  const response = await fetch(new URL("openapi.json", document.baseURI), { cache: "no-cache" });
  if (!response.ok) throw new Error(`openapi.json: the server answered ${response.status}`);
  return response.json();
}

/** Opens and shows the operation that the address names. */
function follow() {
  const named = location.hash ? byId(location.hash.slice(1)) : null;
  if (!named?.matches("details")) return;
  named.hidden = false;
  named.open = true;
  named.scrollIntoView({ block: "start" });
  named.querySelector("summary").focus({ preventScroll: true });
  closeContentsOnPhones();
}

function closeContentsOnPhones() {
  if (matchMedia("(max-width: 56rem)").matches) byId("contents").open = false;
}

/** Shows the operations with all words of `text` in their address or summary. */
function filter(text, operations) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const operation of operations) {
    const all = `${operation.method} ${operation.path} ${operation.summary} ${operation.group}`.toLowerCase();
    const fits = words.every((word) => all.includes(word));
    byId(operation.anchor).hidden = !fits;
    document.querySelector(`#contents a[href="#${operation.anchor}"]`).parentElement.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector(".operation:not([hidden])");
  for (const list of document.querySelectorAll("#contents ul")) {
    const empty = !list.querySelector("li:not([hidden])");
    list.hidden = empty;
    list.previousElementSibling.hidden = empty;
  }
  byId("found").textContent = words.length > 0 ? `${shown} of ${operations.length} operations` : "";
}

function show(api) {
  const operations = operationsOf(api);
  const groups = groupsOf(api, operations);
  byId("version").textContent = api.info.version;
  byId("about").textContent = api.info.description ?? "";
  byId("links").append(...contentsView(groups));
  byId("operations").replaceChildren(...groups.map((group) => groupView(api, group)));
  byId("filter").addEventListener("input", (event) => filter(event.target.value, operations));
  byId("filter").disabled = false;
  byId("contents").open = !matchMedia("(max-width: 56rem)").matches;
  addEventListener("hashchange", follow);
  // A second click on the same link changes no address.
  byId("links").addEventListener("click", (event) => {
    if (event.target.closest("a")?.getAttribute("href") === location.hash) follow();
  });
  follow();
}

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input")) return;
  event.preventDefault();
  byId("filter").focus();
});

try {
  show(await load());
} catch (error) {
  byId("operations").replaceChildren(
    el("div", { class: "notice", role: "alert" },
      el("div", {}, el("strong", {}, "The API's document could not be shown"), el("p", {}, `${error.message}. Reload the page; the document itself is at `,
        el("a", { href: "openapi.json" }, "openapi.json"), "."))));
}
