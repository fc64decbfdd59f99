import { failureOf, sendJson } from "./api.js";
import { el } from "./dom.js";
import { failureBox } from "./failure.js";

/** Between two looks at a job: short beside the time that a publish takes. */
const LOOK_MS = 25;
/** A job that takes longer is left to the list of jobs. */
const FOLLOW_MS_MAX = 30_000;

const byId = (id) => document.getElementById(id);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The CMS's own form of a text: one paragraph node per paragraph. */
function lexical(markdown) {
  const paragraph = (text) => ({
    type: "paragraph", version: 1, format: "", indent: 0, direction: "ltr",
    children: [{ type: "text", version: 1, text, format: 0, mode: "normal", style: "", detail: 0 }],
  });
  const children = markdown.split(/\n{2,}/).filter(Boolean).map(paragraph);
  return { root: { type: "root", version: 1, format: "", indent: 0, direction: "ltr", children } };
}

/** The webhook that a Payload CMS sends for a save of `article` with `status`. */
export function webhookOf(article, operation, status, now) {
  const { id, title, markdown, createdAt } = article;
  const doc = { id, title, markdown, status, createdAt, updatedAt: now.toISOString(), content: lexical(markdown) };
  return { operation, doc };
}

/**
 * Sends a webhook and waits until its job is done. Returns {job, accepted, done}, the times in milliseconds since the
 * start; `done` is null when the job was still under way after FOLLOW_MS_MAX.
 */
async function publish(webhook) {
  const start = performance.now();
  const { job_id } = await sendJson("POST", "api/v1/sync/payload", { body: webhook });
  const accepted = performance.now() - start;
  while (performance.now() - start < FOLLOW_MS_MAX) {
    const job = await sendJson("GET", `api/v1/sync/jobs/${encodeURIComponent(job_id)}`, { authorize: true });
    if (job.state === "done" || job.state === "dead") return { job, accepted, done: performance.now() - start };
    await pause(LOOK_MS);
  }
  return { job: null, accepted, done: null };
}

/** The form that publishes a test article. `ask` is called to ask about it, `changed` when a job began or ended. */
export function startPublishForm({ ask, changed }) {
  byId("publish").addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? byId("publish").querySelector("button");
    button.disabled = true;
    await publishArticle({ ask, changed });
    button.disabled = false;
  });
}

async function publishArticle(page) {
  const now = new Date();
  const article = {
    id: `test-${now.getTime().toString(36)}`,
    title: byId("article-title").value.trim(),
    markdown: byId("article-text").value,
    createdAt: now.toISOString(),
  };
  await follow(webhookOf(article, "create", "published", now), page, (times) => publishedCard(article, times, page));
}

async function unpublishArticle(article, page) {
  const webhook = webhookOf(article, "update", "draft", new Date());
  await follow(webhook, page, ({ done }) =>
    el("p", { class: "good" }, `“${article.title}” is out of every answer after ${Math.round(done)} ms.`));
}

async function follow(webhook, { changed }, card) {
  const place = byId("published");
  place.replaceChildren(el("p", { class: "muted" }, "Sending the webhook and following its job"));
  try {
    const { job, accepted, done } = await publish(webhook);
    place.replaceChildren(outcome(job, { accepted, done }, card));
  } catch (error) {
    place.replaceChildren(failureBox(failureOf(error)));
  }
  changed();
}

function outcome(job, times, card) {
  if (job?.state === "done") return card(times);
  if (job) return failureBox({ title: "The job failed for good", advice: job.last_error || "The list of jobs has the reason." });
  return failureBox({ title: "The job is still waiting", advice: "It is safely stored; follow it in the list of jobs." });
}

function publishedCard(article, { accepted, done }, page) {
  const figure = (name, ms) => el("div", {}, el("dt", {}, name), el("dd", {}, `${Math.round(ms)} ms`));
  const askButton = el("button", { type: "button", on: { click: () => page.ask(article.title) } }, "Ask about it");
  const unpublish = el("button", { type: "button", on: { click: () => unpublishArticle(article, page) } }, "Unpublish it");
  return el("div", { class: "receipt" },
    el("p", { class: "good" }, `“${article.title}” is answerable.`),
    el("dl", { class: "figures" }, figure("Accepted after", accepted), figure("Answerable after", done)),
    el("div", { class: "row" }, askButton, unpublish));
}
