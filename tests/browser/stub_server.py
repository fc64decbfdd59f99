"""A server that stands in for Wellspring where a real one cannot be made to fail on demand.

It serves the page's files and answers its requests from memory. A question that starts with one of SCENARIOS makes
the answer go wrong in that way; any other is answered from the published articles that share words with it.
"""
import argparse
import http.server
import json
import pathlib
import re
import threading
import time
import urllib.parse

WEB = pathlib.Path(__file__).resolve().parents[2] / "web"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
SCENARIOS = ("limit:", "busy:", "invalid:", "cut:", "error:", "slow:", "script:")
HOSTILE = ("<img src=x onerror=\"document.title='pwned'\"> [a](javascript:document.title='pwned') "
           "[b](https://example.org/) ![c](https://example.org/c.png) <script>document.title='pwned'</script> [9]")

ARTICLES = [
    ("quick-start", "Quick start", [
        (["Start the server"], "To start Wellspring, run `make run`. It installs what is missing, builds the program "
                               "and serves the page on port 8000. No other service is needed.\n\n```sh\nmake run\n```"),
        (["Ask a question"], "Open `/ui/` and type a question. The answer streams in, and each sentence carries a "
                             "marker such as [1] that opens the passage it rests on."),
    ]),
    ("publishing", "Publishing and unpublishing", [
        (["What a publish does"], "A publish is atomic: readers see the old revision or the new one, never a mixture."),
        (["What an unpublish does", "Order"], "When an article is unpublished it leaves search, prompts and every cache "
                                             "before its job says done. The order is decided by `updatedAt`."),
    ]),
    ("import", "Importing Markdown", [
        (["Folders"], "`wellspring import docs/` reads a folder of Markdown.\n\n| option | meaning |\n| --- | --- |\n"
                      "| `--no-wait` | return before everything is answerable |\n| `--url` | send to a running server |"),
    ]),
    ("citations", "How answers are cited", [
        (["Markers"], "Answers are cited by numbered markers. A marker points at the passage that supports the sentence, "
                      "and a question without evidence is refused."),
    ]),
]


def words(text):
    return {word for word in re.findall(r"[a-z]{3,}", text.lower())}


