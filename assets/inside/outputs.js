// D's verdicts on real and generated samples, as two histograms, and how often D is right.

import { $, el, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { written } from "../lib/figures.js";
import { waiting, whenSeen } from "./shared.js";
import { measured, newest } from "../lib/measured.js";
import { chart, path, scale, spark, svg } from "../lib/svg.js";
import { tip } from "../lib/tips.js";

const BELOW = 20;

let tiles = [];

export function start({ head, section, kind }) {
  tiles = kind.figures.filter(({ tile }) => tile);
  head.append(el("span", { class: "gv-mark", "data-role": "real" }, "real"), el("span", { class: "gv-mark", "data-role": "fake" }, "generated"));
  section.append(el("div", { class: "gv-draw", id: "gv-outputs-plot" }), el("div", { class: "gv-tiles", id: "gv-outputs-tiles" }));
  const refresh = chart($("gv-outputs-plot"), label, paint);
  whenSeen(["outputs"], () => { refresh(); words(); });
}

function words() {
  const data = newest("outputs");
  const judged = data?.real;
  text($("gv-outputs-step"), data ? `step ${count(measured.newest.outputs.step)}` : "");
  $("gv-inside").dataset.judged = data && !judged ? "no" : "yes"; // without a discriminator the whole card goes
  text($("gv-outputs-say"), judged
    ? `D's verdict on ${count(data.n)} real and ${count(data.n)} generated samples. Where the two shapes part, D can tell them apart.`
    : waiting("The first verdicts come after the first steps."));
  const place = $("gv-outputs-tiles");
  const wanted = tiles.filter(({ name }) => data?.[name] != null);
  const names = wanted.map(({ name }) => name).join();
  if (place.dataset.names !== names) {
    place.dataset.names = names;
    place.replaceChildren(...wanted.map(({ name, label, why }) => el("div", { class: "gv-tile", "data-figure": name },
      el("span", {}, label, tip(why, label)), el("b"), el("span", { class: "gv-tile-spark" }))));
  }
  for (const one of wanted) {
    const [, value, trend] = place.children[wanted.indexOf(one)].children;
    text(value, written(one, data));
    trend.replaceChildren(spark(measured.past.outputs?.[one.name] ?? []));
  }
}

function label() {
  const data = newest("outputs");
  return data?.real ? `Histograms of D's verdicts: mean ${data.mean_real} on real, ${data.mean_fake} on generated samples` : "No verdicts yet";
}

function paint(width, height) {
  const data = newest("outputs");
  if (!data?.real) return [];
  const most = Math.max(...data.real, ...data.fake, 0.02);
  const x = scale(data.edges[0], data.edges.at(-1), 6, width - 6);
  const y = scale(0, most, height - BELOW, 6);
  const floor = height - BELOW;
  const nodes = [];
  if (data.unit === "probability") {
    nodes.push(svg("line", { x1: x(0.5), x2: x(0.5), y1: 2, y2: floor, class: "gv-svg-mark" }));
  }
  for (const name of ["real", "fake"]) {
    const outline = data[name].flatMap(
      (share, i) => [[x(data.edges[i]), y(share)], [x(data.edges[i + 1]), y(share)]]);
    const closed = [[x(data.edges[0]), floor], ...outline, [x(data.edges.at(-1)), floor]];
    nodes.push(svg("path", { d: `${path(closed)}Z`, class: `gv-svg-area gv-is-${name}` }));
    nodes.push(svg("path", { d: path(outline), class: `gv-svg-line gv-is-${name}` }));
  }
  nodes.push(svg("line", { x1: 6, x2: width - 6, y1: floor, y2: floor, class: "gv-svg-axis" }));
  const ends = data.unit === "probability" ? ["0, surely fake", "0.5", "1, surely real"]
    : [`← fake, ${figure(data.edges[0])}`, "", `${figure(data.edges.at(-1))}, real →`];
  [["start", 6], ["middle", width / 2], ["end", width - 6]].forEach(([anchor, at], i) => {
    nodes.push(svg("text", { x: at, y: height - 5, "text-anchor": anchor, class: "gv-svg-text" }, ends[i]));
  });
  return nodes;
}
