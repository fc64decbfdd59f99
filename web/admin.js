import { failureOf, sendJson, token } from "./api.js";
import { el, parseTime, syncChildren, timeElement } from "./dom.js";
import { failureBox } from "./failure.js";
import { showMarkdown } from "./markdown.js";
import { bodyOf, headingsOf } from "./passage.js";

const REFRESH_MS = 2000;
const PAGE = 50;
const JOBS_MAX = 50;
/** Jobs shown before the reader asks for all. */
const JOBS_SHORT = 8;
const STATES = ["queued", "running", "done", "dead"];

const byId = (id) => document.getElementById(id);

/** The view of documents and jobs. It refreshes itself while it is the visible one. */
export class Admin {
  #visible = false;
  #timer = 0;
  #offset = 0;
  #total = 0;
  #allJobs = false;

  constructor() {
    byId("token-form").addEventListener("submit", (event) => {
      event.preventDefault();
      token.set(byId("token").value.trim());
      this.refresh();
    });
    byId("page-back").addEventListener("click", () => this.#turnPage(-PAGE));
    byId("page-next").addEventListener("click", () => this.#turnPage(PAGE));
    byId("jobs-more").addEventListener("click", () => {
      this.#allJobs = !this.#allJobs;
      this.refresh();
    });
    document.addEventListener("visibilitychange", () => this.refresh());
  }

  setVisible(visible) {
    this.#visible = visible;
    this.refresh();
  }

  /** Loads documents and jobs now and again after a while, as long as someone can see them. */
  async refresh() {
    clearTimeout(this.#timer);
    if (!this.#visible || document.hidden) return;
    const mark = (this.#timer = setTimeout(() => this.refresh(), REFRESH_MS));
    try {
      const [documents, jobs] = await Promise.all([
        get(`api/v1/documents?limit=${PAGE}&offset=${this.#offset}`),
        latestJobs(),
      ]);
      // A later refresh has begun: its answer is the newer one.
      if (mark !== this.#timer) return;
      byId("access").hidden = true;
      this.#showDocuments(documents);
      this.#showJobs(jobs);
    } catch (error) {
      showAccess(failureOf(error));
    }
  }

  #turnPage(step) {
    this.#offset = Math.max(0, Math.min(this.#offset + step, Math.max(0, this.#total - 1)));
    this.refresh();
  }

  #showDocuments({ documents = [], total = 0 }) {
    this.#total = total;
    byId("documents-total").textContent = total;
    byId("documents-empty").hidden = total > 0;
    syncChildren(byId("documents"), documents, (item) => `${item.id} ${item.locale}`, documentRow);
    byId("pages").hidden = total <= PAGE;
    byId("page-back").disabled = this.#offset === 0;
    byId("page-next").disabled = this.#offset + PAGE >= total;
    byId("page-place").textContent = `${this.#offset + 1}–${this.#offset + documents.length} of ${total}`;
  }

  #showJobs({ jobs = [], counts = {} }) {
    const states = STATES.map((state) => ({ state, count: counts[state] ?? 0 }));
    syncChildren(byId("counts"), states, ({ state }) => state, countBadge);
    byId("jobs-empty").hidden = jobs.length > 0;
    const shown = this.#allJobs ? jobs : jobs.slice(0, JOBS_SHORT);
    syncChildren(byId("jobs"), shown, (job) => job.id, (job) => jobRow(job, () => this.refresh()));
    byId("jobs-more").hidden = jobs.length <= JOBS_SHORT;
    byId("jobs-more").textContent = this.#allJobs ? "Show fewer" : `Show the latest ${jobs.length}`;
  }
}

const get = (path) => sendJson("GET", path, { authorize: true });

/** The newest jobs, those that wait for a person before all others, however many came after them. */
async function latestJobs() {
  const { jobs = [], counts = {} } = await get(`api/v1/sync/jobs?limit=${JOBS_MAX}`);
  if (!counts.dead) return { jobs, counts };
  const dead = await get(`api/v1/sync/jobs?state=dead&limit=${JOBS_MAX}`);
  return { jobs: [...(dead.jobs ?? []), ...jobs.filter((job) => job.state !== "dead")], counts };
}

function showAccess(failure) {
  byId("access").hidden = false;
  byId("access-title").textContent = failure.title;
  byId("access-advice").textContent = failure.advice;
  byId("token-form").hidden = !failure.needsToken;
}

function countBadge({ state, count }) {
  return el("li", { class: `state ${count > 0 ? state : "none"}` }, el("strong", {}, String(count)), ` ${state}`);
}

const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** A document; opening it loads its passages. A new revision keeps it open and loads again. */
function documentRow(item, old) {
  const passages = el("div", { class: "passages" });
  const facts = [item.locale, item.source, plural(item.chunk_count ?? 0, "passage")].filter(Boolean).join(" · ");
  const row = el("details", { class: "document" },
    el("summary", {}, el("span", { class: "name" }, item.title || item.id),
      el("span", { class: "muted facts" }, facts, " · ", timeElement(item.updated_at ?? item.stored_at))),
    passages);
  row.addEventListener("toggle", () => row.open && passages.childElementCount === 0 && loadPassages(passages, item));
  row.open = old?.open ?? false;
  return row;
}

async function loadPassages(passages, item) {
  const retry = () => loadPassages(passages, item);
  try {
    const path = `api/v1/documents/${encodeURIComponent(item.id)}?locale=${encodeURIComponent(item.locale ?? "")}`;
    const { chunks = [] } = await get(path);
    passages.replaceChildren(el("p", { class: "muted id" }, "Id ", el("code", {}, item.id)), ...chunks.map(passageBlock));
  } catch (error) {
    passages.replaceChildren(failureBox(failureOf(error), retry));
  }
}

function passageBlock(chunk, index) {
  const path = headingsOf(chunk).slice(1).join(" › ");
  const text = el("div", { class: "prose small" });
  showMarkdown(text, bodyOf(chunk), (node) => [node.text]);
  return el("section", { class: "chunk", "aria-label": `Passage ${index + 1}` },
    el("p", { class: "path" }, path ? `${index + 1} · ${path}` : String(index + 1)), text);
}

function jobRow(job, refresh) {
  const state = el("span", { class: `state ${job.state}` }, job.state);
  const accepted = parseTime(job.accepted_at);
  const finished = parseTime(job.finished_at);
  const took = accepted && finished ? `${Math.max(0, finished - accepted)} ms` : null;
  const outcome = job.outcome && job.outcome !== "none" ? job.outcome : null;
  const attempts = job.attempts > 1 ? plural(job.attempts, "attempt") : null;
  const facts = [job.kind, outcome, attempts, took].filter(Boolean).join(" · ");
  return el("li", { class: "job" }, state,
    el("div", { class: "job-body" },
      el("span", { class: "name" }, job.title || job.article_id),
      el("span", { class: "muted facts" }, facts, " · ", timeElement(job.accepted_at)),
      job.last_error && el("span", { class: "problem" }, job.last_error)),
    job.state === "dead" && retryButton(job, refresh));
}

function retryButton(job, refresh) {
  const button = el("button", { type: "button", "aria-label": `Retry ${job.title || job.article_id}` }, "Retry");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await sendJson("POST", `api/v1/sync/jobs/${encodeURIComponent(job.id)}/retry`, { authorize: true });
      await refresh();
    } catch (error) {
      button.disabled = false;
      showAccess(failureOf(error));
    }
  });
  return button;
}
