// @ts-check
// The tray of starred points: go to one, take its star away. Panels that need key frames or sums
// take them from here.

import { on } from "../lib/bus.js";
import { $, el, findAll, text } from "../lib/dom.js";
import { refill } from "../lib/refill.js";
import { drawSamples, paintSample } from "./draw.js";
import { className, explored, setStars, toVector, vectorOf } from "./state.js";

/** Counts drawings: one that is no longer wanted stops. */
let drawing = 0;

export function start() {
  on("explore-stars", show);
}

/** Of a star, or of the point. @param {{seed: number | null, y: number | null}} star */
export const nameOfStar = ({ seed, y }) => [className(y), seed === null ? "" : `seed ${seed}`]
  .filter(Boolean).join(", ") || "a z of its own";

function show() {
  const { stars } = explored;
  text($("gv-explore-stars-count"), stars.length ? String(stars.length)
    : "none yet: star a picture to keep its z");
  const box = $("gv-explore-stars");
  const fill = () => box.replaceChildren(...stars.map((star, index) => el("div", { role: "listitem", class: "gv-explore-star" },
    el("button", {
      type: "button", class: "gv-explore-cell", "aria-label": `Go to ${nameOfStar(star)}`, title: nameOfStar(star),
      onclick: () => {
        const vector = vectorOf(star);
        if (vector) toVector(vector, star.y, star.seed);
      },
    }, el("canvas", { width: 28, height: 28 })),
    el("button", {
      type: "button", class: "gv-explore-remove", "aria-label": `Take the star of ${nameOfStar(star)} away`,
      onclick: () => {
        setStars(explored.stars.filter((one) => one !== star));
        // the next one stands in its place
        const left = findAll(".gv-explore-remove", box);
        (left[Math.min(index, left.length - 1)] ?? box).focus();
      },
    }, "×"))));
  refill(box, () => {
    fill();
    paintAll();
  });
}

async function paintAll() {
  drawing += 1;
  const mine = drawing;
  await paintStars([.../** @type {any} */ ($("gv-explore-stars").querySelectorAll("canvas"))], explored.stars,
    () => mine === drawing);
}

/**
 * Draw stars into canvases, one each, while `wanted()`.
 * @param {HTMLCanvasElement[]} canvases
 * @param {import("./state.js").Star[]} stars
 * @param {() => boolean} wanted
 */
export async function paintStars(canvases, stars, wanted) {
  const known = stars.map((star, index) => ({ star, canvas: canvases[index], vector: vectorOf(star) }))
    .filter(({ vector }) => vector);
  try {
    await drawSamples(known.map(({ vector }) => /** @type {any} */ (vector)), known.map(({ star }) => star.y),
      (index, sample) => paintSample(known[index].canvas, sample), wanted);
  } catch { /* the picture beside it says what is wrong */ }
}
