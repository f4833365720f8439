// @ts-check
// A small picture of what G does with the plane of latents: an even grid, bent. It unfolds from the
// square while somebody points at G.

import { $, el } from "../lib/dom.js";
import { newest } from "../lib/measured.js";
import { LAB_UNFOLD } from "../lib/pacing.js";
import { draw } from "../lib/schedule.js";
import { now, on } from "../lib/stream.js";
import { onTab } from "../lib/tabs.js";
import { clean, projection } from "../train/plane.js";
import { takenPlane } from "../train/scatter.js";
import { animation } from "./animation.js";
import * as graph from "./graph.js";
import { drawManifold, unfoldedShare } from "./layers.js";
import { boxAround } from "./small_plane.js";

const SMALLEST = 20;
const WORDS = "How G bends an even grid of latents; it unfolds while you point at it";

let began = -LAB_UNFOLD;

export function start() {
  const node = graph.node("generator");
  const canvas = el("canvas", { id: "gv-lab-bent", role: "img", "aria-label": WORDS, title: WORDS, hidden: true });
  node.firstElementChild?.after(canvas);
  const unfold = () => {
    if (canvas.hidden || !content() || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    began = performance.now();
    go(true);
  };
  node.addEventListener("pointerenter", unfold);
  node.firstElementChild?.addEventListener("focus", unfold);
  on("plane-taken", refresh);
  on("theme", refresh);
  on("hello", refresh);
  on("measured", (kind) => { if (kind === null || kind === "scatter") refresh(); });
  onTab(refresh);
  refresh();
}

const refresh = () => draw("lab-bent", paint);

/** Frames of the unfolding, one after the other. */
const go = animation(() => {
  paint();
  return performance.now() - began < LAB_UNFOLD ? 0 : null;
}, 0);

/** The bent grid of the plane that is shown, and the reals around it; null where there are none. */
function content() {
  const image = takenPlane()?.manifold;
  const real = newest("scatter")?.real;
  return image && real ? { image, real } : null;
}

function paint() {
  const canvas = $("gv-lab-bent", HTMLCanvasElement);
  // room from the run's first moment on: the graph would grow under a finger when the grid comes
  const plane = takenPlane();
  if (now.run?.spec) canvas.hidden = now.run.spec.kind !== "points" || Boolean(plane && !plane.manifold);
  const side = canvas.clientWidth;
  if (canvas.hidden || side < SMALLEST) return;
  const drawn = content();
  const context = clean(canvas, side);
  if (!drawn) return;
  const at = projection(boxAround(drawn.real), side);
  drawManifold(context, drawn.image, unfoldedShare(began), at, side);
}
