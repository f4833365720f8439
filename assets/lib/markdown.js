// The little Markdown that lessons are written in, as elements: nothing of a text is ever read as markup.

import { el } from "./dom.js";

const INLINE = /(`[^`]+`)|(\*\*[^*]+\*\*)|(\*[^*\s][^*]*\*)|(\$[^$]+\$)|(\[[^\]]+\]\([^)\s]+\))/;
const BLOCK = /^(#{1,4} |[-*] |\d+\. |```|\|)/;

/** The nodes of `source`. Headings begin at level `level`. Links go to http(s) addresses, or to lessons ("#name"). */
export function render(source, { level = 3, lesson = () => {} } = {}) {
  const lines = source.replace(/\r/g, "").split("\n");
  const nodes = [];
  let at = 0;
  const take = (matches) => {
    const taken = [];
    while (at < lines.length && matches(lines[at])) taken.push(lines[at++]);
    return taken;
  };
  const words = (text) => inline(text, lesson);
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) at += 1;
    else if (line.startsWith("```")) {
      at += 1;
      const code = take((one) => !one.startsWith("```"));
      at += 1;
      nodes.push(el("pre", {}, el("code", {}, code.join("\n"))));
    } else if (/^#{1,4} /.test(line)) {
      at += 1;
      const depth = line.indexOf(" ");
      nodes.push(el(`h${Math.min(6, level + depth - 1)}`, {}, ...words(line.slice(depth + 1))));
    } else if (/^([-*]|\d+\.) /.test(line)) nodes.push(list(take((one) => /^([-*]|\d+\.) /.test(one) || /^ {2,}\S/.test(one)), words));
    else if (line.startsWith("|")) nodes.push(table(take((one) => one.startsWith("|")), words));
    else {
      at += 1;
      nodes.push(el("p", {}, ...words([line, ...take((one) => one.trim() && !BLOCK.test(one))].join(" "))));
    }
  }
  return nodes;
}

function list(lines, words) {
  const items = [];
  for (const line of lines) {
    if (/^ {2,}/.test(line) && items.length) items[items.length - 1] += ` ${line.trim()}`;
    else items.push(line.replace(/^([-*]|\d+\.) /, ""));
  }
  return el(/^\d/.test(lines[0]) ? "ol" : "ul", {}, ...items.map((item) => el("li", {}, ...words(item))));
}

function table(lines, words) {
  const rows = lines.map((line) => line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim()));
  const body = rows.filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell)));
  const [head, ...rest] = body;
  return el("div", { class: "gv-scroll-x", tabindex: "0" }, el("table", {}, el("thead", {}, el("tr", {}, ...head.map((cell) => el("th", { scope: "col" }, ...words(cell))))),
    el("tbody", {}, ...rest.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, ...words(cell))))))));
}

/** Text with `code`, **strong**, *emphasis*, $formula$ and [links](https://...). */
export function inline(text, lesson = () => {}) {
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index) nodes.push(rest.slice(0, found.index));
    nodes.push(piece(found, lesson));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) nodes.push(rest);
  return nodes;
}

function piece([whole, code, strong, soft, formula], lesson) {
  if (code) return el("code", {}, code.slice(1, -1));
  if (strong) return el("strong", {}, ...inline(strong.slice(2, -2), lesson));
  if (soft) return el("em", {}, ...inline(soft.slice(1, -1), lesson));
  if (formula) return el("i", { class: "gv-formula" }, formula.slice(1, -1));
  const [, label, target] = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(whole);
  if (target.startsWith("#")) return el("button", { type: "button", class: "gv-text-link", onclick: () => lesson(target.slice(1)) }, label);
  if (!/^https?:\/\//.test(target)) return label;
  return el("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, label);
}
