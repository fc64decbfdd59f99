import { failureOf, sendJson } from "./api.js";
import { el } from "./dom.js";
import { failureBox } from "./failure.js";
import { excerptOf, headingsOf } from "./passage.js";

const HITS = 10;
const MODES = [
  ["hybrid", "Hybrid", "Words and meaning together"],
  ["bm25", "BM25", "Words only"],
  ["dense", "Dense", "Meaning only"],
];
let panels = 0;

/** A closed panel that, once opened, searches for `question` and shows every hit with the scores of the stages. */
export function retrievedPanel(question, popover) {
  panels += 1;
  const group = `mode-${panels}`;
  const results = el("div", { class: "hits", "aria-live": "polite" });
  const load = (mode) => showHits(results, question, mode, popover, () => load(mode));
  const choice = ([mode, name, meaning]) =>
    el("label", { title: meaning },
      el("input", { type: "radio", name: group, value: mode, checked: mode === "hybrid", on: { change: () => load(mode) } }),
      el("span", {}, name));
  const modes = el("fieldset", { class: "modes" }, el("legend", { class: "hidden" }, "Search mode"), MODES.map(choice));
  const panel = el("details", { class: "retrieved" }, el("summary", {}, "What was retrieved"), modes, results);
  panel.addEventListener("toggle", () => panel.open && results.childElementCount === 0 && load("hybrid"));
  return panel;
}

async function showHits(results, question, mode, popover, retry) {
  results.wanted = mode;
  results.setAttribute("aria-busy", "true");
  let shown;
  try {
    const body = { query: question, k: HITS, mode };
    shown = hitList(await sendJson("POST", "api/v1/search", { body }), popover);
  } catch (error) {
    shown = [failureBox(failureOf(error), retry)];
  }
  // The reader may have chosen another mode meanwhile.
  if (results.wanted !== mode) return;
  results.replaceChildren(...shown);
  results.setAttribute("aria-busy", "false");
}

function hitList({ hits = [], mode, took_ms }, popover) {
  if (hits.length === 0) return [el("p", { class: "muted" }, "Nothing matches this question.")];
  const largest = (score) => Math.max(...hits.map(score), Number.MIN_VALUE);
  const stages = mode === "hybrid" ? ["bm25", "dense"] : [mode];
  const scales = { score: largest((hit) => hit.score), bm25: largest((hit) => hit.scores?.bm25 ?? 0), dense: 1 };
  const took = Number.isFinite(took_ms) ? `${hits.length} passages in ${took_ms.toFixed(1)} ms` : `${hits.length} passages`;
  return [el("p", { class: "muted took" }, took), el("ol", {}, hits.map((hit) => hitRow(hit, stages, scales, popover)))];
}

function hitRow(hit, stages, scales, popover) {
  const [title, ...path] = headingsOf(hit);
  const open = el("button", { type: "button", class: "link" }, title);
  popover.attach(open, hit, { preview: false });
  const bars = stages.map((stage) => bar(stage, hit.scores?.[stage] ?? 0, scales[stage]));
  return el("li", {},
    el("div", { class: "hit" },
      el("p", { class: "hit-title" }, open, path.length > 0 && el("span", { class: "path" }, path.join(" › "))),
      el("p", { class: "excerpt" }, excerptOf(hit))),
    el("dl", { class: "scores" }, bar("score", hit.score, scales.score), bars));
}

/** One score, drawn against `full`: the best of the list for score and BM25, 1 for a cosine. */
function bar(name, value, full) {
  const fill = el("span", { class: "fill" });
  fill.style.width = `${Math.round(100 * Math.min(1, Math.max(0, value / full)))}%`;
  return el("div", { class: `bar-row ${name}` }, el("dt", {}, name),
    el("dd", {}, el("span", { class: "track", "aria-hidden": "true" }, fill), el("span", { class: "value" }, value.toFixed(3))));
}
