// @ts-check
// What a person writes about a run, saved as it is typed.

import { $ } from "../lib/dom.js";
import { runAction } from "../lib/library.js";
import { NOTES_PAUSE } from "../lib/pacing.js";
import { NO_ANSWER } from "../lib/request.js";

/**
 * @typedef {{id: string, name: string, notes: string}} Run
 * @typedef {object} Hooks
 * @property {(of: Run, sentence: string, elsewhere: string) => void} refused
 * @property {() => void} changed
 */

/** @type {Hooks} */
let hooks = { refused: () => {}, changed: () => {} };
/** The run that is open. @type {Run | null} */
let run = null;
let timer = 0;
/** What was typed and not sent yet. @type {{of: Run, notes: string} | null} */
let unsent = null;
/** The run whose notes were typed in since it was opened: an answer that was on its way must not
 * replace them. */
let typedIn = "";

export const notes = { start, show, leave };

/** @param {Hooks} given */
function start(given) {
  hooks = given;
  field().addEventListener("input", () => {
    if (!run) return;
    typedIn = run.id;
    unsent = { of: run, notes: field().value };
    clearTimeout(timer);
    timer = setTimeout(save, NOTES_PAUSE, false);
  });
  // who closes or reloads the page right after the last word has still written it
  addEventListener("pagehide", () => save(true));
}

const field = () => $("gv-detail-notes", HTMLTextAreaElement);

/** @param {Run} opened */
function show(opened) {
  run = opened;
  if (typedIn === run.id) return;
  const waiting = unsent && unsent.of.id === run.id ? unsent.notes : null;
  void save();
  typedIn = waiting === null ? "" : run.id;
  field().value = waiting ?? run.notes;
}

/** The run is closed. */
function leave() {
  void save();
  typedIn = "";
  run = null;
}

/**
 * Send what was typed; what did not arrive is sent again with the next letter, or when the run is
 * left.
 * @param {boolean} [leaving] the page is left: the request outlives it
 */
async function save(leaving = false) {
  clearTimeout(timer);
  if (!unsent) return;
  const sent = unsent;
  unsent = null;
  const { of } = sent;
  const answer = await runAction(of.id, "notes", { notes: sent.notes }, "", { keepalive: leaving });
  if (answer.sentence === NO_ANSWER) unsent ??= sent;
  if (!answer.ok) hooks.refused(of, answer.sentence, `The notes of ${of.name} were not saved. ${answer.sentence}`);
  hooks.changed();
}
