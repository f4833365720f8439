// @ts-check
// The state of the run, the same in every browser: buttons, status line, progress, announcements.

import { $, find, findAll, mark, text } from "../lib/dom.js";
import { clock, count, counted } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { NOTICE } from "../lib/pacing.js";
import { command } from "../lib/request.js";
import { runAction } from "../lib/library.js";
import { isActive, stateLabel } from "../lib/states.js";
import { emit, now, on, stats } from "../lib/stream.js";

/** Seconds left that nobody waits for, and seconds after which the pace is known. */
const LONG = 3 * 3600;
const SETTLED = 8;
/** Of a run whose folder of pictures was moved. */
const NAME_IT = "Open the run under Runs: Resume asks for it there.";

/** What trains on this machine, also while a kept run is looked at; else the run that is shown. */
const status = () => now.training ?? now.status;

/** The state that the buttons command. */
export const state = () => status()?.state ?? "idle";
export const active = () => isActive(state());

/** @type {string | null} */
let announced = null;
let noticeTimer = 0;
/** The run whose pace has been spoken of. */
let warned = "";
/** Why the page does not show the run that was asked for. */
let refused = "";

export function start() {
  setState("idle");
  $("gv-pause").addEventListener("click", pauseOrResume);
  $("gv-stop").addEventListener("click", () => send("stop"));
  $("gv-resume-run").addEventListener("click", resumeRun);
  for (const button of findAll("#gv-controls [data-step]")) {
    button.addEventListener("click", () => send("step", { n: Number(button.dataset.step) }));
  }
  document.addEventListener("keydown", spaceBar);
  on("hello", ({ server, sameRun }) => {
    device(server);
    if (!sameRun) runNote("", false);
    draw("status", () => show(status()));
    // said when everybody has made room for the run that is shown instead
    if (refused) setTimeout(say, 0, refused, true);
    refused = "";
  });
  on("status", () => draw("status", () => show(status())));
  on("refused", (sentence) => { refused = sentence; });
  on("event", warning);
  on("link", (link) => showLink(link));
  on("blocked", showBlocked);
  showLink(now.link);
}

function pauseOrResume() {
  if (state() === "running") send("pause");
  else if (state() === "paused") send("resume");
}

async function send(action, extra) {
  const answer = await command(action, extra);
  if (!answer.ok && answer.sentence) say(answer.sentence, true);
}

