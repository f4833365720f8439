// The coach's verdict under the curves: one sentence, what to try, and on demand the figures that speak for it.

import { $, el, text } from "../lib/dom.js";
import { count, figure } from "../lib/format.js";
import { draw } from "../lib/schedule.js";
import { emit } from "../lib/bus.js";
import { measured } from "../lib/measured.js";
import { isActive } from "../lib/states.js";
import { now, on } from "../lib/stream.js";

const CALM = ["learning", "equilibrium"];

export function start() {
  document.querySelector(".gv-charts-card").append(el("div", { id: "gv-coach", class: "gv-coach", "data-tone": "idle" },
    el("div", { class: "gv-coach-words" }, el("p", { class: "gv-coach-say", id: "gv-coach-say", role: "status" }), el("p", { class: "gv-coach-try", id: "gv-coach-try" })),
    el("button", { type: "button", class: "gv-chip", id: "gv-coach-why", "aria-expanded": false, "aria-controls": "gv-coach-evidence", hidden: true, onclick: toggle }, "Why?"),
    el("button", { type: "button", class: "gv-chip", id: "gv-coach-lesson", hidden: true, onclick: () => emit("lesson", $("gv-coach-lesson").dataset.lesson) }, "Lesson"),
    el("div", { class: "gv-coach-evidence", id: "gv-coach-evidence", role: "group", "aria-label": "What speaks for it", hidden: true })));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("click", (event) => { if (!event.target.closest("#gv-coach")) close(); });
  on("hello", () => draw("coach", show));
  on("status", () => draw("coach", show));
  on("measured", (kind) => { if (kind === null || kind === "coach") draw("coach", show); });
  show();
}

function show() {
  const event = measured.newest.coach;
  const said = now.run ? event?.data : null;
  const box = $("gv-coach");
  box.dataset.tone = !said ? "idle" : CALM.includes(said.name) ? "calm" : "alarm";
  box.dataset.verdict = said?.name ?? "";
  text($("gv-coach-say"), said?.sentence ?? waiting());
  const advice = said?.try ? `Try: ${said.try}` : "";
  text($("gv-coach-try"), advice);
  $("gv-coach-say").title = said?.sentence ?? "";
  $("gv-coach-try").title = advice;
  const evidence = said?.evidence ?? [];
  $("gv-coach-why").hidden = !evidence.length;
  $("gv-coach-lesson").hidden = !said?.lesson;
  $("gv-coach-lesson").dataset.lesson = said?.lesson ?? "";
  if (!evidence.length) close();
  $("gv-coach-evidence").replaceChildren(el("p", {}, `Seen at step ${count(event?.step ?? 0)}`), el("dl", {}, ...evidence.flatMap(row)));
}

const row = ({ figure: name, value, threshold }) => [el("dt", {}, name), el("dd", {}, el("b", {}, written(value)), `, threshold: ${threshold}`)];
const written = (value) => (value == null ? "not a number" : Number.isInteger(value) ? count(value) : figure(value));

function waiting() {
  if (!now.run) return "The coach says here how the training goes, and what to try.";
  return isActive(now.status?.state) ? "The coach is watching, and speaks when it has seen enough." : "The coach had nothing to say about this run.";
}

function toggle() {
  const open = $("gv-coach-evidence").hidden;
  $("gv-coach-evidence").hidden = !open;
  $("gv-coach-why").setAttribute("aria-expanded", open);
}

function close() {
  if (!$("gv-coach-evidence") || $("gv-coach-evidence").hidden) return;
  $("gv-coach-evidence").hidden = true;
  $("gv-coach-why").setAttribute("aria-expanded", false);
}
