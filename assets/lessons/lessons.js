// Lessons: a list, a text to read, and buttons that start the lesson's set-ups, in Train or in the lab,
// with the text beside them.

import { emit, on } from "../lib/bus.js";
import { $, el, present, text } from "../lib/dom.js";
import { beside, fetchLessons } from "../lib/lessons.js";
import * as route from "../lib/route.js";
import { current as openTab, onTab, tab } from "../lib/tabs.js";
import { startPreset } from "../train/form.js";
import { inline, render } from "../lib/markdown.js";
import * as predict from "./predict.js";

let all = []; // {name, title, line, text, watch, presets, level, group}
let levels = []; // from the first to read to the last
let current = null;
let besides = null; // the lesson whose text stands beside the run

/** Views in which a lesson's text stands beside the run. */
const BESIDE = ["train", "lab"];

const known = (name) => all.some((lesson) => lesson.name === name);

export async function start() {
  predict.start();
  present("gv-lessons").then(() => { list(); show(current ?? all[0]?.name); });
  const answer = await fetchLessons();
  all = answer.lessons ?? []; // the page works without its lessons
  levels = answer.levels ?? [];
  if ($("gv-lessons")) { list(); show(current ?? all[0]?.name); }
  followAddress();
  route.onNavigate(followAddress);
  on("lesson-start", ({ preset, lesson, view }) => openPreset(preset, lesson, view));
  onTab((name) => {
    route.set({ lesson: name === "lessons" ? current : besides }, { push: false });
    place(name);
  });
}

/** The one text beside the run stands where the run is looked at. @param {string} view */
async function place(view) {
  const pane = $("gv-beside");
  if (view === "lab") {
    await present("gv-lab-lesson");
    $("gv-lab-lesson").append(pane);
  } else if (view === "train" && !$("gv-side").contains(pane)) $("gv-settings").before(pane);
}

/** The lesson that the address names: in its tab, or beside the run. */
async function followAddress() {
  const name = route.get("lesson");
  const view = route.get("tab") ?? "";
  const follows = BESIDE.includes(view);
  if (follows) place(view);
  showBeside(known(name) && follows ? name : null);
  if (!known(name) || follows || name === current) return;
  await present("gv-lesson");
  show(name);
}

/** Open a lesson in its tab. */
export async function open(name) {
  if (!known(name)) return;
  current = name;
  tab("lessons");
  await present("gv-lesson");
  choose(name);
  $("gv-lesson").focus({ preventScroll: true });
}

/** A person chose a lesson. */
function choose(name) {
  show(name);
  arrive();
  route.set({ tab: "lessons", lesson: name });
}

/** Start a set-up in Train or in the lab, when its question has been answered; the lesson stays beside it. */
export async function openPreset(name, lesson, view = "train") {
  showBeside(lesson);
  route.set({ tab: view, lesson });
  tab(view);
  await place(view);
  if (await predict.ask(name)) startPreset(name);
}

/** The lesson's text in the place of the settings; null brings those back. */
function showBeside(name) {
  besides = name;
  const lesson = all.find((one) => one.name === name);
  document.body.toggleAttribute("data-gv-beside", Boolean(lesson));
  beside.lesson = lesson ?? null;
  emit("lesson-beside", beside.lesson);
  const pane = $("gv-beside");
  pane.hidden = !lesson;
  pane.dataset.lesson = name ?? "";
  if (!lesson) {
    predict.leave();
    return pane.replaceChildren();
  }
  const hadFocus = pane.contains(document.activeElement);
  const close = el("button", { type: "button", class: "gv-button gv-small", onclick: closeBeside },
    el("span", { class: "gv-in-train" }, "Settings"), el("span", { class: "gv-in-lab" }, "Close"));
  const whole = el("button", { type: "button", class: "gv-text-link", onclick: () => open(name) }, "Lesson");
  pane.replaceChildren(el("header", {}, whole, el("span", { class: "gv-spring" }), close),
    el("h2", {}, lesson.title), el("p", { class: "gv-lesson-line" }, ...inline(lesson.line)), predict.place(lesson), ...watch(lesson),
    el("div", { class: "gv-prose" }, ...render(lesson.text, { lesson: open })), setups(lesson, openTab), next(lesson));
  pane.scrollTop = 0;
  if (hadFocus) pane.focus({ preventScroll: true });
}

