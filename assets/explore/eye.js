// @ts-check
// D's eye: its score of this picture, what it looks at (dD/dx), where it would have the picture go,
// and how little it takes to fool it.

import { el, text } from "../lib/dom.js";
import { figure } from "../lib/format.js";
import { showNotice } from "../lib/library.js";
import { post } from "../lib/request.js";
import { toVectors } from "../latent/vectors.js";
import { differenceOf, drawSamples, fetchPictures, paintSample, samplesBody } from "./draw.js";
import { current, explored, latent, toVector, whenRests } from "./state.js";

export const label = "D's eye";
export const why = "What the discriminator says of this picture, and what it looks at";
export const fits = () => (explored.source?.kind === "points" || explored.source?.autoencoder ? "no discriminator of pictures" : "");

const REST = 120;
const UNITS = {
  probability: "the probability that it is real", relative: "on a scale where only differences count", raw: "higher is more real",
};

/** @type {Record<string, any>} */
let parts = {};
let asking = 0;
/** Refreshes at once. */
let refreshWhenRested = () => {};

export function make() {
  const canvas = (/** @type {string} */ words) => el("canvas", { width: 28, height: 28, role: "img", "aria-label": words });
  parts = {
    note: el("p", { class: "gv-note", role: "status", hidden: true }), score: el("p", { class: "gv-eye-score", role: "status" }),
    plain: canvas("This picture"), looked: canvas("dD/dx over this picture"),
    way: el("div", { class: "gv-combine-row" }), fooled: canvas("The picture that fools D"), change: canvas("What was changed, ten times enlarged"),
    fool: el("p", { class: "gv-say" }),
  };
  parts.foolBox = el("div", { class: "gv-find-body", hidden: true },
    el("figure", {}, parts.fooled, el("figcaption", { class: "gv-caption" }, "after")),
    el("figure", {}, parts.change, el("figcaption", { class: "gv-caption" }, "what was changed, ten times")));
  refreshWhenRested = whenRests(parts.score, REST, refresh);
  return el("div", { class: "gv-eye" }, parts.note, parts.score,
    el("div", { class: "gv-find-body" },
      el("figure", {}, parts.plain, el("figcaption", { class: "gv-caption" }, "this picture")),
      el("figure", {}, parts.looked, el("figcaption", { class: "gv-caption" }, el("i", { class: "gv-eye-up" }), "brighter here: more real  ", el("i", { class: "gv-eye-down" }), "darker here: more real"))),
    el("section", {}, el("div", { class: "gv-explore-bar" }, el("h3", {}, "What D likes better"),
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "morph", onclick: morph }, "Take eight steps")),
    el("p", { class: "gv-say" }, "z goes up the gradient of D(G(z)) and keeps its length: what D has learned to want, drawn by G."), parts.way),
    el("section", {}, el("div", { class: "gv-explore-bar" }, el("h3", {}, "What fools D"),
      el("button", { type: "button", class: "gv-button gv-small", "data-act": "fool", onclick: fool }, "Change the pixels a little")),
    el("p", { class: "gv-say" }, "No pixel moves by more than a twentieth of black to white, and G has no part in it."), parts.fool, parts.foolBox));
}

export function open() {
  parts.way.replaceChildren();
  parts.foolBox.hidden = true;
  text(parts.fool, "");
  refreshWhenRested();
}

const here = () => samplesBody([latent()], [explored.y ?? 0]);

/** D's score and gradient of the point as it is now. */
async function refresh() {
  if (!explored.source || fits()) return;
  asking += 1;
  const [mine, source] = [asking, current()];
  const z = latent();
  const answer = await post("gv/explore/eye", samplesBody([z], [explored.y ?? 0]));
  if (mine !== asking || source !== current()) return;
  showNotice(parts.note, answer.ok ? "" : answer.sentence, true);
  if (!answer.ok) return;
  text(parts.score, `D gives this picture ${figure(answer.score)}: ${UNITS[answer.unit]}.`);
  await drawSamples([z], [explored.y], (_, sample) => {
    if (mine !== asking || !(sample instanceof ImageData)) return;
    paintSample(parts.plain, sample);
    paintSample(parts.looked, overlay(sample, /** @type {any} */ (answer)));
  }).catch(() => { /* the picture left says what is wrong */ });
  parts.looked.dataset.shown = String((Number(parts.looked.dataset.shown) || 0) + 1);
}

/**
 * The gradient over a dimmed picture: green where brighter is more real, purple where darker is.
 * @param {ImageData} picture
 * @param {{gradient: string, width: number, height: number}} answer
 */
function overlay(picture, { gradient, width, height }) {
  const signed = Int8Array.from(atob(gradient), (one) => one.charCodeAt(0));
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let at = 0; at < width * height; at += 1) {
    const share = Math.sqrt(Math.abs(signed[at]) / 127);
    const colour = signed[at] > 0 ? [62, 203, 148] : [203, 132, 247];
    for (let part = 0; part < 3; part += 1) {
      pixels[4 * at + part] = (1 - share) * 0.35 * picture.data[4 * at + part] + share * colour[part];
    }
  }
  return new ImageData(pixels, width, height);
}

async function morph() {
  const mine = current();
  const answer = await post("gv/explore/morph", here());
  if (mine !== current()) return;
  showNotice(parts.note, answer.ok ? "" : answer.sentence, true);
  if (!answer.ok) return;
  const bytes = Uint8Array.from(atob(answer.z.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const vectors = toVectors(bytes, explored.source?.latent_dim ?? 1);
  const canvases = vectors.map(() => el("canvas", { width: 28, height: 28 }));
  parts.way.replaceChildren(...vectors.map((vector, index) => el("figure", {},
    el("button", { type: "button", class: "gv-explore-cell", "aria-label": `Go to step ${index}`, onclick: () => toVector(vector) }, canvases[index]),
    el("figcaption", { class: "gv-caption" }, figure(answer.scores[index])))));
  await drawSamples(vectors, vectors.map(() => explored.y), (index, sample) =>
    paintSample(canvases[index], sample));
}

async function fool() {
  try {
    const [mine, z] = [current(), latent()];
    const { pictures, header } = await fetchPictures("fool", here());
    if (mine !== current()) return;
    const [before, after] = header("Scores").split(",").map(Number);
    text(parts.fool, `D's score goes from ${figure(before)} to ${figure(after)}.`);
    paintSample(parts.fooled, pictures[0]);
    await drawSamples([z], [explored.y], (_, sample) => {
      const [moved] = pictures;
      if (!(sample instanceof ImageData) || !(moved instanceof ImageData)) return;
      const apart = differenceOf(sample, moved);
      apart.data.forEach((value, index) => { if (index % 4 < 3) apart.data[index] = 10 * value; });
      paintSample(parts.change, apart);
    });
    parts.foolBox.hidden = false;
  } catch (problem) {
    showNotice(parts.note, /** @type {Error} */ (problem).message, true);
  }
}
