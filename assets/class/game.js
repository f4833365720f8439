// @ts-check
// You are D: which of two pictures is real? The server alone knows, until the pair is judged.

import { $, el, note, text } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { album, context } from "../lib/pictures.js";
import { refill } from "../lib/refill.js";
import { address, post } from "../lib/request.js";
import { now, on } from "../lib/stream.js";
import { onPiece, presents } from "./class.js";
import { duel, response } from "./duel.js";

/**
 * @typedef {object} Game what a player's page may know
 * @property {string} id
 * @property {string} run
 * @property {number} step
 * @property {number} pairs
 * @property {number} width of a picture
 * @property {number} height
 * @property {boolean[]} right of the pairs judged so far
 * @property {boolean[] | null} d_right
 * @property {number[] | null} margins D's logit of the real one less that of the fake
 * @property {[number, number][] | null} class_right per pair: judged rightly, of how many
 * @property {{step: number, players: number, rate: number, d_rate: number | null}[]} history
 * @property {number} finished players
 * @property {{handle: string, right: number, judged: number}[] | null} league
 */

const picture = album();
/** The newest of what the server sent and of what it answered. @type {Game | null} */
let game = null;
let busy = false;
let drawn = "";

export function start() {
  $("gv-game-new").addEventListener("click", make);
  document.addEventListener("keydown", byKey);
  onPiece("game", (state) => { game = state; show(); });
  onPiece("room", show);
  on("hello", show);
  on("status", () => { $("gv-game-new").toggleAttribute("disabled", !canMake()); });
  show();
}

const canMake = () => ["running", "paused"].includes(now.status?.state ?? "") && now.run?.spec?.kind === "images";

async function make() {
  const answer = await post("gv/class/game", {});
  note("gv-game-note", answer.ok ? "" : answer.sentence);
}

function showHead() {
  const button = $("gv-game-new");
  button.hidden = !presents();
  button.toggleAttribute("disabled", !canMake());
  text(button, game && game.run === now.run?.id ? "New game at this step" : "New game");
  text($("gv-game-caption"), game ? `step ${count(game.step)}` : "");
  const card = $("gv-game");
  [card.dataset.game, card.dataset.judged] = game ? [game.id, String(game.right.length)] : ["", "0"];
}

function show() {
  showHead();
  const key = JSON.stringify([game, presents(), now.run?.spec?.kind]);
  if (key === drawn) return;
  drawn = key;
  refill($("gv-game-body"), fill);
}

function fill() {
  if (!game) return $("gv-game-body").replaceChildren(el("p", { class: "gv-wait" }, invitation()));
  const playing = game.right.length < game.pairs;
  $("gv-game-body").replaceChildren(...(playing ? pair(game) : result(game)), ...charts(game));
  if (playing) paint(game);
}

function invitation() {
  if (now.run?.spec?.kind === "points") {
    return "The game needs pictures: one point of the plane is neither real nor fake to the eye.";
  }
  return presents() ? "Ten pairs of this run's pictures and real ones: can you do what D does? Make a game while a run trains."
    : "When the presenter makes a game, ten pairs appear here: which picture is real?";
}

/** @param {Game} shown */
function pair(shown) {
  const at = shown.right.length;
  const button = (/** @type {boolean} */ left) => el("button", {
    type: "button", class: "gv-side", "data-left": String(left), onclick: () => judge(left),
    "aria-label": `The ${left ? "left" : "right"} picture is real`,
  }, el("canvas", { width: shown.width, height: shown.height, "aria-hidden": "true" }));
  return [el("h3", { class: "gv-ask" }, "Which one is real?"),
    el("div", { class: "gv-pair" }, button(true), button(false)),
    el("p", { class: "gv-caption", role: "status", id: "gv-game-so-far" }, soFar(shown, at))];
}

/** @param {Game} shown @param {number} at */
function soFar(shown, at) {
  const place = `Pair ${at + 1} of ${shown.pairs}.`;
  if (!at) return `${place} Click it, or press the left or right arrow key.`;
  const mine = shown.right[at - 1] ? "Right" : "Wrong";
  const d = shown.d_right ? (shown.d_right[at - 1] ? "; D was right" : "; D was wrong") : "";
  return `${mine}${d}. ${place}`;
}

