/** Links may lead out of the page by these schemes only: an answer is untrusted text. */
const SCHEMES = new Set(["http:", "https:", "mailto:"]);
/** Emphasis and links nest no deeper; what is deeper stays as typed. */
const DEPTH_MAX = 8;
/** Emphasis reaches no further: looking for its end must not take time in the square of the text. */
const REACH_CHARS_MAX = 2000;

const CITATION = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/y;
const LINK = /\[((?:[^[\]\\]|\\.|\[[^[\]]*\])*)\]\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/y;
const ANGLE_LINK = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y;
const BARE_LINK = /https?:\/\/[^\s<>"'`|]+/y;
const ESCAPE = /\\([!-/:-@[-`{-~])/y;
const HARD_BREAK = /(?: {2,}|\\)\n/y;
const BACKTICKS = /`+/y;
/** Where something other than plain text may start. */
const SPECIAL = /[\\`![<*_\n]|(?<! ) {2,}\n|https?:\/\//g;

/** The address a link may have, or null. */
export function safeHref(address) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return SCHEMES.has(url.protocol) ? url.href : null;
}

function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** `code`: the closing run of backticks must be as long as the opening one. */
function takeCode(text, at) {
  const fence = match(BACKTICKS, text, at)[0];
  for (let close = text.indexOf(fence, at + fence.length); close >= 0; ) {
    const run = match(BACKTICKS, text, close)[0].length;
    if (run === fence.length) {
      const inside = text.slice(at + fence.length, close).replaceAll("\n", " ");
      const trimmed = /^ .*[^ ].* $/.test(inside) ? inside.slice(1, -1) : inside;
      return { node: { type: "code", text: trimmed }, end: close + run };
    }
    close = text.indexOf(fence, close + run);
  }
  return { node: { type: "text", text: fence }, end: at + fence.length };
}

function takeLink(text, at, depth) {
  const image = text[at] === "!";
  const link = match(LINK, text, at + (image ? 1 : 0));
  if (!link) return null;
  const end = link.index + link[0].length;
  if (image) return { node: { type: "text", text: link[1] }, end };
  const href = safeHref(link[2]);
  const children = parseInline(link[1], depth + 1, { links: false });
  return { node: href ? { type: "link", href, children } : { type: "span", children }, end };
}

/** What follows an address in a sentence is no part of it; nor is a closing bracket without its opening one. */
function withoutPunctuation(address) {
  const marks = address.includes("(") ? ".,;:!?*_" : ".,;:!?*_)";
  let end = address.length;
  while (end > 0 && marks.includes(address[end - 1])) end -= 1;
  return address.slice(0, end);
}

function takeAddress(text, at) {
  const angle = match(ANGLE_LINK, text, at);
  const bare = angle ? null : match(BARE_LINK, text, at);
  if (!angle && !bare) return null;
  const address = angle ? angle[1] : withoutPunctuation(bare[0]);
  const href = safeHref(address);
  if (!href) return null;
  const end = at + (angle ? angle[0].length : address.length);
  return { node: { type: "link", href, children: [{ type: "text", text: address }] }, end };
}

/** *em*, **strong** and the same with underscores, which count between words only: snake_case stays as it is. */
function takeEmphasis(text, at, depth) {
  const mark = text.startsWith(text[at].repeat(2), at) ? text[at].repeat(2) : text[at];
  const start = at + mark.length;
  const word = /[\p{L}\p{N}]/u;
  if (!text[start] || /\s/.test(text[start])) return null;
  if (mark[0] === "_" && at > 0 && word.test(text[at - 1])) return null;
  const reach = text.slice(0, start + REACH_CHARS_MAX);
  for (let close = reach.indexOf(mark, start + 1); close >= 0; close = reach.indexOf(mark, close + 1)) {
    const longer = mark.length === 1 && text[close + 1] === mark;
    if (longer) close += 1;
    const after = text[close + mark.length] ?? "";
    const closes = !longer && !/[\s\\]/.test(text[close - 1]) && !(mark[0] === "_" && word.test(after));
    if (closes) {
      const type = mark.length === 2 ? "strong" : "em";
      return { node: { type, children: parseInline(text.slice(start, close), depth + 1) }, end: close + mark.length };
    }
  }
  return null;
}

function takeCitation(text, at) {
  const found = match(CITATION, text, at);
  if (!found) return null;
  return { node: { type: "cite", numbers: found[1].split(",").map(Number), text: found[0] }, end: at + found[0].length };
}

function takeBreak(text, at) {
  const hard = match(HARD_BREAK, text, at);
  return hard ? { node: { type: "break" }, end: at + hard[0].length } : null;
}

function take(text, at, depth, links) {
  switch (text[at]) {
    case "`":
      return takeCode(text, at);
    case "\\": {
      const escape = match(ESCAPE, text, at);
      return escape ? { node: { type: "text", text: escape[1] }, end: at + 2 } : takeBreak(text, at);
    }
    case "[":
      return (links ? takeLink(text, at, depth) : null) ?? takeCitation(text, at);
    case "!":
      return takeLink(text, at, depth);
    case " ":
      return takeBreak(text, at);
    case "*":
    case "_":
      return takeEmphasis(text, at, depth);
    case "<":
    case "h":
      return links ? takeAddress(text, at) : null;
    case "\n":
      return { node: { type: "text", text: " " }, end: at + 1 };
    default:
      return null;
  }
}

function append(nodes, node) {
  const last = nodes.at(-1);
  if (node.type === "text" && last?.type === "text") {
    last.text += node.text;
  } else {
    nodes.push(node);
  }
}

/** Parses the text of one paragraph, heading or cell into plain objects: text, code, strong, em, link, span, cite, break. */
export function parseInline(text, depth = 0, { links = true } = {}) {
  if (depth > DEPTH_MAX) return [{ type: "text", text }];
  const nodes = [];
  let at = 0;
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const special = SPECIAL.exec(text)?.index ?? text.length;
    if (special > at) append(nodes, { type: "text", text: text.slice(at, special) });
    if (special >= text.length) break;
    const taken = take(text, special, depth, links);
    append(nodes, taken?.node ?? { type: "text", text: text[special] });
    at = taken?.end ?? special + 1;
  }
  return nodes;
}
