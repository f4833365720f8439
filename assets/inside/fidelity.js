// How true and how varied the samples are: figures with their sample counts, and the classes or modes that they fall into.

import { $, el, text } from "../lib/dom.js";
import { brief, count, figure } from "../lib/format.js";
import { whenSeen } from "./shared.js";
import { measured, newest } from "../lib/measured.js";
import { now } from "../lib/stream.js";
import { chart, scale, spark, svg } from "../lib/svg.js";
import { tip } from "../lib/tips.js";

const percent = (value) => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
const small = (value) => (Math.abs(value) < 0.01 ? brief(value) : figure(value));
const against = (data) => `${count(data.n)} and ${count(data.n_real)}`;
const neighbours = (data) => `${count(data.n_neighbours)} and ${count(data.n_neighbours)}`;

// kind, name, label, what it says, how it is written, N (generated and real), what to hold it against
const PICTURES = [
  ["fidelity", "fid", "FID ↓", "Fréchet distance of generated and real samples, as Gaussians in feature space. Lower is better; " +
    "compare only at the same N and features.", figure, against, (data) => (data.fid_real == null ? "" : `real against real ${figure(data.fid_real)}`)],
  ["fidelity", "kid", "KID ↓", "Kernel distance: like FID, but without its bias at small N. Near 0 the two agree; features are scaled first.", small, neighbours],
  ["fidelity", "precision", "Precision ↑", "Generated samples that lie among the real ones: do they look right?", percent, neighbours],
  ["fidelity", "recall", "Recall ↑", "Real samples that lie among the generated ones: is everything there?", percent, neighbours],
  ["fidelity", "density", "Density ↑", "Like precision, but outliers among the real samples count less. It can exceed 1.", figure, neighbours],
  ["fidelity", "coverage", "Coverage ↑", "Real samples with a generated one close by.", percent, neighbours],
  ["fidelity", "copies", "Copies ↓", "Generated pictures three times as near to one training picture as to any other.", percent,
    (data) => `${count(data.n_copies)} and ${count(data.n_train)}`, (data) => `among the real ones ${percent(data.copies_real)}`],
  ["sharpness", "ratio", "Sharpness", "Variance of the Laplacian, against the data's: 1 is as sharp, less is blurred, more is noisy.", figure,
    (data) => `${count(data.n)} and ${count(data.n_real)}`],
  ["outputs", "diversity", "Diversity", "How far apart generated samples lie, against real ones: 1 is as varied as the data; near 0, all look alike.", figure,
    (data) => `${count(data.n)} and ${count(data.n)}`],
];
const POINTS = [
  ["modes", "captured", "Modes ↑", "Modes with at least one sample of high quality.", (value, data) => `${value} of ${data.total}`, null],
  ["modes", "strict", "Strict modes ↑", "Modes with at least 20 of 2,500 samples of high quality.", (value, data) => `${value} of ${data.total}`, null],
  ["modes", "quality", "High quality ↑", "Samples within three standard deviations of the nearest mode.", percent, null],
  ["modes", "reverse_kl", "Reverse KL ↓", "How unevenly the good samples are spread over the modes, in nats. 0 is even.", figure, null],
];
const BELOW = 18;

export function start() {
  const refresh = chart($("gv-classes-plot"), label, paint);
  whenSeen(["fidelity", "sharpness", "modes", "outputs"], () => { table(); words(); refresh(); });
}

const isPoints = () => now.run?.spec?.kind === "points";
const rows = () => (isPoints() ? POINTS : PICTURES).filter(([kind, name]) => newest(kind)?.[name] != null
  && !(kind === "outputs" && newest(kind).real)); // beside a discriminator, diversity has its place in D's card

function table() {
  const place = $("gv-fidelity-table");
  const wanted = rows();
  const key = wanted.map(([, name]) => name).join();
  if (place.dataset.names !== key) {
    place.dataset.names = key;
    place.replaceChildren(...(wanted.length ? [el("thead", {}, el("tr", {}, ...["Figure", "Value", "Trend", "N"].map((title) => el("th", { scope: "col" },
      title === "N" && !isPoints() ? el("span", { title: "generated and real samples" }, "N, generated and real") : title)))),
    el("tbody", {}, ...wanted.map(([, name, title, why]) => el("tr", { "data-figure": name }, el("th", { scope: "row" }, title, tip(why, title)),
      el("td", {}, el("b"), el("small")), el("td"), el("td"))))] : []));
  }
  for (const [kind, name, , , write, samples, hold] of wanted) {
    const row = place.querySelector(`[data-figure=${name}]`);
    const data = newest(kind);
    text(row.querySelector("b"), write(data[name], data));
    text(row.querySelector("small"), hold?.(data) ?? "");
    row.children[2].replaceChildren(spark(measured.past[kind]?.[name] ?? []));
    text(row.children[3], samples ? samples(data) : count(data.n));
  }
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
  if (!data) return "The first figures come after some seconds: a small classifier learns the labelled data first.";
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
  const asked = data.agreement == null ? "" : ` What was asked for is what was drawn in ${percent(data.agreement)}.`;
  return `Which class the classifier sees in ${count(data.n)} generated pictures: ${data.covered} of ${data.classes.length} present, entropy ` +
    `${figure(data.entropy)} of ${figure(data.entropy_max)}. The dashed line is an equal share.${asked}`;
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
