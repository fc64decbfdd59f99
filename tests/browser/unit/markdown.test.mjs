import assert from "node:assert/strict";
import test from "node:test";
import { parseInline, safeHref } from "../../../web/inline.js";
import { parseMarkdown } from "../../../web/markdown.js";

const text = (value) => ({ type: "text", text: value });
const types = (markdown) => parseMarkdown(markdown).map((block) => block.type);
const plain = (nodes) => nodes.map((node) => node.text ?? plain(node.children ?? [])).join("");

test("links lead out by http, https and mailto only", () => {
  assert.equal(safeHref("https://example.org/a b"), "https://example.org/a%20b");
  assert.equal(safeHref("mailto:a@example.org"), "mailto:a@example.org");
  for (const address of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//example.org", "relative.md", "#here", ""]) {
    assert.equal(safeHref(address), null, address);
  }
});

test("a link with another scheme keeps its words only", () => {
  const [node] = parseInline("[click](javascript:alert(1))");
  assert.equal(node.type, "span");
  assert.equal(plain([node]), "click");
});

test("an image is its description: nothing is loaded from elsewhere", () => {
  assert.deepEqual(parseInline("![a map](https://example.org/map.png)"), [text("a map")]);
});

test("markup is text", () => {
  assert.deepEqual(parseInline("<b onclick=x>hi</b>"), [text("<b onclick=x>hi</b>")]);
});

test("citations: one, several, and what only looks like one", () => {
  assert.deepEqual(parseInline("Yes [1]."), [text("Yes "), { type: "cite", numbers: [1], text: "[1]" }, text(".")]);
  assert.deepEqual(parseInline("[1, 3]")[0].numbers, [1, 3]);
  assert.deepEqual(parseInline("[1][2]").map((node) => node.numbers), [[1], [2]]);
  assert.equal(parseInline("`a[1]`")[0].type, "code");
  assert.equal(parseInline("[1](https://example.org)")[0].type, "link");
  for (const other of ["[x]", "[]", "[1", "[1.5]", "[12345]"]) {
    assert.deepEqual(parseInline(other), [text(other)]);
  }
});

test("emphasis, and the stars and underscores that are none", () => {
  assert.equal(parseInline("**bold** text")[0].type, "strong");
  assert.equal(parseInline("*so*")[0].type, "em");
  assert.equal(parseInline("_so_")[0].type, "em");
  const nested = parseInline("**bold and *both* here**")[0];
  assert.deepEqual(nested.children.map((node) => node.type), ["text", "em", "text"]);
  for (const other of ["2 * 3 * 4", "snake_case_name", "a ** b", "**open", "* ", "_"]) {
    assert.deepEqual(parseInline(other), [text(other)]);
  }
});

test("code spans take longer fences and keep marks", () => {
  assert.deepEqual(parseInline("``a ` b``"), [{ type: "code", text: "a ` b" }]);
  assert.deepEqual(parseInline("`**x**`"), [{ type: "code", text: "**x**" }]);
  assert.deepEqual(parseInline("`open"), [text("`open")]);
});

test("addresses in the text become links without their full stop", () => {
  const nodes = parseInline("See https://example.org/a_b_c. Or <mailto:a@example.org>");
  assert.equal(nodes[1].href, "https://example.org/a_b_c");
  assert.equal(nodes[2].text, ". Or ");
  assert.equal(nodes[3].href, "mailto:a@example.org");
});

test("an address keeps brackets that are its own", () => {
  assert.equal(parseInline("(https://example.org/a)")[1].href, "https://example.org/a");
  assert.equal(parseInline("https://example.org/a_(b)")[0].href, "https://example.org/a_(b)");
});

test("escapes and hard breaks", () => {
  assert.deepEqual(parseInline("\\*no\\* C:\\dir"), [text("*no* C:\\dir")]);
  assert.deepEqual(parseInline("a  \nb").map((node) => node.type), ["text", "break", "text"]);
  assert.deepEqual(parseInline("a\nb"), [text("a b")]);
});

test("blocks of an answer", () => {
  const markdown = "# Top\nLine one\nline two\n\n- a\n- b\n\n1. x\n2. y\n\n> quoted\n\n---\n```sh\nmake run\n```\n\n| a | b |\n|---|:-:|\n| 1 | 2 |";
  assert.deepEqual(types(markdown), ["heading", "paragraph", "list", "list", "quote", "rule", "code", "table"]);
});

test("a heading loses its closing hashes only", () => {
  const heading = (markdown) => plain(parseMarkdown(markdown)[0].children);
  assert.equal(heading("## Start ##"), "Start");
  assert.equal(heading("# About C#"), "About C#");
  assert.deepEqual(types("#hashtag"), ["paragraph"]);
});

test("lists nest, keep their start, and hold code", () => {
  const [list] = parseMarkdown("3. one\n   - inner\n   - more\n4. two\n\n   ```\n   code\n   ```\n");
  assert.equal(list.start, 3);
  assert.equal(list.items.length, 2);
  assert.deepEqual(list.items[0].map((block) => block.type), ["paragraph", "list"]);
  assert.equal(list.items[0][1].items.length, 2);
  assert.deepEqual(list.items[1].map((block) => block.type), ["paragraph", "code"]);
  assert.equal(list.items[1][1].text, "code");
});

test("a code fence still being streamed runs to the end, and hides nothing of its inside", () => {
  const [block] = parseMarkdown("```js\n# no heading\n- no list [1]");
  assert.equal(block.type, "code");
  assert.equal(block.language, "js");
  assert.equal(block.text, "# no heading\n- no list [1]");
});

test("table cells keep escaped bars, rows keep to the head's width", () => {
  const [table] = parseMarkdown("| a | b |\n| --- | --- |\n| x \\| y | z | extra |");
  assert.equal(table.rows[0].length, 2);
  assert.equal(plain(table.rows[0][0]), "x | y");
});

test("every prefix of an answer parses, as it does while streaming", () => {
  const markdown = "## Start\n\nRun `make run` [1], **then** [open](https://example.org).\n\n| a |\n| - |\n| b |\n\n- x\n  - y\n";
  for (let end = 0; end <= markdown.length; end += 1) parseMarkdown(markdown.slice(0, end));
});

test("hostile texts take time in proportion to their length", () => {
  const repeated = ["*", "[", "> ", "`", "- ", "*a ", "![", "_a_", "**a", "[a](", "<http://", "https://a) ", "|", "`a``", "\\",
    "  ", "- a\n", "a\n\n", "- a\n\n\n\n", "# ", "|-"];
  const hostile = [...repeated.map((part) => part.repeat(100_000 / part.length)),
    `# a${" ".repeat(100_000)}x`, `http://${")".repeat(100_000)}x`, `${"|-".repeat(50_000)}x`];
  for (const markdown of hostile) {
    const start = process.cpuUsage();
    parseMarkdown(markdown);
    parseMarkdown(`a|b\n${markdown}`);
    const spent = process.cpuUsage(start);
    // In proportion this is well under a second of this process's time; in the square it is minutes.
    const seconds = (spent.user + spent.system) / 1e6;
    assert.ok(seconds < 20, `${markdown.slice(0, 12)}: ${seconds} s`);
  }
});
