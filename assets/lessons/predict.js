// @ts-check
// Predict, run, see: a lesson's question is asked before its set-up starts, and the run itself
// answers it, beside what was guessed. Who predicts first understands better what is shown.

import { answerWords, bars, choiceButtons } from "../class/vote.js";
import { hasClass, onPiece, piece } from "../class/class.js";
import { $, el, text } from "../lib/dom.js";
import { ANSWER_REFRESH } from "../lib/pacing.js";
import { refill } from "../lib/refill.js";
import { get, post } from "../lib/request.js";
import { isActive } from "../lib/states.js";
import { storage } from "../lib/storage.js";
import { now, on } from "../lib/stream.js";

/** @typedef {{ask: string, choices: string[], seconds: number, preset: string}} Question */
/** @typedef {{name: string, title: string, question: Question | null}} Lesson */

const MOST_KEPT = 50;
/** Guesses by run: [run, lesson, choice], the newest last. @type {[string, string, number][]} */
let guesses = storage.get("guesses") ?? [];
/** Lessons that a person did not want to be asked about. @type {string[]} */
let skipped = storage.get("not-asked") ?? [];
/** What was guessed for the run that is about to start. @type {{lesson: string, choice: number} | null} */
let pending = null;
/** Called when the question at hand is done with: whether its set-up is to start. */
let go = (/** @type {boolean} */ _start) => {};
/** The lesson that stands beside the run. @type {Lesson | null} */
let lesson = null;
let checking = false;
let timer = 0;
/** @type {any} the run's answer to the lesson beside it */
let found = null;

export function start() {
  on("started", attach);
  on("hello", ({ sameRun }) => { if (!sameRun) refresh(); });
  on("status", check);
  onPiece("poll", () => { if ($("gv-predict")?.dataset.state === "class") askClass(); });
}

/**
 * The place of the question in the text beside the run; empty until there is something to say.
 * @param {Lesson} beside
 */
export function place(beside) {
  lesson = beside;
  giveUp();
  found = null;
  const box = el("section", { id: "gv-predict", "aria-live": "polite", "aria-label": "Question", hidden: true });
  setTimeout(refresh, 0);
  return box;
}

/** No lesson stands beside the run any more. */
export function leave() {
  lesson = null;
  giveUp();
}

/** The question at hand is not answered any more: something else was opened or started. */
function giveUp() {
  const last = go;
  go = () => {};
  last(false);
}

/**
 * Ask the lesson's question before `preset` starts; resolves, once it was answered or skipped, with
 * whether to start.
 * @param {string} preset
 * @returns {Promise<boolean>}
 */
export function ask(preset) {
  const question = lesson?.question;
  pending = null;
  if (!lesson || question?.preset !== preset || skipped.includes(lesson.name)) return Promise.resolve(true);
  return new Promise((resolve) => {
    go = resolve;
    if (hasClass()) askClass();
    else askAlone(/** @type {Lesson} */ (lesson), question);
  });
}

/**
 * Fill the card.
 * @param {string} state
 * @param {...Node} parts
 */
function fill(state, ...parts) {
  const box = $("gv-predict");
  if (!box) return;
  box.dataset.state = state;
  box.hidden = !parts.length;
  refill(box, () => box.replaceChildren(...parts));
}

const button = (/** @type {string} */ words, /** @type {() => void} */ task, strong = false, id = "") =>
  el("button", { type: "button", id: id || null, class: `gv-button gv-small${strong ? " gv-strong" : ""}`, onclick: task }, words);

/** @param {Lesson} asking @param {Question} question */
function askAlone(asking, question) {
  const choose = (/** @type {number} */ choice) => {
    pending = { lesson: asking.name, choice };
    proceed();
  };
  const skip = () => {
    skipped = [...new Set([...skipped, asking.name])];
    storage.set("not-asked", skipped);
    proceed();
  };
  fill("ask", el("p", { class: "gv-caption" }, "Before it starts: what do you expect?"), el("h3", {}, question.ask),
    choiceButtons(question.ask, question.choices, null, choose),
    button("Skip, and start", skip, false, "gv-predict-skip"));
  arrive($("gv-predict"));
}

/** Go to the question, once the tab that it stands in is open. @param {HTMLElement} box */
function arrive(box) {
  const seen = new IntersectionObserver(() => {
    if (!box.offsetParent) return;
    seen.disconnect();
    box.scrollIntoView({ block: "nearest" });
    box.querySelector("button")?.focus({ preventScroll: true });
  });
  seen.observe(box);
}

