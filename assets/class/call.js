// @ts-check
// What the class is asked to do, in whatever tab a viewer is: a card above the tabs. And the button
// that sends the explored picture to the wall.

import { $, el, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { refill } from "../lib/refill.js";
import { post } from "../lib/request.js";
import { now, on } from "../lib/stream.js";
import { current, onTab, tab } from "../lib/tabs.js";
import { asRequest } from "../latent/latent.js";
import { say } from "../train/controls.js";
import { onPiece, piece, presents } from "./class.js";

/** @type {HTMLElement} */
let card;
/** What a viewer has put away. */
let dismissed = "";

export function start() {
  card = el("section", { id: "gv-call", class: "gv-call", role: "status", hidden: true });
  for (const name of ["poll", "game"]) onPiece(name, show);
  onTab(show);
  on("hello", show);
  startWallButton();
}

/** What is to be done now: an id, words, and what the button says; null where there is nothing. */
function task() {
  const poll = piece("poll");
  if (poll?.state === "open" && poll.mine.at(-1) === null) {
    return { id: `${poll.id}-${poll.round}`, words: poll.ask, button: poll.round > 1 ? "Vote again" : "Vote" };
  }
  const game = piece("game");
  if (game && game.run === now.run?.id && game.right.length < game.pairs) {
    const words = `You are D: which of two pictures is real? Ten pairs of step ${count(game.step)}.`;
    return { id: game.id, words, button: "Play" };
  }
  return null;
}

function show() {
  const todo = presents() || current() === "class" ? null : task();
  card.hidden = !todo || todo.id === dismissed;
  if (!todo || card.hidden) return;
  if (!card.isConnected) $("gv-tabs").querySelector(":scope > .tab-wrapper")?.after(card);
  refill(card, () => card.replaceChildren(el("p", {}, todo.words),
    el("button", { type: "button", class: "gv-button gv-strong", onclick: () => tab("class") }, todo.button),
    el("button", {
      type: "button", class: "gv-icon", "aria-label": "Put away", onclick: () => { dismissed = todo.id; show(); },
    }, "×")));
}

function startWallButton() {
  const button = el("button", {
    type: "button", id: "gv-latent-wall", class: "gv-button gv-small", hidden: true, onclick: send,
  }, "To the wall");
  $("gv-latent-reset").after(button);
  const refresh = () => { button.hidden = !piece("wall")?.open || now.run?.spec?.kind !== "images"; };
  onPiece("wall", refresh);
  on("hello", refresh);
}

async function send() {
  const answer = await post("gv/class/wall/put", asRequest());
  say(answer.sentence, !answer.ok);
  text($("gv-latent-caption"), answer.sentence);
}
