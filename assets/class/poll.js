// @ts-check
// Questions to the class: the presenter asks, closes, has them voted on again and shows the answer;
// everybody else votes, and sees the counts when the vote is closed.

import { $, el, note, text } from "../lib/dom.js";
import { refill } from "../lib/refill.js";
import { address, post } from "../lib/request.js";
import { fetchLessons } from "../lib/lessons.js";
import * as route from "../lib/route.js";
import { now, on } from "../lib/stream.js";
import { hasClass, isPresenter, onPiece, piece, presents } from "./class.js";
import { answerWords, bars, choiceButtons } from "./vote.js";

/** @typedef {import("./vote.js").Poll} Poll */

const FEWEST = 2;
const MOST = 5;

/** Lessons that ask something. @type {{name: string, title: string, group: string, question: any, presets: any[]}[]} */
let lessons = [];
/** What the card shows, as text: the same state is not drawn again under somebody's fingers. */
let drawn = "";

export async function start() {
  // viewers ask nothing
  const answer = isPresenter() ? await fetchLessons() : {};
  lessons = (answer.lessons ?? []).filter(({ question }) => question);
  onPiece("poll", show);
  onPiece("room", () => show(piece("poll")));
  on("hello", () => { results(); show(piece("poll")); });
  results();
  show(piece("poll"));
}

function results() {
  const link = $("gv-results", HTMLAnchorElement);
  link.hidden = !now.run || !presents();
  link.href = address(`gv/class/results.csv?run=${encodeURIComponent(now.run?.id ?? "")}`);
}

/** @param {Poll | null | undefined} poll */
function show(poll) {
  results();
  const key = JSON.stringify([poll ?? null, presents(), hasClass()]);
  if (key === drawn) return;
  drawn = key;
  const card = $("gv-poll");
  text($("gv-poll-caption"), poll ? caption(poll) : "");
  [card.dataset.state, card.dataset.poll] = poll ? [poll.state, poll.id] : ["none", ""];
  refill($("gv-poll-body"), () => {
    if (poll) showPoll(poll);
    else $("gv-poll-body").replaceChildren(...(presents() ? asking() : [nothing()]));
  });
}

/** @param {Poll} poll */
function showPoll(poll) {
  const body = $("gv-poll-body");
  body.replaceChildren(
    el("h3", { class: "gv-ask" }, poll.ask), ...(poll.state === "open" ? open(poll) : [bars(poll), ...answerWords(poll)]),
    ...(presents() ? commands(poll) : []));
}

const nothing = () => el("p", { class: "gv-wait" }, "No question is open. When the presenter asks one, it appears here.");

/** @param {Poll} poll */
function caption({ state, round, voters }) {
  if (state === "answered") return "answered";
  const members = piece("room")?.members?.filter((/** @type {any} */ one) => one.here && !one.presenter).length;
  const of = members ? ` of ${members}` : "";
  const what = `${voters}${of} voted`;
  return state === "open" ? `${round > 1 ? "again: " : ""}${what}` : `closed: ${what}`;
}

/** @param {Poll} poll */
function open(poll) {
  // on a projector the presenter's own vote would lead the class
  if (presents() && hasClass()) return [el("ol", { class: "gv-choice-list" }, ...poll.choices.map((one) => el("li", {}, one)))];
  const mine = poll.mine.at(-1) ?? null;
  return [choiceButtons(poll.ask, poll.choices, mine, (choice) => vote(poll, choice)),
    el("p", { class: "gv-caption" }, mine === null ? "Nobody sees who chose what."
      : "Your vote counts. You can change it until the vote is closed.")];
}

/** @param {Poll} poll @param {number} choice */
async function vote(poll, choice) {
  const answer = await post("gv/class/vote", { poll: poll.id, round: poll.round, choice });
  note("gv-poll-note", answer.ok ? "" : answer.sentence);
  if (answer.ok) text($("gv-announce"), answer.sentence);
}

