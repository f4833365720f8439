// A card without a drawing of its own: the declared figures of a kind over the steps, each with its
// newest value.

import { $, el, text } from "../lib/dom.js";
import { brief, count } from "../lib/format.js";
import { label, written } from "../lib/figures.js";
import { measured, newest } from "../lib/measured.js";
import { chart, path, scale, svg } from "../lib/svg.js";
import { tip } from "../lib/tips.js";
import { waiting, whenSeen } from "./shared.js";

const LEFT = 44;
const BELOW = 20;

export function start({ id, section, kind }) {
  const plots = kind.figures.map((figure) => row(id, section, kind, figure));
  whenSeen([kind.name], () => {
    const data = newest(kind.name);
    text($(`${id}-step`), data ? `step ${count(data.at ?? measured.newest[kind.name].step)}` : waiting());
    for (const refresh of plots) refresh();
  });
}

/** One figure: its name, its newest value, and the curve; returns the refresher. */
function row(id, section, kind, figure) {
  const value = el("b");
  const plot = el("div", { class: "gv-draw", id: `${id}-${figure.name}-plot` });
  section.append(el("p", { class: "gv-curve-head", "data-figure": figure.name }, el("span", {}, label(figure), tip(figure.why, figure.label)), value), plot);
  const points = () => pointsOf(measured.past[kind.name], figure.name);
  const describe = () => {
    const known = points();
    return known.length ? `${figure.label} from step ${count(known[0][0])} to ${count(known.at(-1)[0])}: now ${written(figure, newest(kind.name))}`
      : `${figure.label}: nothing measured yet`;
  };
  const refresh = chart(plot, describe, (width, height) => paint(points(), figure, width, height));
  return () => {
    text(value, written(figure, newest(kind.name)));
    refresh();
  };
}

/** [[step, value]] of what was measured. */
function pointsOf(table, name) {
  const values = table?.[name] ?? [];
  return values.map((value, index) => [table.step[index], value]).filter(([, value]) => value != null);
}

function paint(points, { line, span }, width, height) {
  if (!points.length) return [];
  const ends = [...points.map(([, value]) => value), ...(span ?? []), ...(line == null ? [] : [line])];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 0.5;
  const floor = height - BELOW;
  const x = scale(points[0][0], points.at(-1)[0], LEFT, width - 8);
  const y = scale(low - room, high + room, floor, 6);
  const nodes = [svg("line", { x1: LEFT, x2: width - 8, y1: floor, y2: floor, class: "gv-svg-axis" })];
  if (line != null) nodes.push(svg("line", { x1: LEFT, x2: width - 8, y1: y(line), y2: y(line), class: "gv-svg-even" }));
  for (const value of new Set([low, high])) {
    nodes.push(svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end", class: "gv-svg-text" }, brief(value)));
  }
  nodes.push(svg("text", { x: LEFT, y: height - 5, class: "gv-svg-text" }, `step ${count(points[0][0])}`));
  if (points.length > 1) {
    nodes.push(svg("text", { x: width - 8, y: height - 5, "text-anchor": "end", class: "gv-svg-text" }, count(points.at(-1)[0])));
    nodes.push(svg("path", { d: path(points.map(([step, value]) => [x(step), y(value)])), class: "gv-svg-line gv-svg-figure" }));
  }
  const [step, value] = points.at(-1);
  nodes.push(svg("circle", { cx: points.length > 1 ? x(step) : LEFT, cy: y(value), r: 3, class: "gv-svg-point" }));
  return nodes;
}
