// @ts-check
// The pictures of the run, moment by moment.

import { emit, on } from "../lib/bus.js";
import { $, el, findAll } from "../lib/dom.js";
import { album, context, indexAt, resize } from "../lib/pictures.js";
import { player } from "../lib/player.js";
import { colour } from "../lib/theme.js";
import { data } from "./data.js";

/** @typedef {{step: number, seek: (step: number) => void}} Replay */

/** px of a 2-D run's picture */
const SIDE = 640;
/** Wider grids have tiles that look better smoothed. */
const SMOOTH_FROM = 600;

const state = { index: 0, which: "fake", requested: "" };
const pictures = album();

/**
 * Emits "step" whenever the replay moves.
 * @returns {Replay}
 */
export function startReplay() {
  const any = data.moments.length > 0;
  $("player").hidden = $("sheet").hidden = !any;
  $("which").hidden = !any || !(data.frames ? data.frames.reals : data.scatter);
  $("pictures-note").hidden = any;
  if (!any) return { step: 0, seek: () => {} };
  prepareCanvas();
  /** @type {ReturnType<typeof player>} */
  const transport = player($("player"), {
    steps: data.moments,
    onStep: (step, index) => {
      state.index = index;
      paint();
      emit("step", step);
    },
    preload: (step) => {
      const file = data.frames?.files[indexAt(data.moments, step)];
      if (file) pictures(file);
    },
  });
  for (const button of findAll("button", $("which"))) {
    button.addEventListener("click", () => choose(button.dataset.which ?? "fake"));
  }
  document.addEventListener("keydown", (event) => moveByKey(event, transport));
  on("theme", paint);
  transport.show();
  return transport;
}

function prepareCanvas() {
  for (const label of data.frames?.labels ?? []) $("labels").append(el("span", {}, label));
  const canvas = $("grid", HTMLCanvasElement);
  resize(canvas, data.frames?.width ?? SIDE, data.frames?.height ?? SIDE);
  canvas.classList.toggle("smooth", !data.frames || canvas.width > SMOOTH_FROM);
}

/**
 * @param {KeyboardEvent} event
 * @param {{move: (steps: number) => void, toggle: () => void}} transport
 */
function moveByKey(event, transport) {
  const node = /** @type {Element} */ (event.target);
  if (node.matches("input, textarea, select")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowRight") transport.move(1);
  if (event.key === "ArrowLeft") transport.move(-1);
  if (event.key === " " && !node.matches("button")) {
    event.preventDefault();
    transport.toggle();
  }
}

/** @param {string} which fake or real */
function choose(which) {
  state.which = which;
  for (const button of findAll("button", $("which"))) {
    button.setAttribute("aria-pressed", String(button.dataset.which === which));
  }
  paint();
}

/** Show the present moment; of pictures that are still being read, only the newest counts. */
async function paint() {
  const canvas = $("grid", HTMLCanvasElement);
  const real = state.which === "real";
  $("sheet").dataset.which = state.which;
  canvas.setAttribute("aria-label",
    real ? "Real samples" : `Generated samples at step ${data.moments[state.index]}`);
  if (data.scatter) return paintPoints(canvas, data.scatter);
  const file = real ? data.frames?.reals : data.frames?.files[state.index];
  if (!file) return;
  state.requested = file;
  const picture = await pictures(file);
  if (!picture || state.requested !== file) return;
  context(canvas).drawImage(picture, 0, 0);
  canvas.dataset.shown = file;
}

/** Points of a 2-D run: real ones green, generated ones purple. */
function paintPoints(canvas, { reach, real, fakes }) {
  const side = canvas.width;
  const pen = context(canvas);
  pen.fillStyle = colour("well");
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = colour("edge");
  pen.strokeRect(side / 2, -1, 0, side + 2);
  pen.strokeRect(-1, side / 2, side + 2, 0);
  const dots = (points, role, alpha) => {
    pen.fillStyle = colour(role);
    pen.globalAlpha = alpha;
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [(points[i] / reach + 1) * side / 2, (1 - points[i + 1] / reach) * side / 2];
      pen.beginPath();
      pen.arc(x, y, 3, 0, 2 * Math.PI);
      pen.fill();
    }
    pen.globalAlpha = 1;
  };
  dots(real, "real", state.which === "real" ? 0.8 : 0.3);
  if (state.which === "fake") dots(fakes[state.index], "fake", 0.75);
  canvas.dataset.shown = `${state.which} ${state.index}`;
}
