// How true and how varied the samples are: figures with their sample counts, and the classes or modes
// that they fall into.

import { $, el, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { declared } from "../lib/declared.js";
import { label as labelOf, reference, samples, written } from "../lib/figures.js";
import { waiting, whenSeen } from "./shared.js";
import { measured, newest } from "../lib/measured.js";
import { now } from "../lib/stream.js";
import { chart, scale, spark, svg } from "../lib/svg.js";
import { tip } from "../lib/tips.js";

const percent = (value) => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
const BELOW = 18;

let figures = []; // [kind, figure] of all that are declared

export async function start({ section }) {
  section.append(el("div", { class: "gv-fidelity-body" }, el("table", { class: "gv-figures-table", id: "gv-fidelity-table" }),
    el("div", { class: "gv-classes-box" }, el("p", { class: "gv-caption", id: "gv-classes-say" }), el("div", { class: "gv-draw", id: "gv-classes-plot" }))));
  // others have curves of their own
  const isTabled = ({ cards }) => cards.every(({ script, tabled }) => script || tabled);
  const kinds = (await declared()).filter(isTabled);
  figures = kinds.flatMap(({ name, figures: those }) => those.map((figure) => [name, figure]));
  const refresh = chart($("gv-classes-plot"), label, paint);
  whenSeen(kinds.map(({ name }) => name), () => { table(); words(); refresh(); });
}

const isPoints = () => now.run?.spec?.kind === "points";
// beside a discriminator, what D's card has as tiles stands there
const rows = () => figures.filter(
  ([kind, { name, tile }]) => newest(kind)?.[name] != null && !(tile && newest(kind).real));

function table() {
  const place = /** @type {HTMLTableElement} */ ($("gv-fidelity-table"));
  const wanted = rows();
  const key = wanted.map(([kind, { name }]) => `${kind}-${name}`).join();
  if (place.dataset.names !== key) {
    place.dataset.names = key;
    place.replaceChildren(...(wanted.length ? [el("thead", {}, el("tr", {}, ...["Figure", "Value", "Trend", "N"].map((title) => el("th", { scope: "col" },
      title === "N" && !isPoints() ? el("span", { title: "generated and real samples" }, "N, generated and real") : title)))),
    el("tbody", {}, ...wanted.map(([, figure]) => el("tr", { "data-figure": figure.name },
      el("th", { scope: "row" }, labelOf(figure), tip(figure.why, figure.label)), el("td", {}, el("b"), el("small")), el("td"), el("td"))))] : []));
  }
  wanted.forEach(([kind, figure], index) => {
    const row = place.tBodies[0].rows[index];
    const data = newest(kind);
    text(row.querySelector("b"), written(figure, data));
    text(row.querySelector("small"), reference(figure, data));
    row.children[2].replaceChildren(spark(measured.past[kind]?.[figure.name] ?? []));
    text(row.children[3], samples(figure, data));
  });
}

function words() {
  const data = newest(isPoints() ? "modes" : "fidelity");
  const at = data && (data.at ?? measured.newest.modes?.step);
  text($("gv-fidelity-step"), data ? `step ${count(at)}` : "");
  text($("gv-fidelity-say"), say(data));
  text($("gv-classes-say"), classesSay(data));
}

function say(data) {
  if (!now.run) return "";
  if (isPoints()) {
    return data ? `How many modes the generator has, and how close to them its samples lie. Counted on ${count(data.n)} samples.`
      : "This data has no separate modes to count.";
  }
  if (!data) return waiting("The first figures come after some seconds: a small classifier learns the labelled data first.");
  if (!data.features) return "This data has no labels to train a classifier on, so that only copies and sharpness are measured.";
  const right = data.classifier_accuracy == null ? "" : `, ${percent(data.classifier_accuracy)} right on pictures kept from it`;
  return `Measured on features of a ${data.features}${right}; k = ${data.k} neighbours.`;
}

/** {counts, names, total} of the classes or modes, or null. */
function bars() {
  const modes = newest("modes");
  if (isPoints()) return modes && { counts: modes.counts, names: modes.counts.map((_, i) => String(i + 1)), noun: "mode", rest: modes.n };
  const data = newest("fidelity");
  return data?.histogram ? { counts: data.histogram, names: data.classes, noun: "class" } : null;
}

function classesSay(data) {
  const found = bars();
  if (!found) return "";
  if (isPoints()) return "Samples of high quality in each mode. The dashed line is an equal share of all samples.";
  const followed = data.agreement == null ? "" : ` What was asked for is what was drawn in ${percent(data.agreement)}.`;
  return `Which class the classifier sees in ${count(data.n)} generated pictures: ${data.covered} of ${data.classes.length} present, entropy ` +
    `${figure(data.entropy)} of ${figure(data.entropy_max)}. The dashed line is an equal share.${followed}`;
}

function label() {
  const found = bars();
  return found ? `Samples in each ${found.noun}: ${found.names.map((name, i) => `${name}: ${found.counts[i]}`).join(", ")}` : "No counts yet";
}

function paint(width, height) {
  const found = bars();
  if (!found) return [];
  const { counts, names } = found;
  const even = (found.rest ?? counts.reduce((sum, value) => sum + value, 0)) / counts.length;
  const y = scale(0, Math.max(...counts, 1.6 * even), height - BELOW, 4);
  const room = width / counts.length;
  const every = Math.ceil((Math.max(...names.map((name) => Math.min(name.length, 8))) * 6.5 + 6) / room);
  const nodes = counts.flatMap((value, i) => {
    const bar = svg("rect", { x: i * room + 0.14 * room, width: 0.72 * room, y: y(value), height: Math.max(0, height - BELOW - y(value)), rx: 2, class: "gv-svg-bar" },
      svg("title", {}, `${names[i]}: ${value}`));
    const name = i % every ? [] : [svg("text", { x: (i + 0.5) * room, y: height - 4, "text-anchor": "middle", class: "gv-svg-text" }, names[i].slice(0, 8))];
    return [bar, ...name];
  });
  nodes.push(svg("line", { x1: 0, x2: width, y1: y(even), y2: y(even), class: "gv-svg-even" }));
  nodes.push(svg("line", { x1: 0, x2: width, y1: height - BELOW, y2: height - BELOW, class: "gv-svg-axis" }));
  return nodes;
}
