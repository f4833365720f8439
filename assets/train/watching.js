// @ts-check
// Looking at a kept run: the page says so, keeps an eye on the run that trains, and leads back.

import { $, el, text } from "../lib/dom.js";
import { TRAINING_REFRESH } from "../lib/pacing.js";
import { get } from "../lib/request.js";
import { isActive } from "../lib/states.js";
import { emit, now, on, pinned, watch } from "../lib/stream.js";
import { adopt } from "./form.js";

let timer = 0;

export function start() {
  on("hello", show);
  on("started", () => { if (pinned()) follow(); });
  on("resumed", follow);
}

/** The page follows whatever trains. */
export function follow() {
  adopt();
  watch(null);
}

function show() {
  document.getElementById("gv-watching")?.remove();
  clearInterval(timer);
  now.training = null;
  const run = pinned();
  if (!run) return;
  const [, step] = run.split("@");
  const name = el("b", {}, now.run?.name ?? run);
  const back = el("button", { type: "button", class: "gv-button gv-small", onclick: follow },
    "Back to the live run");
  $("gv-main").prepend(el("div", { id: "gv-watching", role: "status" }, "Looking at ", name,
    step ? ` from its folder, with the generator of step ${step}.` : " from its folder.",
    el("span", { id: "gv-watching-training" }), el("span", { class: "gv-spring" }), back));
  pollTraining();
  timer = setInterval(() => { if (!document.hidden) pollTraining(); }, TRAINING_REFRESH);
}

/** The run that trains meanwhile can be paused and stopped from here. */
async function pollTraining() {
  const { training } = await get("gv/status");
  if (!pinned()) return;
  if (training?.id === pinned()) return watch(null);
  now.training = isActive(training?.state) ? training : null;
  text(document.getElementById("gv-watching-training"),
    now.training ? `${now.training.name} trains meanwhile.` : "");
  emit("status", now.status);
}
