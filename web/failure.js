import { el } from "./dom.js";

/** What went wrong, what to do about it, and a button to do it when there is one. */
export function failureBox({ title, advice }, retry) {
  const again = retry && el("button", { type: "button", on: { click: retry } }, "Try again");
  return el("div", { class: "notice", role: "alert" }, el("div", {}, el("strong", {}, title), el("p", {}, advice)), again);
}