/** The space bar pauses and resumes, except where it types or presses something. */
function spaceBar(event) {
  if (event.code !== "Space" || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, button, a, [role=listbox], [role=radio], [contenteditable]")) return;
  if (!["running", "paused"].includes(state())) return;
  event.preventDefault();
  pauseOrResume();
}

function setState(name) {
  mark(document.body, "data-gv-state", name);
}

/** What is shown where nothing has been trained yet. */
const NOTHING = { state: "idle", step: 0, steps: 0, elapsed: 0, images_per_second: 0, left: null };

function show(status) {
  const known = { ...NOTHING, ...status };
  const name = known.state;
  setState(name);
  showFigures(known);
  progress(status, known.steps, name);
  showTitle(known);
  sentence(status, name);
  if (name === "failed") runNote(status.error ?? status.sentence, true);
  resumeButton(status, name);
  paceNote(status, name);
  for (const button of findAll("#gv-controls [data-step]")) button.toggleAttribute("disabled", name !== "paused");
  $("gv-pause").toggleAttribute("disabled", name === "preparing");
  document.body.dataset.gvStep = String(known.step);
  stats.shown = { step: known.step, time: stats.time, at: Date.now() / 1000 };
}

function showFigures({ state: name, step, steps, images_per_second: rate, elapsed, left, gpu }) {
  showGpu(gpu);
  text($("gv-state-text"), stateLabel(name));
  text($("gv-step"), count(step));
  text($("gv-steps"), steps ? counted(steps, "/ 1 step", `/ ${count(steps)} steps`) : "steps");
  text($("gv-rate"), rate ? count(rate) : "–");
  text($("gv-rate-unit"), now.run?.spec?.kind === "points" ? "points/s" : "images/s");
  text($("gv-elapsed"), clock(elapsed));
  text($("gv-left-time"), name === "running" || name === "paused" ? clock(left) : "–");
}

/** How busy the card is, with all programs that use it. */
function showGpu(gpu) {
  $("gv-gpu-box").hidden = !gpu;
  if (!gpu) return;
  text($("gv-gpu"), `${gpu.load} %`);
  text($("gv-gpu-memory"), `GPU, ${(gpu.used / 1e9).toFixed(1)} of ${Math.round(gpu.total / 1e9)} GB`);
}

/** The page's title says how far the training is, for whoever reads something else meanwhile. */
function showTitle({ state: name, step, steps }) {
  const far = steps ? ` ${Math.floor((100 * step) / steps)} %` : "";
  const title = isActive(name) ? `${stateLabel(name)}${far} · ganviz` : "ganviz";
  // it passes through three processes of the browser
  if (document.title !== title) document.title = title;
}

/** A run that takes many hours on a processor says so once, and what to choose instead. */
function paceNote(status, name) {
  const slow = name === "running" && status.left > LONG && status.elapsed > SETTLED;
  if (!slow || warned === status.id || !now.server?.device?.startsWith("cpu")) return;
  warned = status.id;
  const { preset, presets } = window.gvFacts;
  const hours = count(Math.round(status.left / 3600));
  runNote(`At this pace the run takes another ${hours} hours on this processor. Stop it when you have seen `
    + `enough; “${presets[preset].label}” shows its point within a minute.`, false);
}

/** After its end a run can go on, beside being trained anew. */
function resumeButton(status, name) {
  const button = $("gv-resume-run");
  const done = name === "finished";
  button.hidden = isActive(name) || name === "idle" || !status?.step;
  text(button, done ? "Train on" : "Resume");
  const more = status?.steps || status?.step;
  button.title = done
    ? counted(more, "Go on where this run ended, for another step.", `Go on where this run ended, for another ${count(more)} steps.`)
    : "Go on from this run's last checkpoint, under the settings that it has.";
}

async function resumeRun() {
  const { id = "", state: name, steps, step } = now.status ?? {};
  const more = name === "finished" ? { more_steps: steps || step } : {};
  const answer = await runAction(id.split("@")[0], "resume", more);
  if (answer.ok) emit("resumed");
  else say(answer.field === "data_path" ? `${answer.sentence} ${NAME_IT}` : answer.sentence, true);
}

function progress(status, steps, name) {
  const bar = $("gv-progress");
  const share = steps ? Math.min(1, (status?.step ?? 0) / steps) : 0;
  bar.classList.toggle("gv-unknown", name === "preparing" || (name === "running" && !steps));
  mark(find(bar, "div"), "style", `transform: scaleX(${share.toFixed(4)})`);
  mark(bar, "aria-valuenow", Math.round(share * 100));
}

/** What the run says of itself; repeated aloud when the state changes, not at every step. */
function sentence(status, name) {
  const words = status?.error ?? status?.sentence ?? "";
  text($("gv-sentence"), words.replace(/\.$/, "") === stateLabel(name) ? "" : words);
  mark($("gv-sentence"), "title", words);
  if (status) announce(`${status.id} ${name}`, words || stateLabel(name));
}

/** Say `words` aloud, once for each `key`; nothing for the first, which a page begins with. */
function announce(key, words) {
  if (key === announced) return;
  if (announced !== null) text($("gv-announce"), words);
  announced = key;
}

/** What a person should know of this run beyond its state: why it failed, or what it had to pass over. */
function runNote(words, problem) {
  const note = $("gv-run-note");
  text(note, words);
  note.hidden = !words;
  note.classList.toggle("gv-problem", problem);
}

function warning({ kind, data }) {
  if (kind === "note" && data.level !== "progress") runNote(data.sentence, data.level === "error");
}

/** Tell a person something that is not the run's own state. */
export function say(words, problem = false) {
  text($("gv-announce"), words);
  const note = $("gv-form-note");
  if (!problem || !note) return;
  text(note, words);
  note.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { if (note.textContent === words) note.hidden = true; }, NOTICE);
}

function device(server) {
  const badge = $("gv-device");
  const label = server?.device_label ?? server?.device;
  badge.hidden = !label;
  text(badge, label ?? "");
  badge.title = `Trains on ${label ?? "?"}`;
}

/**
 * What keeps the live connection from opening stays in sight until it does.
 * @param {string} sentence
 */
function showBlocked(sentence) {
  let banner = document.getElementById("gv-blocked");
  if (!banner && !sentence) return;
  if (!banner) {
    banner = document.createElement("div");
    banner.id = "gv-blocked";
    banner.setAttribute("role", "alert");
    document.body.prepend(banner);
  }
  text(banner, sentence);
  banner.hidden = !sentence;
}

function showLink(link) {
  const box = $("gv-link");
  box.dataset.link = link;
  text(box.lastElementChild, { live: "live", connecting: "connecting…", reconnecting: "reconnecting…" }[link]);
}
