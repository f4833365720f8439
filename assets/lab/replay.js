// @ts-check
// One move at a time: a recorded step is replayed in five sub-steps for D and five for G, forward and
// back, at any speed. While nothing is replayed, the newest step shows whole.

import { emit, on } from "../lib/bus.js";
import { el, mark, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { LAB_SUB_STEP } from "../lib/pacing.js";
import { storage } from "../lib/storage.js";
import * as graph from "./graph.js";
import { recordedBy, subSteps } from "./moves.js";

/** @typedef {import("./recordings.js").Recording} Recording */

/** Recorded steps that can be gone back to. */
const KEPT = 60;
/** Where the graph is taller than the window: what a sub-step is about is brought into sight. */
const NARROW = "(max-width: 640px)";
const LETTERS = { discriminator: "D", generator: "G" };

/** `at`: which of `history` is in sight; `sub`: its sub-step, `whole`: none of them, since an earlier
 * step is looked back at. */
const state = {
  history: /** @type {Recording[]} */ ([]), at: -1, sub: 0, live: true, whole: false, playing: false,
  speed: Number(storage.get("lab-speed")) || 1,
};
let timer = 0;
/** @type {Record<string, HTMLElement>} */
const parts = {};

/** Build the bar in `place`, and the sentence over the graph. @param {HTMLElement} place @param {HTMLElement} over */
export function start(place, over) {
  const button = (/** @type {string} */ label, /** @type {string} */ name, /** @type {() => void} */ onclick) =>
    el("button", { type: "button", class: "gv-button gv-small", "aria-label": name, title: name, onclick }, label);
  parts.live = el("button", { type: "button", class: "gv-chip", id: "gv-lab-live", "aria-pressed": "true", onclick: goLive }, "Live");
  parts.play = button("▶", "Play one move at a time", playOrPause);
  parts.play.id = "gv-lab-play";
  parts.back = button("‹", "One sub-step back", () => step(-1));
  parts.forth = button("›", "One sub-step forward", () => step(1));
  parts.track = el("div", { class: "gv-lab-track", id: "gv-lab-track", role: "group", "aria-label": "Sub-steps of this step" });
  const speed = el("input", { type: "range", min: -2, max: 2, step: 0.5, value: Math.log2(state.speed), "aria-label": "Speed" });
  speed.addEventListener("input", () => {
    state.speed = 2 ** Number(speed.value);
    storage.set("lab-speed", state.speed);
  });
  place.append(parts.live, parts.back, parts.play, parts.forth, parts.track, el("label", { class: "gv-lab-speed" }, "Speed", speed));
  parts.says = el("div", { class: "gv-lab-says", id: "gv-lab-says", role: "status", hidden: true });
  over.append(parts.says);
  new ResizeObserver(placeSentence).observe(over);
  on("lab-recording", receive);
  on("lab-again", show);
  on("lookback", lookBack);
  show();
}

/** @param {Recording | null} recording null: another run */
function receive(recording) {
  if (!recording) {
    Object.assign(state, { history: [], at: -1, sub: 0, live: true, whole: false });
    pause();
    return show();
  }
  state.history.push(recording);
  if (state.history.length > KEPT) {
    state.history.shift();
    state.at = Math.max(0, state.at - 1);
  }
  if (state.live) show();
}

/** The recording that is in sight. */
export const replayed = () => (state.live ? state.history.at(-1) : state.history[state.at]) ?? null;

/** The plane looks back: the newest step that was recorded by then. @param {number | null} step null: no more */
function lookBack(step) {
  const { history, whole } = state;
  if (step === null) return whole ? goLive() : undefined;
  if (!history.length) return;
  pause();
  Object.assign(state, { live: false, whole: true, at: Math.max(0, recordedBy(history, step)) });
  show();
}

function goLive() {
  Object.assign(state, { live: true, whole: false });
  pause();
  show();
}

function playOrPause() {
  if (state.playing) return pause();
  enter();
  state.playing = true;
  showPlaying();
  show();
  next();
}

function pause() {
  state.playing = false;
  clearTimeout(timer);
  showPlaying();
}

function showPlaying() {
  text(parts.play, state.playing ? "❚❚" : "▶");
  const name = state.playing ? "Pause the replay" : "Play one move at a time";
  mark(parts.play, "aria-label", name);
  mark(parts.play, "title", name);
}

/** From the live game to the first sub-step of its newest step. */
function enter() {
  if (!(state.live || state.whole) || !state.history.length) return false;
  const at = state.live ? state.history.length - 1 : state.at;
  Object.assign(state, { live: false, whole: false, at, sub: 0 });
  return true;
}

function next() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!move(1)) return pause();
    show();
    next();
  }, LAB_SUB_STEP / state.speed);
}

