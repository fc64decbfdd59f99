/** Longest event line taken; a server that sends more is not ours. */
const LINE_CHARS_MAX = 8 * 1024 * 1024;

/**
 * Cuts the bytes of an event stream into events: the JSON of each line that begins with exactly `data: `.
 * Comments (heartbeats), blank lines and unreadable JSON are passed over.
 */
export class EventReader {
  #decoder = new TextDecoder();
  #tail = "";

  /** The events that `bytes` completes. */
  push(bytes) {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The event of a last line without a line end, if there is one. */
  end() {
    return this.#take(`${this.#decoder.decode()}\n`);
  }

  #take(text) {
    const lines = (this.#tail + text).split("\n");
    this.#tail = lines.pop();
    if (this.#tail.length > LINE_CHARS_MAX) {
      throw new Error(`event stream: a line is longer than ${LINE_CHARS_MAX} characters`);
    }
    return lines.map(parseLine).filter((event) => event !== null);
  }
}

function parseLine(line) {
  if (!line.startsWith("data: ")) return null;
  try {
    const event = JSON.parse(line.slice("data: ".length));
    return event !== null && typeof event === "object" ? event : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * The events of a streamed response, as they arrive. A connection that breaks ends the events like one that closes:
 * the absent terminal event tells. Throws the AbortError of the request's signal.
 */
export async function* readEvents(body) {
  const reader = body.getReader();
  const events = new EventReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      if (error.name === "AbortError") throw error;
      return { done: true };
    });
    yield* done ? events.end() : events.push(value);
    if (done) return;
  }
}
