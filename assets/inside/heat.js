// Every layer's gradient over the whole run, one heat map a network, on one scale.

import { $, el, text } from "../lib/dom.js";
import { brief, count, counted, power } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { ROLES, order, seen, waiting, whenSeen } from "./shared.js";
import { historyOf, measured } from "../lib/measured.js";
import { on } from "../lib/stream.js";

// viridis: even steps to the eye, and to colour-blind eyes as well
const STOPS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"]
  .map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
const BROKEN = [208, 69, 47];
const MOST_DECADES = 10;
const MOST_COLUMNS = 480; // beyond it neighbours are merged
const FLOOR = -30; // log10 of what counts as no gradient at all, as in ganviz/probes/gradients.py

let range = [-3, 0];

export function start({ head, section }) {
  head.append(el("span", { class: "gv-heat-key", id: "gv-heat-key", hidden: true }, el("span"), el("i"), el("span")));
  section.append(el("div", { class: "gv-heats", id: "gv-heats" }), el("p", { class: "gv-caption gv-heat-at", id: "gv-heat-at", "aria-live": "off" }));
  historyOf("gradients", addColumn);
  $("gv-heat-key").children[1].setAttribute("style", `background: linear-gradient(to right, ${STOPS.map((stop) => `rgb(${stop})`).join(",")})`);
  on("theme", refresh);
  new ResizeObserver(refresh).observe($("gv-heats"));
  whenSeen(["gradients"], refresh);
}

const refresh = () => draw("heat", show);

function show() {
  if (!seen()) return;
  const maps = order(measured.past.gradients ?? {}).filter(([, map]) => map.steps?.length > 1);
  $("gv-heat-key").hidden = !maps.length;
  const place = $("gv-heats");
  if (!maps.length) {
    place.replaceChildren(el("p", { class: "gv-wait" }, waiting("It fills from left to right as the run goes on.")));
    return;
  }
  const logs = maps.flatMap(([, map]) => map.log10.flat()).filter((value) => value != null && value > -29);
  const high = Math.ceil(Math.max(...logs));
  range = [Math.max(high - MOST_DECADES, Math.min(high - 2, Math.floor(Math.min(...logs)))), high];
  text($("gv-heat-key").firstElementChild, power(range[0]));
  text($("gv-heat-key").lastElementChild, power(range[1]));
  if (place.children.length !== maps.length || maps.some(([name], i) => place.children[i].getAttribute("data-network") !== name)) {
    place.replaceChildren(...maps.map(([name]) => box(name)));
  }
  maps.forEach(([name, map], index) => paint(place.children[index], name, map));
}

function box(name) {
  const [role, words] = ROLES[name] ?? ["", name];
  const canvas = el("canvas", { role: "img", onpointermove: (event) => point(event, name), onpointerleave: () => text($("gv-heat-at"), "") });
  return el("div", { class: "gv-heat", "data-network": name, "data-role": role }, el("h3", {}, words), el("div", { class: "gv-heat-frame" }, canvas),
    el("div", { class: "gv-heat-steps", "aria-hidden": "true" }, el("span"), el("span")));
}

function paint(node, name, { layers, steps, log10 }) {
  const canvas = node.querySelector("canvas");
  const [width, height] = [canvas.parentElement.clientWidth, canvas.parentElement.clientHeight];
  if (!(width > 0 && height > 0)) return;
  Object.assign(canvas, { width, height: layers.length });
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(width, layers.length);
  const first = steps[0];
  const long = steps.at(-1) - first || 1;
  let column = 0;
  for (let x = 0; x < width; x += 1) {
    const step = first + (long * x) / (width - 1);
    while (column < steps.length - 1 && steps[column] < step) column += 1;
    for (let row = 0; row < layers.length; row += 1) {
      const [r, g, b] = tone(log10[row][column]);
      pixels.data.set([r, g, b, 255], 4 * (row * width + x));
    }
  }
  pen.putImageData(pixels, 0, 0);
  const values = log10.map((row) => row.at(-1)).filter((value) => value != null);
  canvas.setAttribute("aria-label", `${ROLES[name]?.[1] ?? name}: gradient norm of ${counted(layers.length, "one layer", `${layers.length} layers`)} from step ${first} to ${steps.at(-1)}; ` +
    `now between ${brief(10 ** Math.min(...values))} and ${brief(10 ** Math.max(...values))}`);
  canvas.dataset.columns = steps.length;
  text(node.lastElementChild.firstElementChild, `step ${count(first)}`);
  text(node.lastElementChild.lastElementChild, count(steps.at(-1)));
}

function tone(log) {
  if (log == null) return BROKEN;
  const at = Math.min(1, Math.max(0, (log - range[0]) / (range[1] - range[0]))) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  return STOPS[low].map((value, i) => Math.round(value + (STOPS[low + 1][i] - value) * (at - low)));
}

function point(event, name) {
  const map = measured.past.gradients?.[name];
  if (!map) return;
  const box = event.currentTarget.getBoundingClientRect();
  const rows = map.layers.length;
  const row = Math.min(rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * rows)));
  const step = map.steps[0] + ((event.clientX - box.left) / box.width) * (map.steps.at(-1) - map.steps[0]);
  const found = map.steps.findIndex((one) => one >= step);
  const column = found < 0 ? map.steps.length - 1 : found;
  const value = map.log10[row][column];
  text($("gv-heat-at"), `${map.layers[row]}, step ${count(map.steps[column])}: ${value == null ? "not a number" : brief(10 ** value)}`);
}

/** The decade of a norm, as a heat map keeps it. */
const decade = (norm) => (norm > 0 ? Math.max(FLOOR, Math.log10(norm)) : FLOOR);

/** A column for each new event. */
function addColumn({ data }, maps) {
  for (const [name, { layers, gradient }] of Object.entries(data.networks)) {
    let map = maps[name];
    if (map?.layers.length !== layers.length) {
      map = maps[name] = { layers, steps: [], log10: layers.map(() => []) };
    }
    map.steps.push(data.at);
    gradient.forEach((norm, row) => map.log10[row].push(norm == null ? null : decade(norm)));
    if (map.steps.length > MOST_COLUMNS) halve(map);
  }
}

/** Merge neighbouring columns of a heat map: their logs averaged, the later step. */
function halve(map) {
  const pairs = Math.floor(map.steps.length / 2);
  map.log10 = map.log10.map((row) => Array.from({ length: pairs }, (_, i) => {
    const [a, b] = [row[2 * i], row[2 * i + 1]];
    return a == null || b == null ? null : (a + b) / 2;
  }));
  map.steps = Array.from({ length: pairs }, (_, i) => map.steps[2 * i + 1]);
}