class Library:
    """Published articles and the jobs that brought them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.documents, self.jobs = {}, []
        self.token = None
        for identity, title, sections in ARTICLES:
            self.publish(identity, title, sections)
        self.jobs.append(self.job("broken", "An article that failed", "dead", attempts=5,
                                  error="embed 'broken': the model file changed on disk; restart the server"))

    def job(self, identity, title, state="done", attempts=1, error="", kind="publish"):
        now = time.time()
        stamp = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".250000"
        return {"id": f"job-{len(self.jobs) + 1}", "article_id": identity, "title": title, "kind": kind, "state": state,
                "outcome": "applied" if state == "done" else "none", "attempts": attempts, "last_error": error,
                "accepted_at": stamp(now), "finished_at": stamp(now) if state != "queued" else None}

    def publish(self, identity, title, sections):
        chunks = []
        for index, (path, text) in enumerate(sections):
            names = dict(zip(("section_title", "subsection_title"), path))
            labels = [f"Title: {title}"] + [f"{kind}: {name}" for kind, name in zip(("Section", "Subsection"), path)]
            metadata = {"payload_id": identity, "title": title, "chunk_index": index, "locale": "en", **names}
            chunks.append({"chunk_index": index, "text": "\n".join(labels) + "\n\n" + text, "metadata": metadata})
        with self.lock:
            self.documents[identity] = {
                "id": identity, "locale": "en", "title": title, "source": "payload", "updated_at": "2025-11-20T08:30:00Z",
                "stored_at": "2025-11-20T08:30:00.250000", "chunk_count": len(chunks), "chunks": chunks}
            self.jobs.append(self.job(identity, title))
            return self.jobs[-1]

    def unpublish(self, identity, title):
        with self.lock:
            self.documents.pop(identity, None)
            self.jobs.append(self.job(identity, title, kind="unpublish"))
            return self.jobs[-1]

    def search(self, query, k):
        asked = words(query)
        hits = []
        for document in list(self.documents.values()):
            for chunk in document["chunks"]:
                shared = asked & words(chunk["text"])
                if shared:
                    score = len(shared) / len(asked)
                    hits.append({"document_id": document["id"], "chunk_index": chunk["chunk_index"], "score": score,
                                 "title": document["title"], "text": chunk["text"], "metadata": chunk["metadata"],
                                 "scores": {"bm25": 7.5 * score, "dense": 0.2 + score / 2}})
        return sorted(hits, key=lambda hit: -hit["score"])[:k]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in dict({"Content-Type": "application/json", "Content-Length": str(len(data))}, **dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        library = self.server.contents
        path = urllib.parse.urlsplit(self.path).path
        if path.startswith("/ui/"):
            return self.serve_file(path.removeprefix("/ui/") or "index.html")
        if library.token and self.headers.get("Authorization") != f"Bearer {library.token}":
            return self.reply(401, {"detail": "Send the access token as a Bearer token."})
        if path == "/api/v1/documents":
            rows = [{key: value for key, value in item.items() if key != "chunks"} for item in library.documents.values()]
            return self.reply(200, {"documents": rows, "total": len(rows)})
        if path == "/api/v1/sync/jobs":
            counts = {state: sum(job["state"] == state for job in library.jobs) for state in ("done", "dead")}
            state = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("state", [None])[0]
            listed = [job for job in library.jobs[::-1] if state in (None, job["state"])]
            return self.reply(200, {"jobs": listed[:50], "counts": counts})
        last = urllib.parse.unquote(path.rsplit("/", 1)[1])
        found = library.documents.get(last) or next((job for job in library.jobs if job["id"] == last), None)
        self.reply(200 if found else 404, found or {"detail": "Not Found"})

    def serve_file(self, name):
        file = WEB / name
        if not re.fullmatch(r"[\w.]+", name) or not file.is_file():
            return self.reply(404, {"detail": "Not Found"})
        headers = {"Content-Type": TYPES[file.suffix], "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        self.reply(200, file.read_bytes(), headers)

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.loads(data) if data else {}
        if self.path == "/api/v1/chat/stream":
            self.chat(body)
        elif self.path == "/api/v1/search":
            hits = self.server.contents.search(body["query"], body["k"])
            self.reply(200, {"hits": hits, "mode": body["mode"], "took_ms": 0.4})
        elif self.path == "/api/v1/sync/payload":
            self.webhook(body)
        elif self.path == "/api/v1/feedback":
            self.server.feedback.append(body)
            self.reply(200, {"status": "stored", "question_id": body["question_id"]})
        else:
            job = next(job for job in self.server.contents.jobs if f"/{job['id']}/retry" in self.path)
            job.update(state="done", outcome="applied", last_error="")
            self.reply(200, job)

    def webhook(self, body):
        document = body["doc"]
        if document["status"] == "published":
            job = self.server.contents.publish(document["id"], document["title"], [([], document["markdown"])])
            return self.reply(200, {"status": "processing_triggered", "document_id": document["id"], "job_id": job["id"]})
        job = self.server.contents.unpublish(document["id"], document["title"])
        self.reply(200, {"status": "not_published_or_deleted", "document_id": document["id"], "job_id": job["id"]})

    def chat(self, body):
        query = body["query"]
        self.server.histories.append(body["chat_history"])
        if query.startswith("limit:"):
            return self.reply(429, {"detail": {"error": "rate_limited", "message": "Please slow down."}}, {"Retry-After": "60"})
        if query.startswith("busy:"):
            return self.reply(503, {"detail": "All answer slots are taken."}, {"Retry-After": "2"})
        if query.startswith("invalid:"):
            return self.reply(422, {"detail": [{"type": "missing", "loc": ["body", "query"], "msg": "Field required"}]})
        self.stream(query)

    def stream(self, query):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.answer(query)
        except (BrokenPipeError, ConnectionResetError):
            self.server.left.set()

    def event(self, status, **members):
        self.wfile.write(f"data: {json.dumps({'status': status, **members})}\n\n".encode())
        self.wfile.flush()

    def answer(self, query):
        self.event("thinking", chunk="", isComplete=False)
        self.wfile.write(b": ping\n\n")
        hits = self.server.contents.search(query.split(":", 1)[-1], 4)
        sources = [{"page_content": hit["text"], "metadata": hit["metadata"]} for hit in hits]
        self.event("sources", sources=sources, isComplete=False)
        self.write_text(query, hits)
        if query.startswith("cut:"):
            return
        if query.startswith("error:"):
            return self.event("error", error="The language model did not answer in time.", isComplete=True)
        self.event("complete", chunk="", isComplete=True, fromCache=False, question_id="5f00000000000000000000ab")

    def write_text(self, query, hits):
        if query.startswith("script:"):
            return self.event("streaming", chunk=HOSTILE, isComplete=False)
        bodies = [hit["text"].split("\n\n", 1)[1] for hit in hits[:2]]
        text = "\n\n".join(f"{body} [{number}]" if not body.endswith(("```", "|")) else f"As the guide says [{number}]:\n\n{body}"
                           for number, body in enumerate(bodies, 1))
        text = text or "The published articles do not answer this question."
        for start in range(0, len(text), 7):
            self.event("streaming", chunk=text[start:start + 7], isComplete=False)
            self.server.pace.wait(self.server.pause)
        while query.startswith("slow:") and not self.server.pace.wait(0.05):
            self.event("streaming", chunk=" and on", isComplete=False)


class StubServer(http.server.ThreadingHTTPServer):
    """Listens on a port of the system's choice. `pause` is the time between two pieces of an answer, in seconds."""
    daemon_threads = True

    def __init__(self, port=0, pause=0.005):
        super().__init__(("127.0.0.1", port), Handler)
        self.contents, self.histories, self.feedback, self.pause = Library(), [], [], pause
        self.pace, self.left = threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    server = StubServer(parser.parse_args().port, pause=0.03)
    print(f"listening on {server.url}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
