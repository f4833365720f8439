// @ts-check
// The tab Lab: the game of the run that is shown, or how to start one.

import { $, present, text } from "../lib/dom.js";
import { beside, fetchLessons } from "../lib/lessons.js";
import * as route from "../lib/route.js";
import { emit, now, on } from "../lib/stream.js";
import { startPreset } from "../train/form.js";
import * as bentGrid from "./bent_grid.js";
import * as canvas from "./canvas.js";
import * as controls from "./controls.js";
import * as curves from "./curves.js";
import * as graph from "./graph.js";
import * as pad from "./pad.js";
import * as parts from "./parts.js";
import * as pictures from "./pictures.js";
import * as rebuild from "./rebuild.js";
import * as recordings from "./recordings.js";
import * as replay from "./replay.js";
import * as trials from "./trials.js";

/** What a page without a lesson starts: points in the plane, where everything can be drawn. */
const FIRST_PRESET = "ring8";

export async function start() {
  await present("gv-lab", "gv-lab-canvas", "gv-lab-tools");
  $("gv-lab-start").addEventListener("click", begin);
  on("hello", whether);
  route.onNavigate(nameStart);
  on("lesson-beside", nameStart);
  whether();
  nameStart();
  graph.start($("gv-lab-graph"), parts.toggle);
  replay.start($("gv-lab-replay"), $("gv-lab-graph"));
  curves.start($("gv-lab-changes"));
  controls.start($("gv-lab-steps"));
  rebuild.start($("gv-lab-next"));
  bentGrid.start();
  parts.start();
  pictures.start();
  canvas.start($("gv-lab-canvas"));
  on("lab-shown", () => text($("gv-lab-caption"), replay.caption()));
  on("lab-sentence", showSentence);
  recordings.start();
  pad.start($("gv-lab-tools"));
  trials.start($("gv-lab-tools"));
}

/** Start what the empty lab names; a lesson asks its question first. */
async function begin() {
  const preset = await presetToStart();
  if (beside.lesson) emit("lesson-start", { preset, lesson: beside.lesson.name, view: "lab" });
  else startPreset(preset);
}

/** Play a duel of two presets. @param {{left: string, right: string}} presets */
export const duel = (presets) => trials.play(presets);

/** With a run its game is shown, and without one how to start one. */
function whether() {
  const lab = $("gv-lab");
  lab.dataset.run = now.run ? "yes" : "no";
  lab.dataset.kind = now.run?.spec?.kind ?? "";
}

/** Why no step shows, or what one waits for. @param {string} sentence */
function showSentence(sentence) {
  const place = $("gv-lab-sentence");
  text(place, sentence);
  $("gv-lab").dataset.game = recordings.recorded.refused ? "no" : "yes";
  place.hidden = !sentence || Boolean(recordings.recorded.newest);
}

/** The first set-up of the lesson that the address names, else the plain ring. */
async function presetToStart() {
  const name = route.get("lesson");
  const lessons = (name && (await fetchLessons()).lessons) || [];
  const lesson = lessons.find((/** @type {{name: string}} */ one) => one.name === name);
  return lesson?.presets[0]?.name ?? FIRST_PRESET;
}

/** Viewers start nothing: they wait for whoever does. */
async function nameStart() {
  if (document.documentElement.dataset.gvRole === "viewer") {
    text($("gv-lab-empty-say"), "The moves of the game show here as soon as the presenter starts a run.");
    return;
  }
  const { label } = window.gvFacts.presets[await presetToStart()];
  text($("gv-lab-start"), `Start “${label}”`);
}
