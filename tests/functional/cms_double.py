"""A CMS that lists and gives its articles as Payload's REST API does, and misbehaves when told to. Loopback only."""
import http.server
import json
import threading
import urllib.parse


def stamp(n):
    """Times in the order of their numbers."""
    return f"2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000Z"


class CmsDouble:
    def __init__(self, api_key=None):
        self.docs, self.requests, self.sent_bytes, self.authorizations = {}, [], 0, set()
        self.fault = None            # None, "500", "garbage", "slow", "endless", "empty", "forbidden"
        self.released = threading.Event()
        self.api_key = api_key
        cms = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                cms.requests.append(self.path)
                cms.authorizations.add(self.headers.get("Authorization"))
                status, body = cms.answer(self.path, self.headers.get("Authorization"))
                cms.sent_bytes += len(body)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass

        class Listener(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self._classes = (Listener, Handler)
        self.port = 0
        self.start()

    def start(self):
        listener, handler = self._classes
        self.server = listener(("127.0.0.1", self.port), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def put(self, article_id, text, n, status="published", **titles):
        """`titles` by locale; without any the article is not localised."""
        self.docs[article_id] = {"text": text, "n": n, "status": status, "titles": titles}

    def document(self, article_id, locale):
        doc = self.docs[article_id]
        title = doc["titles"].get(locale) if locale and doc["titles"] else f"Title of {article_id}"
        return {"id": article_id, "title": title, "markdown": doc["text"], "content": None, "status": doc["status"],
                "createdAt": stamp(0), "updatedAt": stamp(doc["n"])}

    def answer(self, target, authorization):
        if self.fault == "slow":
            self.released.wait(60)
        if self.fault == "500":
            return 500, b'{"errors":[{"message":"Something went wrong."}]}'
        if self.fault == "garbage":
            return 200, b"<html>We are down for maintenance</html>"
        if self.fault == "forbidden" or (self.api_key and authorization != self.api_key):
            return 403, b'{"errors":[{"message":"You are not allowed to perform this action."}]}'
        url = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = [urllib.parse.unquote(part) for part in url.path.split("/") if part]
        if parts[:2] != ["api", "articles"] or len(parts) > 3:
            return 404, b'{"message":"Route not found"}'
        if len(parts) == 3:
            if parts[2] not in self.docs or self.fault == "empty":
                return 404, b'{"errors":[{"message":"Not Found"}]}'
            return 200, json.dumps(self.document(parts[2], query.get("locale"))).encode()
        return 200, json.dumps(self.listing(query)).encode()

    def listing(self, query):
        selected = {key[7:-1] for key in query if key.startswith("select[")} | {"id"}
        limit, page = int(query["limit"]), int(query["page"])
        ids = [] if self.fault == "empty" else sorted(self.docs)
        if self.fault == "endless":
            page = 1
        docs = [{key: value for key, value in self.document(one, query.get("locale")).items() if key in selected}
                for one in ids[(page - 1) * limit:page * limit]]
        more = self.fault == "endless" or page * limit < len(ids)
        return {"docs": docs, "hasNextPage": more, "hasPrevPage": page > 1, "limit": limit, "nextPage": page + 1 if more else None,
                "page": page, "pagingCounter": 1, "prevPage": None, "totalDocs": len(ids), "totalPages": -(-len(ids) // limit)}
