import { failureOf, send } from "./api.js";
import { el } from "./dom.js";
import { readEvents } from "./sse.js";
import { applyEvent, endTurn, failTurn, historyOf, isRunning, startTurn, stopTurn } from "./turn.js";
import { TurnView } from "./turn_view.js";

const EXAMPLES = [
  "How do I start Wellspring?",
  "What happens when an article is unpublished?",
  "How are answers cited?",
  "How do I import a folder of Markdown?",
];
const HEIGHT_MAX_PX = 200;

const byId = (id) => document.getElementById(id);

/** The conversation: one question at a time, earlier answers sent along as history. */
export class Ask {
  #popover;
  #turns = [];
  #views = [];
  #abort = null;
  #input = byId("question");

  constructor(popover) {
    this.#popover = popover;
    byId("examples").append(...EXAMPLES.map((question) =>
      el("li", {}, el("button", { type: "button", on: { click: () => this.ask(question) } }, question))));
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("input", () => this.#fit());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.stop());
    byId("stop").addEventListener("click", () => this.stop());
    byId("clear").addEventListener("click", () => this.#clear());
  }

  /** Aborts the answer under way, if there is one; what came so far stays. */
  stop() {
    this.#abort?.abort();
  }

  /** Asks `question` at the end of the conversation. */
  async ask(question) {
    if (this.#abort) return;
    await this.#run(this.#turns.length, question);
  }

  #submit() {
    const question = this.#input.value.trim();
    if (question === "" || this.#abort) return;
    this.#input.value = "";
    this.#fit();
    this.ask(question);
  }

  #clear() {
    this.stop();
    this.#turns = [];
    this.#views = [];
    byId("turns").replaceChildren();
    this.#showState();
    this.#input.focus();
  }

  /** Runs the turn at `place`, which is a new one or one to repeat. */
  async #run(place, question) {
    const abort = new AbortController();
    const turns = this.#turns;
    const view = new TurnView(startTurn(question), this.#popover, () => !this.#abort && this.#run(place, question));
    this.#abort = abort;
    this.#put(place, startTurn(question), view);
    announce("Looking through the articles");

    const history = historyOf(turns.slice(0, place));
    const turn = await this.#stream(question, history, abort.signal, (next) => {
      turns[place] = next;
      view.update(next);
    });

    turns[place] = turn;
    view.update(turn);
    if (this.#abort === abort) this.#abort = null;
    announce(turn.state === "stopped" ? "Stopped" : "");
    this.#showState();
  }

  /** Sends the question and follows its stream; returns the turn in a final state and never throws a refusal. */
  async #stream(question, history, signal, show) {
    const draw = drawEachFrame(show);
    let turn = startTurn(question);
    try {
      const body = { query: question, chat_history: history };
      const response = await send("POST", "api/v1/chat/stream", { body, signal });
      for await (const event of readEvents(response.body)) {
        turn = applyEvent(turn, event);
        draw(turn);
        if (!isRunning(turn)) break;
      }
      return endTurn(turn);
    } catch (error) {
      return error.name === "AbortError" ? stopTurn(turn) : failTurn(turn, failureOf(error));
    } finally {
      draw(null);
    }
  }

  #put(place, turn, view) {
    const old = this.#views[place];
    this.#turns[place] = turn;
    this.#views[place] = view;
    view.update(turn);
    if (old) {
      old.node.replaceWith(view.node);
    } else {
      byId("turns").append(view.node);
    }
    this.#showState();
    if (document.activeElement !== this.#input) view.focus();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    view.node.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  #showState() {
    const running = this.#abort !== null;
    byId("empty").hidden = this.#turns.length > 0;
    byId("clear").hidden = this.#turns.length === 0;
    byId("send").hidden = running;
    byId("stop").hidden = !running;
  }

  /** The box grows with the question up to a limit. */
  #fit() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, HEIGHT_MAX_PX)}px`;
  }
}

function announce(text) {
  byId("announcer").textContent = text;
}

/** Shows at most one state per frame, however quickly tokens come; null shows no more. */
function drawEachFrame(show) {
  let latest = null;
  let frame = 0;
  return (turn) => {
    latest = turn;
    if (turn === null) {
      cancelAnimationFrame(frame);
    } else if (frame === 0) {
      frame = requestAnimationFrame(() => {
        frame = 0;
        show(latest);
      });
    }
  };
}