/** The two pictures of the pair at hand; the rest of the sheet stays unseen. @param {Game} shown */
async function paint(shown) {
  const image = await picture(address(`gv/class/games/${shown.id}.png`));
  const sides = $("gv-game-body").querySelectorAll("canvas");
  if (!image || game?.id !== shown.id || sides.length < 2) return;
  sides.forEach((canvas, side) => {
    const { width, height } = shown;
    const [x, y] = [side * width, shown.right.length * height];
    context(canvas).drawImage(image, x, y, width, height, 0, 0, width, height);
  });
  $("gv-game").dataset.painted = String(shown.right.length);
}

/** @param {boolean} left */
async function judge(left) {
  if (busy || !game) return;
  busy = true;
  const answer = await post("gv/class/play", { game: game.id, pair: game.right.length, left });
  busy = false;
  note("gv-game-note", answer.ok ? "" : answer.sentence);
  if (!answer.ok) return;
  game = { ...game, ...answer.game };
  show();
}

/** @param {KeyboardEvent} event */
function byKey(event) {
  const side = /** @type {Record<string, boolean>} */ ({ ArrowLeft: true, ArrowRight: false })[event.key];
  const node = /** @type {Element} */ (event.target);
  const open = game && game.right.length < game.pairs && $("gv-game").offsetParent;
  if (side === undefined || !open || node.closest?.("input, select, textarea, [role=radiogroup], [role=tablist]")) return;
  event.preventDefault();
  judge(side);
}

/** @param {Game} shown */
function result(shown) {
  const mine = hits(shown.right);
  const d = shown.d_right ? `; D found ${hits(shown.d_right)}` : ". This D judges several pictures at once, and none by itself";
  const heads = ["Pair", ...shown.right.map((_, index) => String(index + 1))];
  const rows = [
    marks("You", shown.right), ...(shown.d_right ? [marks("D", shown.d_right)] : []),
    ...(isClass(shown) ? [share(shown)] : []),
  ];
  return [
    el("p", { class: "gv-answer", role: "status" },
      el("b", {}, `You found ${mine} of ${shown.pairs} real pictures`), `${d}.`),
    el("table", { class: "gv-pairs" },
      el("caption", { class: "gv-hidden-text" }, "Each pair: you, D, and the class"),
      el("thead", {}, el("tr", {}, ...heads.map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, ...rows)),
    ...curve(shown),
  ];
}

/** @param {boolean[]} all */
const hits = (all) => all.filter(Boolean).length;

/** @param {string} who @param {boolean[]} all */
const marks = (who, all) => el("tr", {}, el("th", { scope: "row" }, who),
  ...all.map((right) => el("td", { "data-right": String(right) }, right ? "✓" : "✗")));

/** Whether somebody else has judged a pair, too. @param {Game} shown */
const isClass = ({ class_right: pairs }) => Boolean(pairs?.some(([, judged]) => judged > 1));

/** @param {Game} shown */
function curve({ margins, class_right: pairs }) {
  if (!margins || !pairs) return [];
  return [response(margins, pairs.map(([right, judged]) => right / Math.max(1, judged)))];
}

/** @param {Game} shown */
const share = ({ class_right: pairs }) => el("tr", {}, el("th", { scope: "row" }, "Class"),
  ...(pairs ?? []).map(([right, judged]) => el("td", {}, `${right}/${judged}`)));

/** @param {Game} shown */
function charts({ history, league }) {
  return [...(history?.length ? [duel(history)] : []), ...(league?.length ? [table(league)] : [])];
}

/** @param {NonNullable<Game["league"]>} rows */
const table = (rows) => el("div", {}, el("h3", {}, "League"), el("ol", { class: "gv-league" }, ...rows.map(({ handle, right, judged }) =>
  el("li", {}, el("span", {}, handle), el("b", {}, `${right} of ${judged}`)))));
