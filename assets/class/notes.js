// @ts-check
// The teacher's notes of a lesson, and a timer: for the presenter's panel alone.

import { el, text } from "../lib/dom.js";
import { clock } from "../lib/format.js";
import { inline } from "../lib/markdown.js";
import { fetchLessons } from "../lib/lessons.js";
import * as route from "../lib/route.js";
import { on } from "../lib/bus.js";

/** Milliseconds that had passed when the timer was last stopped, and since when it runs. */
const timer = { before: 0, since: /** @type {number | null} */ (null) };
const passed = () => timer.before + (timer.since === null ? 0 : Date.now() - timer.since);

/** Fill the section. @param {HTMLElement} section */
export async function start(section) {
  const select = el("select", { id: "gv-notes-lesson", "aria-label": "Lesson" });
  const words = el("div", { class: "gv-teacher", id: "gv-teacher" });
  section.append(timerRow(), select, words);
  const { lessons = [] } = await fetchLessons();
  select.append(...lessons.map(({ name, title }) => el("option", { value: name }, title)));
  const show = () => words.replaceChildren(...notes(lessons.find(({ name }) => name === select.value)));
  const followAddress = () => {
    const name = route.get("lesson");
    if (name && lessons.some((lesson) => lesson.name === name)) select.value = name;
    show();
  };
  select.addEventListener("change", show);
  on("address", followAddress);
  route.onNavigate(followAddress);
  followAddress();
}

/** @param {any} lesson @returns {HTMLElement[]} */
function notes(lesson) {
  if (!lesson?.notes) return [];
  const { ask, wrong, five, twenty } = lesson.notes;
  const list = (title, points) => [el("h4", {}, title),
    el("ul", {}, ...points.map((point) => el("li", {}, ...inline(point))))];
  return [...list("Ask", ask), ...list("What usually goes wrong", wrong),
    el("h4", {}, "In five minutes"), el("p", {}, ...inline(five)),
    el("h4", {}, "In twenty minutes"), el("p", {}, ...inline(twenty))];
}

function timerRow() {
  const face = el("output", { class: "gv-timer", id: "gv-timer" }, "0:00");
  const go = el("button", { type: "button", class: "gv-button gv-small", id: "gv-timer-go" }, "Start");
  const back = el("button", { type: "button", class: "gv-button gv-small" }, "Reset");
  const tick = () => text(face, clock(Math.floor(passed() / 1000)));
  go.addEventListener("click", () => {
    if (timer.since === null) timer.since = Date.now();
    else Object.assign(timer, { before: passed(), since: null });
    text(go, timer.since === null ? "Go on" : "Stop");
    tick();
  });
  back.addEventListener("click", () => {
    Object.assign(timer, { before: 0, since: null });
    text(go, "Start");
    tick();
  });
  setInterval(() => { if (timer.since !== null && !document.hidden) tick(); }, 1000);
  return el("div", { class: "gv-class-row", role: "timer" }, face, go, back);
}
