import { failureOf, sendJson } from "./api.js";
import { el } from "./dom.js";

const COMMENT_MAX = 2000;
const SVG = "http://www.w3.org/2000/svg";

/** Asks whether an answer helped: two buttons, and room for a word after a "no". A later verdict replaces an earlier one. */
export function feedbackRow(questionId) {
  const said = el("span", { class: "muted", role: "status" });
  const yes = verdictButton("Helpful", "M7 10v10H4V10zm2 10h8a2 2 0 0 0 2-1.6l1.3-7A2 2 0 0 0 18.4 9H14V5a2 2 0 0 0-2-2l-3 7z");
  const no = verdictButton("Not helpful", "M17 14V4h3v10zm-2-10H7a2 2 0 0 0-2 1.6l-1.3 7A2 2 0 0 0 5.6 15H10v4a2 2 0 0 0 2 2l3-7z");
  const comment = el("input", { type: "text", maxlength: COMMENT_MAX, "aria-label": "What was missing or wrong?",
    placeholder: "What was missing or wrong? (optional)", autocomplete: "off" });
  const form = el("form", { class: "row comment", hidden: true }, comment, el("button", { type: "submit", class: "quiet" }, "Send"));

  const give = async (helpful, text) => {
    for (const [button, verdict] of [[yes, true], [no, false]]) button.setAttribute("aria-pressed", String(verdict === helpful));
    form.hidden = helpful || text !== "";
    said.textContent = "";
    try {
      await sendJson("POST", "api/v1/feedback", { body: { question_id: questionId, helpful, comment: text } });
      said.textContent = "Thank you.";
    } catch (error) {
      said.textContent = failureOf(error).title;
    }
  };
  yes.addEventListener("click", () => give(true, ""));
  no.addEventListener("click", () => give(false, ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    give(false, comment.value.trim());
  });
  return el("div", { class: "feedback" },
    el("div", { class: "row", role: "group", "aria-label": "Was this answer helpful?" }, yes, no, said), form);
}

function verdictButton(label, path) {
  return el("button", { type: "button", class: "quiet verdict", "aria-label": label, "aria-pressed": "false", title: label }, thumb(path));
}

function thumb(path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["width", 18], ["height", 18], ["aria-hidden", true]]) svg.setAttribute(name, value);
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
