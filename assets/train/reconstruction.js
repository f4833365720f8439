// @ts-check
// A third choice above the pictures of an autoencoder: real pictures, each beside its
// reconstruction.

import { $, el, find, findAll, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { measured, newest } from "../lib/measured.js";
import { context } from "../lib/pictures.js";
import { address, isGone } from "../lib/request.js";
import { retrying } from "../lib/retry.js";
import { draw, whileLoading } from "../lib/schedule.js";
import { now, on } from "../lib/stream.js";

const PAIRS = 4;
/** px of the heads above the columns */
const HEADS = 20;

/** @typedef {import("../lib/protocol.js").RunEvent} RunEvent */
let open = false;
/** @type {RunEvent | null} */
let wanted = null;
let busy = false;
/** @type {{image: HTMLImageElement, event: RunEvent} | null} */
let drawn = null;
const retry = retrying(() => void load());

export function start() {
  find(document, ".gv-grid-card .gv-switch").append(el("button", {
    type: "button", id: "gv-recon-show", "aria-pressed": "false", hidden: true,
    onclick: () => show(true),
  }, "Reconstruction"));
  $("gv-grid-caption").after(el("span", { class: "gv-caption", id: "gv-recon-caption" }));
  $("gv-stage").append(panel());
  for (const button of findAll("[data-show]")) button.addEventListener("click", () => show(false));
  new ResizeObserver(() => draw("recon", paint)).observe($("gv-stage"));
  on("hello", ({ sameRun }) => {
    if (sameRun) return;
    drawn = null;
    leave();
    if (open) find(document, "[data-show=generated]").click();
  });
  on("measured", (kind) => {
    if (kind && kind !== "reconstruction") return;
    $("gv-recon-show").hidden = !newest("reconstruction");
    if (open) load();
  });
}

const panel = () => el("div", { id: "gv-recon", hidden: true },
  el("div", { class: "gv-columns gv-recon-heads", "aria-hidden": "true" },
    ...Array.from({ length: PAIRS }, () => el("span", {}, el("i", {}, "in"), el("i", {}, "out")))),
  el("canvas", { role: "img", "aria-label": "No reconstructions yet" }));

/** @param {boolean} to */
function show(to) {
  if (open === to) return;
  open = to;
  $("gv-recon").hidden = !open;
  $("gv-recon-show").setAttribute("aria-pressed", String(open));
  find(document, ".gv-grid-card").toggleAttribute("data-recon", open);
  if (!open) return leave();
  for (const button of findAll("[data-show]")) button.setAttribute("aria-pressed", "false");
  load();
}

/** Nothing is wanted any more. */
function leave() {
  wanted = null;
  retry.asked(null);
}

/** The newest pairs; of several wanted meanwhile only the last is fetched. */
async function load() {
  wanted = measured.newest.reconstruction ?? null;
  if (busy) return;
  busy = true;
  while (wanted) {
    const event = wanted;
    wanted = null;
    retry.asked(event);
    const run = now.run?.id;
    const path = `gv/runs/${encodeURIComponent(run ?? "")}/reconstruction?step=${event.step}`;
    const image = new Image();
    image.src = address(path);
    const decoded = await whileLoading(image.decode().then(() => true, () => false));
    if (run !== now.run?.id) continue;
    if (!decoded) {
      // where the run is being put away, the picture before it stays
      if (!(await isGone(path))) retry.missed(event);
      continue;
    }
    drawn = { image, event };
    draw("recon", paint);
  }
  busy = false;
}

function paint() {
  if (!open || !drawn) return;
  const { image: { naturalWidth: width, naturalHeight: height }, image, event } = drawn;
  const canvas = find($("gv-recon"), "canvas", HTMLCanvasElement);
  const stage = $("gv-stage");
  const scale = Math.min(stage.clientWidth / width, (stage.clientHeight - HEADS) / height);
  if (!(scale > 0)) return;
  const times = Math.max(1, Math.ceil(scale * devicePixelRatio - 0.02));
  Object.assign(canvas, { width: width * times, height: height * times });
  const pen = context(canvas);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.style.width = `${Math.floor(width * scale)}px`;
  canvas.style.height = `${Math.floor(height * scale)}px`;
  find($("gv-recon"), ".gv-recon-heads").style.width = canvas.style.width;
  const error = event.data.error.toFixed(4);
  text($("gv-recon-caption"), `step ${count(event.step)}, mean squared error ${error}`);
  canvas.setAttribute("aria-label", "Real pictures, each beside its reconstruction, " +
    `at step ${event.step}; mean squared error ${error}`);
  $("gv-recon").dataset.step = String(event.step);
}
