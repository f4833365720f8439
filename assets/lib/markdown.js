// @ts-check
// The little Markdown that lessons are written in, as elements: nothing of a text is ever read as
// markup.

import { el } from "./dom.js";

/**
 * @typedef {{kind: "paragraph", text: string} | {kind: "heading", depth: number, text: string}
 *   | {kind: "code", text: string} | {kind: "list", ordered: boolean, items: string[]}
 *   | {kind: "table", head: string[], rows: string[][]}} Block
 */
/** @typedef {{kind: string, text: string, target?: string}} Piece */

const CODE = /^```/;
const HEADING = /^(#{1,4}) (.*)$/;
const ITEM = /^([-*]|\d+\.) /;
const CONTINUED = /^ {2,}\S/;
const ROW = /^\|/;
const INLINE = new RegExp([
  "`(?<code>[^`]+)`", "\\*\\*(?<strong>[^*]+)\\*\\*", "\\*(?<soft>[^*\\s][^*]*)\\*",
  "\\$(?<formula>[^$]+)\\$", "\\[(?<label>[^\\]]+)\\]\\((?<target>[^)\\s]+)\\)",
].join("|"));

/**
 * The blocks of `source`.
 * @param {string} source
 * @returns {Block[]}
 */
export function parse(source) {
  const lines = source.replace(/\r/g, "").split("\n");
  /** @type {Block[]} */
  const blocks = [];
  while (lines.length) {
    if (lines[0].trim()) blocks.push(block(lines));
    else lines.shift();
  }
  return blocks;
}

/**
 * The block that `lines` begin with; its lines are taken off them.
 * @param {string[]} lines
 * @returns {Block}
 */
function block(lines) {
  const heading = HEADING.exec(lines[0]);
  if (heading) {
    lines.shift();
    return { kind: "heading", depth: heading[1].length, text: heading[2] };
  }
  if (CODE.test(lines[0])) return code(lines);
  if (ITEM.test(lines[0])) return list(lines);
  if (ROW.test(lines[0])) return table(lines);
  const first = /** @type {string} */ (lines.shift());
  const rest = take(lines, (line) => line.trim() !== ""
    && ![CODE, HEADING, ITEM, ROW].some((start) => start.test(line)));
  return { kind: "paragraph", text: [first, ...rest].join(" ") };
}

/**
 * @param {string[]} lines
 * @param {(line: string) => boolean} belongs
 */
function take(lines, belongs) {
  const end = lines.findIndex((line) => !belongs(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

/**
 * @param {string[]} lines
 * @returns {Block}
 */
function code(lines) {
  lines.shift();
  const text = take(lines, (line) => !CODE.test(line)).join("\n");
  lines.shift();
  return { kind: "code", text };
}

/**
 * @param {string[]} lines
 * @returns {Block}
 */
function list(lines) {
  const ordered = /^\d/.test(lines[0]);
  /** @type {string[]} */
  const items = [];
  for (const line of take(lines, (one) => ITEM.test(one) || CONTINUED.test(one))) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ""));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return { kind: "list", ordered, items };
}

/**
 * @param {string[]} lines
 * @returns {Block}
 */
function table(lines) {
  const cells = (/** @type {string} */ line) =>
    line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim());
  const [head, ...rows] = take(lines, (line) => ROW.test(line)).map(cells)
    .filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell)));
  return { kind: "table", head, rows };
}

/**
 * The pieces of a line: plain text, `code`, **strong**, *soft*, $formula$, [label](target).
 * @param {string} text
 * @returns {Piece[]}
 */
export function pieces(text) {
  /** @type {Piece[]} */
  const found = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) found.push({ kind: "plain", text: rest.slice(0, match.index) });
    const groups = match.groups ?? {};
    const [kind, words] = /** @type {[string, string]} */ (
      Object.entries(groups).find(([, value]) => value !== undefined));
    found.push(kind === "label" ? { kind: "link", text: words, target: groups.target }
      : { kind, text: words });
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) found.push({ kind: "plain", text: rest });
  return found;
}

/**
 * The nodes of `source`. Headings begin at level `level`. Links go to http(s) addresses, or to
 * lessons ("#name"), which `lesson` opens.
 * @param {string} source
 * @param {{level?: number, lesson?: (name: string) => void}} [options]
 */
export const render = (source, { level = 3, lesson = () => {} } = {}) =>
  parse(source).map((one) => rendered(one, level, (text) => inline(text, lesson)));

/**
 * @param {Block} one
 * @param {number} level
 * @param {(text: string) => (Node | string)[]} words
 */
function rendered(one, level, words) {
  if (one.kind === "code") return el("pre", {}, el("code", {}, one.text));
  if (one.kind === "paragraph") return el("p", {}, ...words(one.text));
  if (one.kind === "list") {
    return el(one.ordered ? "ol" : "ul", {},
      ...one.items.map((item) => el("li", {}, ...words(item))));
  }
  if (one.kind === "table") {
    const head = one.head.map((cell) => el("th", { scope: "col" }, ...words(cell)));
    const rows = one.rows.map((row) =>
      el("tr", {}, ...row.map((cell) => el("td", {}, ...words(cell)))));
    return el("div", { class: "gv-scroll-x", tabindex: "0", role: "group", "aria-label": "Table" },
      el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)));
  }
  const tag = /** @type {"h3"} */ (`h${Math.min(6, level + one.depth - 1)}`);
  return el(tag, {}, ...words(one.text));
}

/**
 * The nodes of a line.
 * @param {string} text
 * @param {(name: string) => void} [lesson]
 * @returns {(Node | string)[]}
 */
export const inline = (text, lesson = () => {}) => pieces(text).map((one) => piece(one, lesson));

/** @type {Record<string, (text: string, lesson: (name: string) => void) => Node | string>} */
const ELEMENTS = {
  plain: (text) => text,
  code: (text) => el("code", {}, text),
  strong: (text, lesson) => el("strong", {}, ...inline(text, lesson)),
  soft: (text, lesson) => el("em", {}, ...inline(text, lesson)),
  formula: (text) => el("i", { class: "gv-formula" }, text),
};

/**
 * @param {Piece} one
 * @param {(name: string) => void} lesson
 */
function piece({ kind, text, target = "" }, lesson) {
  if (kind !== "link") return ELEMENTS[kind](text, lesson);
  if (target.startsWith("#")) {
    const open = () => lesson(target.slice(1));
    return el("button", { type: "button", class: "gv-text-link", onclick: open }, text);
  }
  if (!/^https?:\/\//.test(target)) return text;
  return el("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, text);
}
