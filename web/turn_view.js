import { citationButtons } from "./citations.js";
import { el } from "./dom.js";
import { failureBox } from "./failure.js";
import { feedbackRow } from "./feedback.js";
import { showMarkdown } from "./markdown.js";
import { headingsOf } from "./passage.js";
import { retrievedPanel } from "./retrieved.js";
import { isRunning } from "./turn.js";

/** A turn on the page: the question, the answer as it grows, and what it rests on. */
export class TurnView {
  #popover;
  #answer = el("div", { class: "prose answer", "aria-live": "polite" });
  #state = el("p", { class: "thinking" }, el("span", { class: "dots", "aria-hidden": "true" }), "Looking through the articles");
  #failure = el("div");
  #after = el("div", { class: "after" });
  #retry;
  #finished = false;

  constructor(turn, popover, retry) {
    this.#popover = popover;
    this.#retry = retry;
    this.node = el("article", { class: "turn" }, el("h2", { class: "question", tabindex: -1 }, turn.question),
      this.#state, this.#answer, this.#failure, this.#after);
  }

  /** Moves the focus to the question, from where the answer is next. */
  focus() {
    this.node.firstElementChild.focus({ preventScroll: true });
  }

  update(turn) {
    const running = isRunning(turn);
    this.node.dataset.state = turn.state;
    this.#state.hidden = turn.state !== "thinking";
    // Screen readers wait for the whole answer in place of reading it in pieces.
    this.#answer.setAttribute("aria-busy", String(running));
    showMarkdown(this.#answer, turn.text, (node) => citationButtons(node, turn.sources, this.#popover));
    if (!running && !this.#finished) this.#finish(turn);
  }

  #finish(turn) {
    this.#finished = true;
    if (turn.failure) this.#failure.append(failureBox(turn.failure, this.#retry));
    if (turn.state === "stopped") this.#failure.append(this.#stoppedNote());
    if (turn.text !== "" && turn.sources.length > 0) this.#after.append(sourceList(turn, this.#popover));
    if (turn.text !== "") this.#after.append(copyRow(turn));
    if (turn.questionId) this.#after.append(feedbackRow(turn.questionId));
    this.#after.append(retrievedPanel(turn.question, this.#popover));
  }

  #stoppedNote() {
    return el("p", { class: "muted stopped" }, "Stopped. ",
      el("button", { type: "button", class: "link", on: { click: this.#retry } }, "Ask again"));
  }
}

function citedNumbers(text) {
  const found = [...text.matchAll(/\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g)];
  return new Set(found.flatMap((marker) => marker[1].split(",").map(Number)));
}

function sourceList(turn, popover) {
  const cited = citedNumbers(turn.text);
  const rows = turn.sources.map((source, index) => {
    const [title, ...path] = headingsOf(source);
    const button = el("button", { type: "button", class: "source" },
      el("span", { class: "number" }, String(index + 1)),
      el("span", { class: "where" }, el("span", { class: "source-title" }, title),
        path.length > 0 && el("span", { class: "path" }, path.join(" › "))));
    popover.attach(button, source, { preview: false });
    return el("li", { class: cited.has(index + 1) ? "" : "uncited" }, button);
  });
  return el("section", { class: "sources", "aria-label": "Sources" }, el("h3", {}, "Sources"), el("ol", {}, rows));
}

function copyRow(turn) {
  const button = el("button", { type: "button", class: "quiet" }, "Copy answer");
  button.addEventListener("click", async () => {
    const copied = await copy(plainAnswer(turn));
    button.textContent = copied ? "Copied" : "Copying was refused";
    setTimeout(() => (button.textContent = "Copy answer"), 2000);
  });
  const cached = turn.fromCache && el("span", { class: "muted" }, "Answered from the cache");
  return el("div", { class: "row actions" }, button, cached);
}

/** The answer's Markdown with its sources written out, so that the markers keep their meaning elsewhere. */
function plainAnswer(turn) {
  const sources = turn.sources.map((source, index) => `[${index + 1}] ${headingsOf(source).join(" › ")}`);
  return sources.length > 0 ? `${turn.text}\n\n${sources.join("\n")}` : turn.text;
}

/** The clipboard interface exists on secure pages only; a server on the local network has the older way. */
async function copy(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const area = el("textarea", { class: "hidden" });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
