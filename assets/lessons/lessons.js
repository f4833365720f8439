// Lessons: a list, a text to read, and buttons that open the lesson's set-ups in the Train view.

import { $, el, present, text } from "../lib/dom.js";
import { fetchLessons } from "../lib/lessons.js";
import * as route from "../lib/route.js";
import { onTab, tab } from "../lib/tabs.js";
import { startPreset } from "../train/form.js";
import { inline, render } from "../lib/markdown.js";
import * as predict from "./predict.js";

let all = []; // {name, title, line, text, watch, presets, level, group}
let levels = []; // from the first to read to the last
let current = null;
let besides = null; // the lesson whose text stands beside the run

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
  onTab((name) => route.set({ lesson: name === "lessons" ? current : besides }, { push: false }));
}

/** The lesson that the address names: in its tab, or beside the run in the Train view. */
async function followAddress() {
  const name = route.get("lesson");
  const inTrain = route.get("tab") === "train";
  showBeside(known(name) && inTrain ? name : null);
  if (!known(name) || inTrain || name === current) return;
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

/** Start a set-up in the Train view, when its question has been answered; the lesson stays beside it. */
export async function openPreset(name, lesson) {
  showBeside(lesson);
  route.set({ tab: "train", lesson });
  tab("train");
  if (await predict.ask(name)) startPreset(name);
}

/** The lesson's text in the place of the settings; null brings those back. */
function showBeside(name) {
  besides = name;
  const lesson = all.find((one) => one.name === name);
  document.body.toggleAttribute("data-gv-beside", Boolean(lesson));
  const pane = $("gv-beside");
  pane.hidden = !lesson;
  pane.dataset.lesson = name ?? "";
  if (!lesson) {
    predict.leave();
    return pane.replaceChildren();
  }
  const close = el("button", { type: "button", class: "gv-button gv-small", onclick: closeBeside }, "Settings");
  const whole = el("button", { type: "button", class: "gv-text-link", onclick: () => open(name) }, "Lesson");
  pane.replaceChildren(el("header", {}, whole, el("span", { class: "gv-spring" }), close),
    el("h2", {}, lesson.title), el("p", { class: "gv-lesson-line" }, ...inline(lesson.line)), predict.place(lesson), ...watch(lesson),
    el("div", { class: "gv-prose" }, ...render(lesson.text, { lesson: open })), setups(lesson), next(lesson));
  pane.scrollTop = 0;
}

function closeBeside() {
  showBeside(null);
  route.set({ tab: null, lesson: null });
  $("gv-i-preset").focus();
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

function setups({ name: lesson, presets }) {
  return el("div", { class: "gv-setups" }, ...presets.map(({ name, label, why }, index) => el("div", { class: "gv-setup" },
    el("b", {}, label), el("p", {}, why),
    el("button", { type: "button", class: `gv-button gv-small${index ? "" : " gv-strong"}`, "data-preset": name, "aria-label": `Start this set-up: ${label}`,
      onclick: () => openPreset(name, lesson) }, "Start this set-up"))));
}

const watch = ({ watch: points }) => (points.length
  ? [el("section", { class: "gv-watch-list" }, el("h3", {}, "What to watch"), el("ul", {}, ...points.map((point) => el("li", {}, ...inline(point)))))] : []);

function turn(index) {
  const button = (to, words) => (all[to] ? [el("button", { type: "button", class: "gv-button gv-small", onclick: () => { choose(all[to].name); $("gv-lesson").scrollIntoView({ block: "nearest" }); } }, words(all[to].title))] : []);
  return el("div", { class: "gv-lesson-turn" }, ...button(index - 1, (title) => `← ${title}`), el("span", { class: "gv-spring" }), ...button(index + 1, (title) => `${title} →`));
}
