/**
 * One question and its answer, as a state machine without network or page.
 * thinking -> answering -> complete; any of the first two may end as failed, interrupted or stopped.
 */
export function startTurn(question) {
  return { question, state: "thinking", text: "", sources: [], failure: null, fromCache: false, questionId: null };
}

export function isRunning(turn) {
  return turn.state === "thinking" || turn.state === "answering";
}

/** The turn after one event of the stream. Unknown events, and events after the end, change nothing. */
export function applyEvent(turn, event) {
  if (!isRunning(turn)) return turn;
  switch (event.status) {
    case "sources":
      return { ...turn, sources: Array.isArray(event.sources) ? event.sources : [] };
    case "streaming":
      return { ...turn, state: "answering", text: turn.text + String(event.chunk ?? "") };
    case "complete":
      return { ...turn, state: "complete", fromCache: Boolean(event.fromCache), questionId: event.question_id || null };
    case "error":
      return failTurn(turn, {
        title: "The answer could not be finished",
        advice: String(event.error || "The server gave no reason. Try again."),
      });
    default:
      return turn;
  }
}

export function failTurn(turn, failure) {
  return isRunning(turn) ? { ...turn, state: "failed", failure } : turn;
}

/** The stream ended: without a terminal event the answer may be cut, and must not pass for a whole one. */
export function endTurn(turn) {
  if (!isRunning(turn)) return turn;
  const failure = {
    title: "The answer was interrupted",
    advice: "The connection closed before the server said the answer was complete. What is shown may be cut off.",
  };
  return { ...turn, state: "interrupted", failure };
}

export function stopTurn(turn) {
  return isRunning(turn) ? { ...turn, state: "stopped" } : turn;
}

/** Earlier exchanges sent along; the server keeps fewer, this bounds the request. */
const HISTORY_PAIRS_MAX = 10;

/** The `chat_history` of the next question: whole answers only. */
export function historyOf(turns) {
  return turns
    .filter((turn) => turn.state === "complete" && turn.text !== "")
    .slice(-HISTORY_PAIRS_MAX)
    .flatMap((turn) => [
      { role: "human", content: turn.question },
      { role: "ai", content: turn.text },
    ]);
}
