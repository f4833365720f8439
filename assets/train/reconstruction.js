// A third choice above the pictures of an autoencoder: real pictures, each beside its reconstruction.

import { $, el, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { address } from "../lib/request.js";
import { draw, whileLoading } from "../lib/schedule.js";
import { measured, newest } from "../lib/measured.js";
import { now, on } from "../lib/stream.js";

let open = false;
let wanted = null;
let busy = false;
let image = null;

export function start() {
  const group = document.querySelector(".gv-grid-card .gv-switch");
  group.append(el("button", { type: "button", id: "gv-recon-show", "aria-pressed": false, hidden: true, onclick: () => show(true) }, "Reconstruction"));
  $("gv-grid-caption").after(el("span", { class: "gv-caption", id: "gv-recon-caption" }));
  $("gv-stage").append(el("div", { id: "gv-recon", hidden: true },
    el("div", { class: "gv-columns gv-recon-heads", "aria-hidden": "true" },
      ...[0, 1, 2, 3].map(() => el("span", {}, el("i", {}, "in"), el("i", {}, "out")))),
    el("canvas", { role: "img", "aria-label": "No reconstructions yet" })));
  for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => show(false, button));
  new ResizeObserver(() => draw("recon", paint)).observe($("gv-stage"));
  on("hello", ({ sameRun }) => { if (!sameRun) { image = null; if (open) leave(); } });
  on("measured", (kind) => {
    if (kind && kind !== "reconstruction") return;
    $("gv-recon-show").hidden = !newest("reconstruction");
    if (open) load();
  });
}

function leave() {
  document.querySelector("[data-show=generated]").click();
}

function show(wish) {
  if (open === wish) return;
  open = wish;
  $("gv-recon").hidden = !open;
  $("gv-recon-show").setAttribute("aria-pressed", open);
  document.querySelector(".gv-grid-card").toggleAttribute("data-recon", open);
  if (!open) return;
  for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", false);
  load();
}

/** The newest pairs; of several wanted meanwhile only the last is fetched. */
async function load() {
  wanted = measured.newest.reconstruction ?? null;
  if (busy) return;
  busy = true;
  while (wanted) {
    const event = wanted;
    wanted = null;
    const next = new Image();
    next.src = address(`gv/runs/${encodeURIComponent(now.run.id)}/reconstruction?step=${event.step}`);
    try {
      await whileLoading(next.decode());
    } catch { // the run is being put away: the picture before it stays
      continue;
    }
    image = { next, event };
    draw("recon", paint);
  }
  busy = false;
}

function paint() {
  if (!open || !image) return;
  const { next, event } = image;
  const canvas = $("gv-recon").lastElementChild;
  const stage = $("gv-stage");
  const scale = Math.min(stage.clientWidth / next.naturalWidth, (stage.clientHeight - 20) / next.naturalHeight);
  if (!(scale > 0)) return;
  const times = Math.max(1, Math.ceil(scale * devicePixelRatio - 0.02));
  Object.assign(canvas, { width: next.naturalWidth * times, height: next.naturalHeight * times });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(next, 0, 0, canvas.width, canvas.height);
  canvas.style.width = `${Math.floor(next.naturalWidth * scale)}px`;
  canvas.style.height = `${Math.floor(next.naturalHeight * scale)}px`;
  $("gv-recon").firstElementChild.style.width = canvas.style.width;
  text($("gv-recon-caption"), `step ${count(event.step)}, mean squared error ${event.data.error.toFixed(4)}`);
  canvas.setAttribute("aria-label", `Real pictures, each beside its reconstruction, at step ${event.step}; mean squared error ${event.data.error}`);
  $("gv-recon").dataset.step = event.step;
}
