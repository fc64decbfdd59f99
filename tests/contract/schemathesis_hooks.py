"""Two media types that schemathesis reads or writes in another way than the document describes them."""
import json

import schemathesis


@schemathesis.deserializer("text/event-stream")
def events(_, response):
    """The document's schema is of an event's data, which is what a client parses."""
    return [json.loads(line.removeprefix("data: ")) for line in response.content.decode().split("\n") if line.startswith("data: ")]


@schemathesis.serializer("application/x-ndjson")
def lines(_, value):
    rows = value if isinstance(value, list) else [value]
    return {"data": "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode(errors="surrogatepass")}
