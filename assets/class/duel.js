// @ts-check
// Two charts of the game. Who gets worse first, the class or D: how often each found the real
// picture, over the steps. And the response curve: what the class finds hard against what D does.

import { scale } from "../lib/axes.js";
import { el } from "../lib/dom.js";
import { count, figure, percent } from "../lib/format.js";
import { path, svg } from "../lib/svg.js";

const WIDTH = 360;
const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 20;

/** @param {{step: number, players: number, rate: number, d_rate: number | null}[]} games */
export function duel(games) {
  const steps = games.map(({ step }) => step);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const x = first === last ? () => (LEFT + WIDTH) / 2 : scale(first, last, LEFT + 8, WIDTH - 12);
  const y = scale(0, 1, HEIGHT - BOTTOM, 8);
  /** @param {"rate" | "d_rate"} name */
  const line = (name) => {
    const points = games.flatMap((game) => (game[name] == null ? [] : [[x(game.step), y(/** @type {number} */ (game[name]))]]));
    return [svg("path", { d: path(points), class: `gv-line-${name}` }),
      ...points.map(([cx, cy]) => svg("circle", { cx, cy, r: 3.5, class: `gv-dot-${name}` }))];
  };
  const words = games.map(({ step, rate, d_rate: d }) =>
    `step ${count(step)}: class ${percent(rate)}${d == null ? "" : `, D ${percent(d)}`}`).join("; ");
  return el("figure", { class: "gv-duel" },
    el("figcaption", {}, "Real pictures found: ", el("span", { "data-role": "class" }, "the class"), " and ",
      el("span", { "data-role": "d" }, "D"), ". At 50 % it is guessing."),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words },
      ...[0, 0.5, 1].flatMap((value) => rule(y, value)), ...line("d_rate"), ...line("rate"),
      ...[...new Set([first, last])].map((step) => svg("text", { x: x(step), y: HEIGHT - 4, "text-anchor": "middle" }, count(step)))));
}

/**
 * The share of players who judged each pair rightly, against D's margin: left of zero D was wrong.
 * @param {number[]} margins
 * @param {number[]} shares
 */
export function response(margins, shares) {
  const reach = Math.max(...margins.map(Math.abs)) || 1;
  const x = scale(-reach, reach, LEFT + 8, WIDTH - 12);
  const y = scale(0, 1, HEIGHT - BOTTOM, 8);
  const words = margins.map((margin, index) => `D's margin ${margin.toFixed(2)}: ${percent(shares[index])} right`).join("; ");
  return el("figure", { class: "gv-duel" },
    el("figcaption", {}, "Each pair: how many judged it rightly, against ", el("span", { "data-role": "d" }, "D's margin"),
      ", its output for the real picture less that for the generated one. Left of the line D was wrong."),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words }, ...[0, 0.5, 1].flatMap((value) => rule(y, value)),
      svg("line", { x1: x(0), x2: x(0), y1: 8, y2: HEIGHT - BOTTOM, class: "gv-chance" }),
      ...margins.map((margin, index) => svg("circle", { cx: x(margin), cy: y(shares[index]), r: 4.5, class: "gv-dot-rate" })),
      ...[-reach, 0, reach].map((value) => svg("text", { x: x(value), y: HEIGHT - 4, "text-anchor": "middle" }, figure(value)))));
}

/** A line across, and its share. @param {(share: number) => number} y @param {number} value */
const rule = (y, value) => [
  svg("line", { x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value), class: value === 0.5 ? "gv-chance" : "gv-rule" }),
  svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, percent(value)),
];
