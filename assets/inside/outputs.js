// D's verdicts on real and generated samples, as two histograms, and how often D is right.

import { $, el, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { whenSeen } from "./shared.js";
import { measured, newest } from "../lib/measured.js";
import { now } from "../lib/stream.js";
import { chart, path, scale, spark, svg } from "../lib/svg.js";
import { tip } from "../lib/tips.js";

const TILES = [
  ["accuracy", "D is right", "How often D's verdict on a sample is right. 50 % is guessing, where G wants it; near 100 % D is winning."],
  ["auc", "Ranks right", "How often a real sample gets more than a generated one. 50 %: D cannot tell them apart."],
  ["diversity", "Diversity", "How far apart generated samples lie, against real ones. 1 is as varied as the data; near 0, all look alike."],
];
const BELOW = 20;

export function start() {
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
    : now.run ? "The first verdicts come within a second or two." : "");
  const tiles = $("gv-outputs-tiles");
  const wanted = TILES.filter(([name]) => data?.[name] != null);
  if (tiles.dataset.names !== wanted.join()) {
    tiles.dataset.names = wanted.join();
    tiles.replaceChildren(...wanted.map(([name, title, why]) => el("div", { class: "gv-tile", "data-figure": name },
      el("span", {}, title, tip(why, title)), el("b"), el("span", { class: "gv-tile-spark" }))));
  }
  for (const [name] of wanted) {
    const tile = tiles.querySelector(`[data-figure=${name}]`);
    text(tile.querySelector("b"), name === "diversity" ? figure(data[name]) : `${(100 * data[name]).toFixed(0)} %`);
    tile.lastElementChild.replaceChildren(spark(measured.past.outputs?.[name] ?? []));
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
    const outline = data[name].flatMap((share, i) => [[x(data.edges[i]), y(share)], [x(data.edges[i + 1]), y(share)]]);
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
