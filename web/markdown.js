import { parseInline } from "./inline.js";
import { el, syncChildren } from "./dom.js";

/** Lists and quotes nest no deeper; what is deeper becomes a paragraph. */
const DEPTH_MAX = 6;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const ITEM = /^( {0,3})([-*+]|(\d{1,9})[.)])(\s+|$)(.*)$/;
const QUOTE = /^ {0,3}> ?/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

const isBlank = (line) => line.trim() === "";
const isTable = (lines, at) => lines[at].includes("|") && lines[at + 1]?.includes("-") && TABLE_RULE.test(lines[at + 1]);
const startsBlock = (lines, at) =>
  FENCE.test(lines[at]) || HEADING.test(lines[at]) || RULE.test(lines[at]) || QUOTE.test(lines[at]) ||
  ITEM.test(lines[at]) || isTable(lines, at);

/**
 * Parses the Markdown that answers use (headings, paragraphs, lists, quotes, code, tables, rules) into plain
 * objects. A construct still being streamed, such as an open code fence, runs to the end of the text.
 */
export function parseMarkdown(text) {
  return parseBlocks(text.replace(/\r\n?/g, "\n").replaceAll("\t", "    ").split("\n"), 0);
}

function parseBlocks(lines, depth) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      at += 1;
      continue;
    }
    const { block, end } = takeBlock(lines, at, depth);
    blocks.push(block);
    at = end;
  }
  return blocks;
}

function takeBlock(lines, at, depth) {
  const line = lines[at];
  const heading = HEADING.exec(line);
  if (heading) {
    return { block: { type: "heading", level: heading[1].length, children: parseInline(headingText(heading[2])) }, end: at + 1 };
  }
  if (FENCE.test(line)) return takeFence(lines, at);
  if (RULE.test(line)) return { block: { type: "rule" }, end: at + 1 };
  if (isTable(lines, at)) return takeTable(lines, at);
  if (depth < DEPTH_MAX && QUOTE.test(line)) return takeQuote(lines, at, depth);
  if (depth < DEPTH_MAX && ITEM.test(line)) return takeList(lines, at, depth);
  return takeParagraph(lines, at);
}

/** A heading may be closed by hash signs, which are no part of it. */
function headingText(text) {
  const trimmed = text.trimEnd();
  let end = trimmed.length;
  while (trimmed[end - 1] === "#") end -= 1;
  return end === 0 || trimmed[end - 1] === " " ? trimmed.slice(0, end).trimEnd() : trimmed;
}

function takeFence(lines, at) {
  const [, fence, language] = FENCE.exec(lines[at]);
  const closes = (line) => line.trim().startsWith(fence) && line.trim().replaceAll(fence[0], "") === "";
  let end = at + 1;
  while (end < lines.length && !closes(lines[end])) end += 1;
  const block = { type: "code", language, text: lines.slice(at + 1, end).join("\n") };
  return { block, end: Math.min(end + 1, lines.length) };
}

function takeQuote(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return { block: { type: "quote", children: parseBlocks(inner, depth + 1) }, end };
}

function takeList(lines, at, depth) {
  const first = ITEM.exec(lines[at]);
  const ordered = first[3] !== undefined;
  const items = [];
  let end = at;
  while (end < lines.length) {
    const item = ITEM.exec(lines[end]);
    if (!item || (item[3] !== undefined) !== ordered || RULE.test(lines[end])) break;
    const indent = item[1].length + item[2].length + 1;
    const inner = [item[5]];
    end += 1;
    while (end < lines.length && continuesItem(lines, end, indent)) {
      inner.push(lines[end].slice(Math.min(indent, lines[end].search(/\S|$/))));
      end += 1;
    }
    items.push(parseBlocks(inner, depth + 1));
    let next = end;
    while (next < lines.length && isBlank(lines[next])) next += 1;
    if (next < lines.length && ITEM.test(lines[next])) end = next;
  }
  return { block: { type: "list", ordered, start: ordered ? Number(first[3]) : 1, items }, end };
}

/** Indented lines belong to the item, and so does a blank line followed by one, and a lazy line of its paragraph. */
function continuesItem(lines, at, indent) {
  const indented = (line) => line !== undefined && !isBlank(line) && line.search(/\S/) >= Math.min(indent, 2);
  if (isBlank(lines[at])) return indented(lines[at + 1]);
  return indented(lines[at]) || (!isBlank(lines[at - 1]) && !startsBlock(lines, at));
}

function cells(line) {
  const parts = line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/);
  return parts.map((part) => parseInline(part.trim().replaceAll("\\|", "|")));
}

function takeTable(lines, at) {
  const head = cells(lines[at]);
  const rows = [];
  let end = at + 2;
  for (; end < lines.length && lines[end].includes("|"); end += 1) rows.push(cells(lines[end]).slice(0, head.length));
  return { block: { type: "table", head, rows }, end };
}

function takeParagraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && !isBlank(lines[end]) && !startsBlock(lines, end)) end += 1;
  const text = lines.slice(at, end).map((line) => line.trimStart()).join("\n").trimEnd();
  return { block: { type: "paragraph", children: parseInline(text) }, end };
}

/** Shows Markdown in `parent`. Blocks that did not change since the last call keep their nodes. */
export function showMarkdown(parent, text, cite) {
  syncChildren(parent, parseMarkdown(text), (_, index) => index, (block) => renderBlock(block, cite));
}

function renderBlock(block, cite) {
  switch (block.type) {
    case "heading":
      // The question is the page's second level, so an answer's own headings begin at the third.
      return el(`h${Math.min(block.level + 2, 6)}`, {}, renderInline(block.children, cite));
    case "code":
      return el("pre", { tabindex: 0 }, el("code", {}, block.text));
    case "rule":
      return el("hr");
    case "quote":
      return el("blockquote", {}, block.children.map((child) => renderBlock(child, cite)));
    case "list": {
      const items = block.items.map((item) => el("li", {}, renderItem(item, cite)));
      return block.ordered ? el("ol", { start: block.start }, items) : el("ul", {}, items);
    }
    case "table":
      return renderTable(block, cite);
    default:
      return el("p", {}, renderInline(block.children, cite));
  }
}

/** An item that is one paragraph shows tight, without the paragraph's margins. */
function renderItem(blocks, cite) {
  const [first, ...rest] = blocks;
  if (first?.type !== "paragraph") return blocks.map((block) => renderBlock(block, cite));
  return [...renderInline(first.children, cite), ...rest.map((block) => renderBlock(block, cite))];
}

function renderTable(block, cite) {
  const row = (tag, columns) => el("tr", {}, columns.map((cell) => el(tag, {}, renderInline(cell, cite))));
  const table = el("table", {}, el("thead", {}, row("th", block.head)),
    el("tbody", {}, block.rows.map((columns) => row("td", columns))));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table" }, table);
}

function renderInline(nodes, cite) {
  return nodes.flatMap((node) => {
    switch (node.type) {
      case "text":
        return [node.text];
      case "code":
        return [el("code", {}, node.text)];
      case "break":
        return [el("br")];
      case "cite":
        return cite(node);
      case "link":
        return [el("a", { href: node.href, target: "_blank", rel: "noopener noreferrer" }, renderInline(node.children, cite))];
      case "span":
        return renderInline(node.children, cite);
      default:
        return [el(node.type, {}, renderInline(node.children, cite))];
    }
  });
}
