/** A passage is what an answer or a search points at: {page_content or text, metadata} as the server sends it. */

const HEADER_LINE = /^(?:Title|Section|Subsection|Sub-subsection): /;

/** The names of the places that hold the passage, outermost first; the article's title is the first. */
export function headingsOf({ title, metadata = {} }) {
  const { section_title, subsection_title, subsubsection_title } = metadata;
  const name = metadata.title || title || metadata.doc_title || metadata.source || "Untitled";
  return [name, section_title, subsection_title, subsubsection_title].filter(Boolean).map(String);
}

/** The passage's text without the header lines that repeat its headings. */
export function bodyOf(passage) {
  const text = String(passage.page_content ?? passage.text ?? "");
  const blank = text.indexOf("\n\n");
  if (blank < 0) return text;
  const isHeader = text.slice(0, blank).split("\n").every((line) => HEADER_LINE.test(line));
  return isHeader ? text.slice(blank + 2) : text;
}

/** What Markdown adds to the words: fences with their language, table rules, and marks. */
const MARKS = /^\s*(?:`{3,}|~{3,}).*$|^[\s|:-]+$|[#*`>|]+/gm;

/** The first words of a passage, for a list. */
export function excerptOf(passage, length = 220) {
  const words = bodyOf(passage).replace(MARKS, " ").replace(/\s+/g, " ").trim();
  if (words.length <= length) return words;
  const gap = words.lastIndexOf(" ", length);
  return `${words.slice(0, gap > 0 ? gap : length)} …`;
}