function closeBeside() {
  const inLab = openTab() === "lab";
  showBeside(null);
  route.set({ tab: inLab ? "lab" : null, lesson: null });
  $(inLab ? "gv-lab-play" : "gv-i-preset").focus();
}

/** Where to go on reading. */
function next(lesson) {
  const after = all[all.indexOf(lesson) + 1];
  return el("p", {}, ...(after ? ["Next: ", el("button", {
    type: "button", class: "gv-text-link", onclick: () => open(after.name),
  }, after.title)] : []));
}

function list() {
  text($("gv-lessons-count"), all.length ? String(all.length) : "");
  const groups = [...new Set(all.map(({ group }) => group))];
  $("gv-lessons-list").replaceChildren(...groups.map((group) => el("li", {}, el("h3", {}, group),
    el("ol", {}, ...all.filter((lesson) => lesson.group === group).map(item)))));
}

const item = ({ name, title, line, level }) => el("li", {}, el("button", {
  type: "button", "data-lesson": name, onclick: () => choose(name),
}, el("b", {}, title, ...badge(level)), el("span", {}, ...inline(line))));

/** Where to start, and what can wait. */
const badge = (level) => (level === levels[0] || level === levels.at(-1)
  ? [el("i", { class: `gv-level${level === levels[0] ? " gv-first" : ""}` }, level)] : []);

/** On a phone the text lies below the list. */
function arrive() {
  const pane = $("gv-lesson");
  if (pane.getBoundingClientRect().top > innerHeight * 0.6) pane.scrollIntoView({ block: "start" });
}

function show(name) {
  const lesson = all.find((one) => one.name === name);
  const pane = $("gv-lesson");
  if (!pane) return;
  if (!lesson) {
    pane.replaceChildren(el("p", { class: "gv-wait" }, "There are no lessons here yet."));
    return;
  }
  current = name;
  for (const button of $("gv-lessons-list").querySelectorAll("button")) {
    if (button.dataset.lesson === name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const index = all.indexOf(lesson);
  pane.dataset.lesson = name;
  pane.replaceChildren(el("p", { class: "gv-caption" }, `${lesson.group} · lesson ${index + 1} of ${all.length}`), el("h2", {}, lesson.title),
    el("p", { class: "gv-lesson-line" }, ...inline(lesson.line)), setups(lesson), ...watch(lesson),
    el("div", { class: "gv-prose" }, ...render(lesson.text, { lesson: open })), turn(index));
  pane.scrollTop = 0;
}

/** The set-ups of a lesson. `here` says where they start; without it each place has a button of its own.
 * @param {any} lesson @param {() => string} [here] */
function setups({ name: lesson, presets }, here) {
  const button = (preset, words, view, strong) => el("button", {
    type: "button", class: `gv-button gv-small${strong ? " gv-strong" : ""}`, "data-preset": preset.name, "data-view": view, "aria-label": `${words}: ${preset.label}`,
    onclick: () => openPreset(preset.name, lesson, here?.() ?? view),
  }, words);
  return el("div", { class: "gv-setups" }, ...presets.map((preset, index) => el("div", { class: "gv-setup" },
    el("b", {}, preset.label), el("p", {}, preset.why),
    el("div", { class: "gv-setup-starts" }, button(preset, "Start this set-up", "train", !index),
      ...(here || !preset.lab ? [] : [button(preset, "Open in the lab", "lab", false)])))));
}

const watch = ({ watch: points }) => (points.length
  ? [el("section", { class: "gv-watch-list" }, el("h3", {}, "What to watch"), el("ul", {}, ...points.map((point) => el("li", {}, ...inline(point)))))] : []);

function turn(index) {
  const button = (to, words) => (all[to] ? [el("button", { type: "button", class: "gv-button gv-small", onclick: () => { choose(all[to].name); $("gv-lesson").scrollIntoView({ block: "nearest" }); $("gv-lesson").focus({ preventScroll: true }); } }, words(all[to].title))] : []);
  return el("div", { class: "gv-lesson-turn" }, ...button(index - 1, (title) => `← ${title}`), el("span", { class: "gv-spring" }), ...button(index + 1, (title) => `${title} →`));
}
