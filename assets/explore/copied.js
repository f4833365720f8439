// @ts-check
// Is it copied? The nearest training pictures to this one, and how near that is beside what real
// pictures are to each other.

import { el, text } from "../lib/dom.js";
import { figure } from "../lib/format.js";
import { showNotice } from "../lib/library.js";
import { post } from "../lib/request.js";
import { fetchPictures, paintSample, samplesBody } from "./draw.js";
import { current, explored, latent, whenRests } from "./state.js";

export const label = "Copied?";
export const why = "The training pictures that are nearest to this one";
export const fits = () => (explored.source?.kind === "points" ? "points" : "");

const REST = 300;
const WAYS = { pixels: "By pixels", features: "By the features of a classifier" };

/** @type {Record<string, any>} */
let parts = {};
let asking = 0;
/** Asks at once. */
let refreshWhenRested = () => {};

export function make() {
  parts = {
    note: el("p", { class: "gv-note", role: "status", hidden: true }),
    say: el("p", { class: "gv-caption", role: "status" }, ""),
    body: el("div", { class: "gv-copied" }),
  };
  refreshWhenRested = whenRests(parts.body, REST, ask);
  return el("div", {}, el("p", { class: "gv-say" }, "A generator that copies is much nearer to one training picture than real pictures are to each other. The nearest ones are shown, so that you can judge by eye."),
    parts.note, parts.say, parts.body);
}

export function open() { refreshWhenRested(); }

async function ask() {
  if (!explored.source) return;
  asking += 1;
  const [mine, source] = [asking, current()];
  text(parts.say, "Looking through the training pictures.");
  const answer = await post("gv/explore/nearest", samplesBody([latent()], [explored.y ?? 0]));
  if (mine !== asking || source !== current()) return;
  text(parts.say, answer.note ?? "");
  showNotice(parts.note, answer.ok ? "" : answer.sentence, true);
  if (!answer.ok) { parts.body.replaceChildren(); return; }
  const rows = Object.keys(WAYS).filter((name) => answer[name]);
  const canvases = {};
  parts.body.replaceChildren(...rows.map((name) => {
    canvases[name] = answer[name].neighbours.map(() => el("canvas", { width: 28, height: 28 }));
    return el("section", {}, el("h3", {}, WAYS[name]), el("p", { class: "gv-say" }, sentence(answer[name], answer.count)),
      el("div", { class: "gv-copied-row" }, ...answer[name].neighbours.map(({ index, label: y, distance }, at) =>
        el("figure", {}, canvases[name][at], el("figcaption", { class: "gv-caption" },
          `${y === null ? "" : `${explored.source?.labels[y] ?? y} · `}${figure(distance)}`, el("span", { class: "gv-hidden-text" }, ` training picture ${index}`))))));
  }));
  await Promise.all(rows.map(async (name) => {
    const { pictures } = await fetchPictures("reals", { run: explored.source?.run, indices: answer[name].neighbours.map(({ index }) => index) });
    pictures.forEach((picture, at) => paintSample(canvases[name][at], picture));
  })).catch((problem) => showNotice(parts.note, problem.message, true));
  parts.body.dataset.of = String((Number(parts.body.dataset.of) || 0) + 1);
}

/** @param {{share: number, neighbours: {distance: number}[]}} found @param {number} count */
function sentence({ share, neighbours }, count) {
  const near = figure(neighbours[0].distance);
  if (share === 0) return `Nearest of ${count.toLocaleString("en-GB")}: ${near}. No real picture that was looked at is so near to another one: this may be a copy.`;
  return `Nearest of ${count.toLocaleString("en-GB")}: ${near}. ${(100 * share).toFixed(0)} % of real pictures are nearer to another real one than that.`;
}