/** A person goes on or back. @param {1 | -1} by */
function step(by) {
  pause();
  if (!enter()) move(by);
  show();
}

/** Whether there is a sub-step to go to. Forward from the last one the newest step follows. @param {1 | -1} by */
function move(by) {
  const all = current();
  const to = state.sub + by;
  if (to >= 0 && to < all.length) state.sub = to;
  else if (by > 0 && state.at < state.history.length - 1) {
    Object.assign(state, { at: state.history.length - 1, sub: 0 });
  } else if (by < 0 && state.at > 0) {
    state.at -= 1;
    state.sub = current().length - 1;
  } else return false;
  return true;
}

/** @param {import("./moves.js").SubStep[]} all of the step in sight */
const subInSight = (all) => (state.live || state.whole ? null : all[state.sub] ?? null);

const current = () => (state.history[state.at] ? subSteps(state.history[state.at]) : []);

/** Go to a sub-step of the step in sight. @param {number} index */
function goTo(index) {
  pause();
  enter();
  state.sub = index;
  show();
}

function show() {
  const recording = replayed();
  const all = recording ? subSteps(recording) : [];
  const sub = subInSight(all);
  mark(parts.live, "aria-pressed", state.live);
  for (const button of [parts.play, parts.back, parts.forth]) button.toggleAttribute("disabled", !recording);
  graph.show(recording, sub?.parts ?? null);
  showTrack(all);
  parts.says.hidden = !sub;
  if (sub) {
    parts.says.replaceChildren(el("b", {}, `${LETTERS[sub.player]} ${sub.number}`), ` ${sub.sentence}`);
    placeSentence();
    if (matchMedia(NARROW).matches) graph.node(sub.spot).scrollIntoView({ block: "center" });
  }
  emit("lab-shown", { recording, sub });
}

/** Where the sentence stands: below the part that it speaks of, within the graph. */
function placeSentence() {
  const sub = subInSight(current());
  const over = parts.says.parentElement;
  if (!sub || !over) return;
  const [frame, spot] = [over.getBoundingClientRect(), graph.node(sub.spot).getBoundingClientRect()];
  const width = parts.says.offsetWidth;
  const middle = spot.left - frame.left + spot.width / 2;
  parts.says.style.left = `${Math.max(0, Math.min(frame.width - width, middle - width / 2))}px`;
  parts.says.style.top = `${spot.bottom - frame.top + 6}px`;
}

/** @param {import("./moves.js").SubStep[]} all */
function showTrack(all) {
  const key = all.map(({ player }) => player[0]).join("");
  if (parts.track.dataset.key !== key) {
    parts.track.dataset.key = key;
    parts.track.replaceChildren(...all.map(({ player, number, name }, index) => {
      const words = `${LETTERS[player]} ${number}: ${name}`;
      const attributes = { type: "button", "data-player": player, "aria-label": words, title: words };
      return el("button", { ...attributes, onclick: () => goTo(index) }, String(number));
    }));
  }
  [...parts.track.children].forEach((button, index) => {
    mark(button, "aria-current", !(state.live || state.whole) && index === state.sub ? "step" : "false");
  });
}

/** What the head of the card says. */
export function caption() {
  const recording = replayed();
  if (!recording) return "";
  const newest = state.history.at(-1);
  const behind = !state.live && newest && newest !== recording ? `, the newest is ${count(newest.step)}` : "";
  const last = recording.ended ? ", the last that was recorded of this run" : "";
  return `step ${count(recording.step)}${behind || last}`;
}
