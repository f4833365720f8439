// @ts-check
// Looking at a kept run: the page says so, keeps an eye on the run that trains, and leads back.

import { $, el, text } from "../lib/dom.js";
import { TRAINING_REFRESH } from "../lib/pacing.js";
import { count } from "../lib/format.js";
import { nameAmong } from "../lib/library.js";
import { get } from "../lib/request.js";
import { isActive } from "../lib/states.js";
import { emit, now, on, pinned, watch } from "../lib/stream.js";
import { adopt } from "./form.js";

let timer = 0;
/** Runs that may have the name of one that is named here. @type {{id: string, name: string}[]} */
let runs = [];

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
  const [id, step] = run.split("@");
  const kept = { id, name: now.run?.name ?? id };
  const name = el("b", {}, nameAmong(kept, runs));
  const back = el("button", { type: "button", class: "gv-button gv-small", onclick: follow },
    "Back to the live run");
  const says = el("span", { class: "gv-spring" }, "Looking at ", name,
    step ? ` from its folder, with the generator of step ${count(Number(step))}. ` : " from its folder. ",
    el("span", { id: "gv-watching-training" }));
  $("gv-main").prepend(el("div", { id: "gv-watching", role: "status" }, says, back));
  void get("gv/explore/runs").then((answer) => {
    runs = answer.runs ?? [];
    text(name, nameAmong(kept, runs));
  });
  pollTraining();
  timer = setInterval(() => { if (!document.hidden) pollTraining(); }, TRAINING_REFRESH);
}

/** The run that trains meanwhile can be paused and stopped from here. */
async function pollTraining() {
  const { training } = await get("gv/status");
  const run = pinned();
  if (!run) return;
  if (training?.id === run) return watch(null);
  now.training = isActive(training?.state) ? training : null;
  text(document.getElementById("gv-watching-training"),
    now.training ? `${nameAmong(training, [...runs, { id: run.split("@")[0], name: now.run?.name ?? "" }])} trains meanwhile.` : "");
  emit("status", now.status);
}