/** A class predicts together: the run starts when the vote is closed. */
function askClass() {
  const question = /** @type {Question} */ (lesson?.question);
  const poll = piece("poll");
  const mine = poll?.lesson === lesson?.name ? poll : null;
  const head = (/** @type {string} */ words) => [el("p", { class: "gv-caption" }, words),
    el("h3", {}, question.ask)];
  const row = (/** @type {HTMLElement[]} */ ...buttons) => el("div", { class: "gv-take-row" }, ...buttons);
  if (!mine) {
    return fill("class", ...head("Ask the class before it starts."),
      row(button("Ask the class", openVote, true), button("Start without asking", proceed)));
  }
  if (mine.state === "open") {
    return fill("class", ...head(`The class votes: ${mine.voters} so far.`),
      row(button("Close the vote and start", () => closeVote(mine.id), true)));
  }
  fill("class", ...head("The class has voted."), bars(mine), row(button("Start", proceed, true)));
}

async function openVote() {
  const answer = await post("gv/class/poll", { action: "ask", lesson: lesson?.name });
  if (!answer.ok) $("gv-predict").append(el("p", { role: "alert" }, answer.sentence));
}

/** @param {string} poll */
async function closeVote(poll) {
  await post("gv/class/poll", { action: "close", poll });
  proceed();
}

/** On to the run. */
function proceed() {
  const next = go;
  go = () => {};
  const pane = $("gv-predict").parentElement;
  const hadFocus = $("gv-predict").contains(document.activeElement);
  fill("start");
  if (hadFocus) pane?.focus({ preventScroll: true });
  next(true);
}

/** The run has started: the guess is its. @param {string} run */
function attach(run) {
  giveUp();
  if (!pending) return refresh();
  const { lesson: name, choice } = pending;
  pending = null;
  guesses = [...guesses, /** @type {[string, string, number]} */ ([run, name, choice])].slice(-MOST_KEPT);
  storage.set("guesses", guesses);
  post("gv/class/predict", { run, lesson: name, choice });
  refresh();
}

/** What was guessed about the run that is shown. */
const guess = () => guesses.find(([run, name]) => run === now.run?.id && name === lesson?.name);

/** Another run, or another lesson: the card says how the question stands. */
function refresh() {
  found = null;
  const asking = ["ask", "class"].includes($("gv-predict")?.dataset.state ?? "");
  if (!asking && $("gv-predict")) guess() ? showGuess() : fill("none");
  check();
}

function showGuess() {
  const question = /** @type {Question} */ (lesson?.question);
  const [, , choice] = /** @type {[string, string, number]} */ (guess());
  const words = question.choices[choice];
  const lead = [el("p", { class: "gv-caption" }, question.ask)];
  if (found?.state === "known") {
    const poll = /** @type {any} */ ({ mine: [null], choices: question.choices, answer: found });
    const picked = question.choices[found.choice];
    fill("known", ...lead, el("h3", {}, found.choice === choice ? `You guessed “${words}”, and the run agrees.`
      : `You guessed “${words}”. The run says “${picked}”.`), ...answerWords(poll));
    return text($("gv-announce"), $("gv-predict").textContent ?? "");
  }
  fill(found?.state ?? "waiting", ...lead, el("p", {}, `You guessed “${words}”. `,
    found?.sentence ?? `The run answers at ${question.seconds.toFixed(0)} s of training.`));
}

/** Ask the run, once its time has come. */
function check() {
  clearTimeout(timer);
  const mine = lesson && guess();
  const done = checking || ["known", "missing"].includes(found?.state);
  if (!mine || done || !isDue()) return;
  checking = true;
  request(mine[0], mine[1]);
}

/** Whether the run may have answered by now. */
function isDue() {
  const { state, elapsed = 0 } = now.status ?? { state: "idle" };
  return !isActive(state) || elapsed >= (lesson?.question?.seconds ?? 0);
}

/** @param {string} run @param {string} name */
async function request(run, name) {
  const answer = await get(`gv/answer?run=${encodeURIComponent(run)}&lesson=${encodeURIComponent(name)}`);
  checking = false;
  if (run !== now.run?.id || name !== lesson?.name) return refresh();
  if (answer.ok) found = answer;
  if (guess()) showGuess();
  timer = setTimeout(check, ANSWER_REFRESH);
}
