// @ts-check
// A question's choices: as buttons to choose from, and as bars once they are counted.

import { el, findAll } from "../lib/dom.js";

/** @typedef {{choice: number | null, figure: string, why: string, step: number | null}} Answer */
/**
 * @typedef {object} Poll what a page sees of a question
 * @property {string} id
 * @property {string} ask
 * @property {string[]} choices
 * @property {string} lesson
 * @property {"open" | "closed" | "answered"} state
 * @property {number} round from 1
 * @property {boolean} last_round
 * @property {number} voters
 * @property {(number | null)[]} mine by round
 * @property {(number[] | null)[] | null} counts by round; null while votes are taken
 * @property {Answer | null} answer
 */

/** What the votes of each round are called. */
export const ROUNDS = ["First vote", "After discussion"];

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/**
 * Choices to choose from, as a group of radio buttons: by pointer, arrow keys and Enter.
 * @param {string} ask
 * @param {string[]} choices
 * @param {number | null} chosen
 * @param {(choice: number) => void} onChoose
 */
export function choiceButtons(ask, choices, chosen, onChoose) {
  const box = el("div", { class: "gv-choices", role: "radiogroup", "aria-label": ask },
    ...choices.map((words, index) => el("button", {
      type: "button", role: "radio", class: "gv-choice-button", "aria-checked": String(index === chosen),
      "data-choice": index, tabindex: index === (chosen ?? 0) ? 0 : -1, onclick: () => onChoose(index),
    }, words)));
  box.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const buttons = findAll("button", box);
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!step || at < 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length].focus();
  });
  return box;
}

/**
 * The votes of all rounds, choice by choice; the right one is marked.
 * @param {Poll} poll
 */
export function bars({ choices, counts, mine, answer }) {
  const rounds = (counts ?? []).map((votes) => votes ?? []);
  const totals = rounds.map((votes) => votes.reduce((sum, one) => sum + one, 0));
  return el("div", { class: "gv-tally" },
    ...(rounds.length > 1 ? [el("p", { class: "gv-caption gv-rounds" },
      ...rounds.flatMap((_, round) => [el("i", { "data-round": round }), ROUNDS[round] ?? ""]))] : []),
    el("ol", {}, ...choices.map((words, index) => el("li", { "data-right": String(answer?.choice === index) },
      el("p", {}, words, ...remarks(index, mine, answer)),
      ...rounds.map((votes, round) => bar(votes[index] ?? 0, totals[round], round))))));
}

/**
 * @param {number} index
 * @param {(number | null)[]} mine
 * @param {Answer | null} answer
 */
function remarks(index, mine, answer) {
  const words = [
    ...(answer?.choice === index ? ["the run's answer"] : []),
    ...(mine.at(-1) === index ? ["your vote"] : []),
  ];
  return words.map((one) => el("em", {}, one));
}

/** @param {number} votes @param {number} total @param {number} round */
function bar(votes, total, round) {
  const share = total ? votes / total : 0;
  return el("div", { class: "gv-bar", "data-round": round },
    el("span", { style: `width: ${(100 * share).toFixed(1)}%` }),
    el("b", {}, `${votes} of ${total}`));
}

/**
 * What came out, in words.
 * @param {Poll} poll
 */
export function answerWords({ answer, mine, choices }) {
  if (!answer) return [];
  const guess = mine.at(-1);
  const right = answer.choice != null && guess === answer.choice;
  const lead = guess == null || answer.choice == null ? "" : right ? "You were right. " : `You said “${choices[guess]}”. `;
  const figure = answer.figure ? `The run: ${answer.figure}. ` : "";
  return lead || figure || answer.why ? [el("p", { class: "gv-answer" }, lead, el("b", {}, figure), answer.why)] : [];
}
