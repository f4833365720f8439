// @ts-check
// The losses of the run in the lab, with the marks of what was changed: a mark leads back to its step.

import { $, el } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { refill } from "../lib/refill.js";
import { draw } from "../lib/schedule.js";
import { drawSketch, stepPlace } from "../lib/sketch.js";
import { isActive } from "../lib/states.js";
import { emit, now, on } from "../lib/stream.js";
import { current, onTab } from "../lib/tabs.js";
import { equilibriumLevels } from "../lib/plot.js";
import { curvesOf } from "../train/charts.js";
import { show as showStep } from "../train/grid.js";

/** @typedef {{step: number, words: string, seq: number}} Mark */

/** The newest marks that are listed in words. */
const LISTED = 6;
/** @type {Mark[]} */
let marks = [];
/** @type {number | null} */
let cursor = null;

/** @param {HTMLElement} place */
export function start(place) {
  place.append(
    el("div", { class: "gv-lab-curves", id: "gv-lab-curves" }),
    el("div", { class: "gv-lab-marks", id: "gv-lab-marks", role: "group", "aria-label": "What was changed" }));
  // at once: in the same frame, and within what Train's curves count as the cost of a drawing
  on("charts-drawn", () => { if (inSight()) paint(); });
  on("theme", refresh);
  on("hello", refresh);
  on("lookback", (step) => { cursor = step; refresh(); });
  on("lab-marks", (/** @type {Mark[]} */ all) => { marks = all; list(); refresh(); });
  onTab(refresh);
  new ResizeObserver(refresh).observe($("gv-lab-curves"));
}

const inSight = () => current() === "lab";
const refresh = () => { if (inSight()) draw("lab-curves", paint); };

function paint() {
  const box = $("gv-lab-curves");
  const { x, raw, mean, series } = curvesOf("loss");
  // its place is kept from the run's first moment on, or all below it would move with the first figures
  box.hidden = !x.length && !isActive(now.status?.state);
  drawSketch(box, {
    x, cursor, smoothed: true, log: false, unit: false,
    levels: equilibriumLevels(series, now.run?.equilibrium ?? {}),
    label: `The losses up to step ${count(x.at(-1) ?? 0)}`,
    curves: series.map((one) => ({ series: one, raw: raw[one.name] ?? [], mean: mean[one.name] ?? [] })),
  });
  const last = x.at(-1) ?? 0;
  const drawn = x.length ? marks.filter(({ step }) => step <= last) : [];
  refill(box, () => {
    for (const old of box.querySelectorAll("button")) old.remove();
    box.append(...drawn.map(({ step, words }) => button(step, words, {
      class: "gv-lab-mark", style: `left: ${stepPlace(step, last, box.clientWidth)}px`,
    })));
  });
}

function list() {
  refill($("gv-lab-marks"), () => $("gv-lab-marks").replaceChildren(...marks.slice(-LISTED).reverse().map(({ step, words }) => {
    const one = button(step, words, { class: "gv-chip" });
    one.append(`${words} at step ${count(step)}`);
    return one;
  })));
}

/** What leads to the step of a change. @param {number} step @param {string} words @param {Record<string, string>} more */
const button = (step, words, more) => el("button", {
  type: "button", "aria-label": `${words} at step ${count(step)}`, title: `${words} at step ${count(step)}: look back at it`, "data-step": step, ...more,
  onclick: () => (now.run?.spec?.kind === "points" ? showStep({ step }) : emit("go-to-step", step)),
});
