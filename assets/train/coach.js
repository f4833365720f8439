// @ts-check
// The coach's verdict under the curves: one sentence, what to try, and on demand the figures that
// speak for it.

import { $, el, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { measured } from "../lib/measured.js";
import { isActive } from "../lib/states.js";
import { emit, now, on } from "../lib/stream.js";

/** @typedef {{figure: string, value: number | null, threshold: string}} Evidence */
/** @typedef {{name: string, tone: string, sentence: string, try: string, lesson: string, evidence: Evidence[]}} Verdict */

/** @type {Verdict} */
const NONE = { name: "", tone: "idle", sentence: "", try: "", lesson: "", evidence: [] };

export function start() {
  document.querySelector(".gv-charts-card")?.append(el("div", { id: "gv-coach", class: "gv-coach", "data-tone": "idle" },
    el("div", { class: "gv-coach-words" },
      el("p", { class: "gv-coach-say", id: "gv-coach-say", role: "status" }),
      el("p", { class: "gv-coach-try", id: "gv-coach-try" })),
    el("button", {
      type: "button", class: "gv-chip", id: "gv-coach-why", "aria-expanded": "false",
      "aria-controls": "gv-coach-evidence", hidden: true, onclick: () => toggle($("gv-coach-evidence").hidden),
    }, "Why?"),
    el("button", {
      type: "button", class: "gv-chip", id: "gv-coach-lesson", hidden: true,
      onclick: () => emit("lesson", $("gv-coach-lesson").dataset.lesson),
    }, "Lesson"),
    el("div", {
      class: "gv-coach-evidence", id: "gv-coach-evidence", role: "group",
      "aria-label": "What speaks for it", hidden: true,
    })));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") toggle(false); });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && !event.target.closest("#gv-coach")) toggle(false);
  });
  const refresh = () => draw("coach", show);
  on("hello", refresh);
  on("status", refresh);
  on("measured", (kind) => { if (kind === null || kind === "coach") refresh(); });
  show();
}

function show() {
  const event = measured.newest.coach;
  const verdict = now.run && event ? { ...NONE, ...event.data } : NONE;
  const box = $("gv-coach");
  box.dataset.tone = verdict.tone;
  box.dataset.verdict = verdict.name;
  const sentence = verdict.sentence || waiting();
  const advice = verdict.try ? `Try: ${verdict.try}` : "";
  for (const [id, words] of [["gv-coach-say", sentence], ["gv-coach-try", advice]]) {
    text($(id), words);
    $(id).title = words;
  }
  $("gv-coach-lesson").hidden = !verdict.lesson;
  $("gv-coach-lesson").dataset.lesson = verdict.lesson;
  showEvidence(verdict.evidence, event?.step ?? 0);
}

/**
 * @param {Evidence[]} evidence
 * @param {number} step
 */
function showEvidence(evidence, step) {
  $("gv-coach-why").hidden = !evidence.length;
  if (!evidence.length) toggle(false);
  $("gv-coach-evidence").replaceChildren(
    el("p", {}, `Seen at step ${count(step)}`), el("dl", {}, ...evidence.flatMap(row)));
}

/** @param {Evidence} evidence */
const row = ({ figure: name, value, threshold }) =>
  [el("dt", {}, name), el("dd", {}, el("b", {}, written(value)), `, threshold: ${threshold}`)];

/** @param {number | null} value */
function written(value) {
  if (value == null) return "not a number";
  return Number.isInteger(value) ? count(value) : figure(value);
}

function waiting() {
  if (!now.run) return "The coach says here how the training goes, and what to try.";
  return isActive(now.status?.state) ? "The coach is watching, and speaks when it has seen enough."
    : "The coach had nothing to say about this run.";
}

/** @param {boolean} open */
function toggle(open) {
  const box = $("gv-coach-evidence");
  if (!box || box.hidden === !open) return;
  box.hidden = !open;
  $("gv-coach-why").setAttribute("aria-expanded", String(open));
}