// -- the presenter ---------------------------------------------------------------------------

/** @param {string} action @param {object} [more] */
async function command(action, more = {}) {
  const answer = await post("gv/class/poll", { action, poll: piece("poll")?.id ?? "", ...more });
  note("gv-poll-note", answer.ok ? "" : answer.sentence);
  return answer.ok;
}

/** @param {Poll} poll */
function commands(poll) {
  const button = (/** @type {string} */ words, /** @type {() => void} */ task, strong = false) =>
    el("button", { type: "button", class: `gv-button${strong ? " gv-strong" : ""}`, onclick: task }, words);
  if (poll.state === "open") return [row(button("Close the vote", () => command("close"), true))];
  if (poll.state === "answered") return [row(button("Ask another question", () => command("away"), true))];
  const again = poll.last_round ? [] : [button("Vote again", () => command("again"))];
  return [row(...again, ...(poll.lesson ? [button("Show the run's answer", () => command("reveal"), true)] : marking(poll, button)),
    button("Put away", () => command("away")))];
}

/** A question of the presenter's own has no run that answers it: the presenter may say what is right. */
function marking(poll, button) {
  const list = el("select", { class: "gv-input", "aria-label": "The right choice" },
    el("option", { value: "" }, "No choice is right"),
    ...poll.choices.map((/** @type {string} */ one, /** @type {number} */ index) => el("option", { value: index }, one)));
  return [list, button("Show the answer",
    () => command("reveal", { choice: list.value === "" ? null : Number(list.value) }), true)];
}

const row = (/** @type {HTMLElement[]} */ ...parts) => el("div", { class: "gv-take-row" }, ...parts);

/** What the presenter may ask: a lesson's question, or one of their own. */
function asking() {
  return [askLesson(), askFreely()];
}

function askLesson() {
  const groups = [...new Set(lessons.map(({ group }) => group))];
  const list = el("select", { class: "gv-input", id: "gv-ask-lesson", "aria-label": "Lesson" }, ...groups.map((group) =>
    el("optgroup", { label: group }, ...lessons.filter((one) => one.group === group)
      .map(({ name, title }) => el("option", { value: name }, title)))));
  const preview = el("p", { class: "gv-ask-preview" });
  const refresh = () => text(preview, lessons.find(({ name }) => name === list.value)?.question.ask ?? "");
  const preset = now.run?.config.preset;
  const about = lessons.find(({ name }) => name === route.get("lesson")) ?? lessons.find(({ question }) => question.preset === preset);
  list.value = (about ?? lessons[0])?.name ?? "";
  list.addEventListener("change", refresh);
  refresh();
  return el("div", { class: "gv-asking" }, el("h3", {}, "A question that the run answers"), row(list,
    el("button", { type: "button", class: "gv-button gv-strong", id: "gv-ask", onclick: () => command("ask", { lesson: list.value }) },
      "Ask")), preview);
}

/** What `make` gave the first time. @template T @param {() => T} make */
function once(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}

/** The form of a question of one's own: one, so that what was typed outlives another question. */
const askFreely = once(() => {
  const ask = el("input", { class: "gv-input", maxlength: 200, placeholder: "Your question", "aria-label": "Your question" });
  const inputs = Array.from({ length: MOST }, (_, index) => el("input", {
    class: "gv-input", maxlength: 80, "aria-label": `Choice ${index + 1}`,
    placeholder: index < FEWEST ? `Choice ${index + 1}` : `Choice ${index + 1} (may stay empty)`,
  }));
  const send = async () => {
    const choices = inputs.map(({ value }) => value).filter((one) => one.trim());
    if (await command("ask", { ask: ask.value, choices })) for (const field of [ask, ...inputs]) field.value = "";
  };
  return el("details", { class: "gv-asking" }, el("summary", {}, "A question of your own"),
    el("form", { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); send(); } }, ask, ...inputs,
      row(el("button", { type: "submit", class: "gv-button gv-strong" }, "Ask"))));
});
