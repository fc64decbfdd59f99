const TOKEN_KEY = "wellspring.token";

/** Relative to the page, so that a reverse proxy may put the server under a path of its own. */
const base = () => new URL("../", document.baseURI);

/** A request that did not succeed. `failure` says what happened and what to do: {title, advice, status, needsToken}. */
export class RequestError extends Error {
  constructor(failure) {
    super(failure.title);
    this.failure = failure;
  }
}

export const token = {
  get: () => sessionStorage.getItem(TOKEN_KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(TOKEN_KEY, value) : sessionStorage.removeItem(TOKEN_KEY)),
};

/** The human text in an error body: contract forms are a string, an object with `message`, or a list of problems. */
export function errorText(body) {
  if (typeof body === "string") return body;
  if (Array.isArray(body)) return body.map(problemText).filter(Boolean).join("; ");
  if (body === null || typeof body !== "object") return "";
  if (Array.isArray(body.details)) return errorText(body.details) || errorText(body.error);
  return errorText(body.detail) || errorText(body.message) || errorText(body.error);
}

function problemText(problem) {
  if (problem === null || typeof problem !== "object") return errorText(problem);
  const place = Array.isArray(problem.loc) ? problem.loc.filter((part) => part !== "body").join(".") : "";
  const text = String(problem.msg ?? problem.message ?? "");
  return place && text ? `${place}: ${text}` : text;
}

function wait(retryAfter) {
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  if (!(seconds > 0)) return "in a moment";
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} minutes`;
}

/** What a refused request means for the reader. Status 0 is a server that could not be reached. */
export function describeFailure(status, body, retryAfter) {
  const said = errorText(body);
  const failure = (title, advice) => ({ title, advice, status, needsToken: status === 401 || status === 403 });
  switch (status) {
    case 0:
      return failure("The server cannot be reached", "Check that it is running and that you are online, then try again.");
    case 401:
      return failure("This needs an access token", said || "Enter the token the server was started with.");
    case 403:
      return failure("Access is refused", said || "Open the page on the server's own machine, or enter another token.");
    case 413:
      return failure("That is too long", said || "Shorten it and send it again.");
    case 422:
      return failure("The server could not use this request", said || "Check what you entered and send it again.");
    case 429:
      return failure("Too many requests", `${said ? `${said} ` : ""}You can try again ${wait(retryAfter)}.`);
    case 503:
      return failure("The server is busy or still starting", `${said ? `${said} ` : ""}Try again ${wait(retryAfter)}.`);
    default:
      return failure(`The server answered with an error (${status})`, said || "Try again; the server's log has the reason.");
  }
}

async function refusal(response) {
  const text = await response.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new RequestError(describeFailure(response.status, body, response.headers.get("Retry-After")));
}

/** Sends a request to `path` below the server's root. Throws RequestError, or the AbortError of `signal`. */
export async function send(method, path, { body, signal, authorize = false } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (authorize && token.get()) headers.Authorization = `Bearer ${token.get()}`;
  let response;
  try {
    response = await fetch(new URL(path, base()), {
      method,
      headers,
      signal,
      cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RequestError(describeFailure(0, null, null));
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

export async function sendJson(method, path, options) {
  const response = await send(method, path, options);
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const title = "The server's answer could not be read";
    throw new RequestError({ title, advice: "The connection may have been cut. Try again.", status: response.status });
  }
}

/** The failure to show for a refused request; anything else thrown is a bug and goes on. */
export function failureOf(error) {
  if (error instanceof RequestError) return error.failure;
  throw error;
}
