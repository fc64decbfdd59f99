import { el } from "./dom.js";
import { showMarkdown } from "./markdown.js";
import { bodyOf, headingsOf } from "./passage.js";

/** Time for the pointer to travel from a marker to its passage. */
const LEAVE_MS = 180;
const GAP_PX = 6;

const byId = (id) => document.getElementById(id);

/**
 * The one passage shown over the page. Pointing at or focusing a citation previews its passage; choosing it keeps the
 * passage open and moves the focus there, until Escape, its close button or a click elsewhere.
 */
export class PassagePopover {
  #box = byId("passage");
  #opener = null;
  #pinned = false;
  #leaving = 0;

  constructor() {
    byId("passage-close").addEventListener("click", () => this.close());
    this.#box.addEventListener("pointerenter", () => clearTimeout(this.#leaving));
    this.#box.addEventListener("pointerleave", () => this.#leave());
    addEventListener("resize", () => this.#opener && this.#place());
    document.addEventListener("pointerdown", ({ target }) => {
      if (this.#opener && !this.#box.contains(target) && !this.#opener.contains(target)) this.#hide();
    });
    // Captured before the page's own Escape, which would stop the answer.
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#opener) return;
      event.stopPropagation();
      this.close();
    }, true);
  }

  /** Makes `button` open `passage`; `preview` says whether pointing at it is enough. */
  attach(button, passage, { preview }) {
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-expanded", "false");
    if (preview) {
      button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.#preview(button, passage));
      button.addEventListener("focus", () => button.matches(":focus-visible") && this.#preview(button, passage));
      button.addEventListener("pointerleave", () => this.#leave());
      button.addEventListener("blur", () => this.#leave());
    }
    button.addEventListener("click", () => {
      if (this.#pinned && this.#opener === button) return this.close();
      this.#show(button, passage);
      this.#pinned = true;
      byId("passage-text").focus({ preventScroll: true });
    });
    return button;
  }

  close() {
    const back = this.#box.contains(document.activeElement) ? this.#opener : null;
    this.#hide();
    if (back?.isConnected) back.focus({ preventScroll: true });
    // Giving the focus back must not open the preview again.
    this.#hide();
  }

  #preview(button, passage) {
    if (!this.#pinned) this.#show(button, passage);
  }

  #show(button, passage) {
    this.#hide();
    this.#opener = button;
    button.setAttribute("aria-expanded", "true");
    const [title, ...path] = headingsOf(passage);
    byId("passage-title").textContent = title;
    byId("passage-path").textContent = path.join(" › ");
    const text = byId("passage-text");
    text.replaceChildren();
    showMarkdown(text, bodyOf(passage), (node) => [node.text]);
    text.scrollTop = 0;
    this.#box.hidden = false;
    this.#place();
  }

  #place() {
    const anchor = this.#opener.getBoundingClientRect();
    const box = this.#box.getBoundingClientRect();
    // The body, because the room kept for the scroll bar counts in the root.
    const width = document.body.clientWidth;
    const fitsBelow = anchor.bottom + GAP_PX + box.height <= innerHeight;
    const above = !fitsBelow && anchor.top - GAP_PX - box.height >= 0;
    const top = above ? anchor.top - GAP_PX - box.height : anchor.bottom + GAP_PX;
    const left = Math.max(8, Math.min(anchor.left - 16, width - box.width - 8));
    this.#box.style.top = `${Math.max(8, Math.min(top, innerHeight - box.height - 8)) + scrollY}px`;
    this.#box.style.left = `${left + scrollX}px`;
  }

  #leave() {
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => !this.#pinned && this.#hide(), LEAVE_MS);
  }

  #hide() {
    clearTimeout(this.#leaving);
    this.#opener?.setAttribute("aria-expanded", "false");
    this.#opener = null;
    this.#pinned = false;
    this.#box.hidden = true;
  }
}

/** The buttons that stand for a `[n]` or `[n, m]` marker; a number without a source stays as typed. */
export function citationButtons(node, sources, popover) {
  if (!node.numbers.every((number) => number >= 1 && number <= sources.length)) return [node.text];
  return node.numbers.map((number) => {
    const source = sources[number - 1];
    const label = `Source ${number}: ${headingsOf(source).join(", ")}`;
    const button = el("button", { type: "button", class: "cite", "aria-label": label }, String(number));
    return popover.attach(button, source, { preview: true });
  });
}
