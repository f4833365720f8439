// @ts-check
// The wall: pictures that students sent, drawn again while the run trains.

import { $, el, note, text } from "../lib/dom.js";
import { WALL_REFRESH } from "../lib/pacing.js";
import { context } from "../lib/pictures.js";
import { refill } from "../lib/refill.js";
import { arrived, post, send } from "../lib/request.js";
import { now, on } from "../lib/stream.js";
import { asRequest } from "../latent/latent.js";
import { onPiece, piece, presents } from "./class.js";

/**
 * @typedef {object} Wall
 * @property {boolean} open
 * @property {string} run
 * @property {number} version
 * @property {string[]} handles
 * @property {number | null} mine
 * @property {string[] | null} owners for a presenter
 */

/** What hangs there, as it was fetched last. */
let drawn = { run: "", version: -1, snapshot: -1 };
let busy = false;
let timer = 0;
let fetchedAt = 0;

export function start() {
  $("gv-wall-open").addEventListener("click", () => command(state()?.open ? "close" : "open"));
  $("gv-wall-clear").addEventListener("click", () => command("clear"));
  $("gv-wall-put").addEventListener("click", put);
  onPiece("wall", show);
  onPiece("room", show);
  on("hello", show);
  on("snapshot", refresh);
  new IntersectionObserver(([entry]) => { if (entry.isIntersecting) refresh(); }).observe($("gv-wall"));
  show();
}

/** @returns {Wall | undefined} */
const state = () => piece("wall");

/** @param {string} action @param {string} [owner] */
async function command(action, owner = "") {
  const answer = await post("gv/class/wall", { action, owner });
  note("gv-wall-note", answer.ok ? "" : answer.sentence);
}

/** The z of the latent explorer hangs on the wall. */
async function put() {
  const answer = await post("gv/class/wall/put", asRequest());
  note("gv-wall-note", answer.sentence);
}

function show() {
  const wall = state();
  if (!wall) return;
  const full = wall.handles.length;
  $("gv-wall").dataset.pictures = String(full);
  text($("gv-wall-caption"), full ? `${full} ${full > 1 ? "pictures" : "picture"} of this run, drawn by its newest G` : "");
  showButtons(wall, full);
  const tiles = $("gv-wall-tiles");
  if (!full) return refill(tiles, () => tiles.replaceChildren(el("p", { class: "gv-wait" }, invitation(wall))));
  refresh();
}

/** @param {Wall} wall @param {number} full */
function showButtons(wall, full) {
  $("gv-wall-open").hidden = !presents();
  text($("gv-wall-open"), wall.open ? "Take no more" : "Let the class send pictures");
  $("gv-wall-clear").hidden = !presents() || !full;
  $("gv-wall-put").hidden = !wall.open;
  $("gv-wall-put").toggleAttribute("disabled", now.run?.spec?.kind !== "images" || !now.snapshot);
  text($("gv-wall-put"), wall.mine === null ? "Send my picture" : "Send my picture anew");
}

/** @param {Wall} wall */
function invitation({ open }) {
  if (now.run?.spec?.kind === "points") return "The wall shows pictures; this run draws points.";
  if (!open) return presents() ? "Let the class send pictures that they found in the latent space: they hang here together."
    : "The presenter has not opened the wall yet.";
  return "Explore the latent space in Train, then send your picture here.";
}

/** Fetch the wall where it is seen and has become another one. */
function refresh() {
  clearTimeout(timer);
  const wall = state();
  const seen = $("gv-wall").offsetParent && !document.hidden;
  if (!wall?.handles.length || !seen || busy || isNewest(wall)) return;
  const wait = fetchedAt + WALL_REFRESH - performance.now();
  if (wait > 0 && drawn.version === wall.version) timer = setTimeout(refresh, wait);
  else fetchWall();
}

/** @param {Wall} wall */
const isNewest = ({ run, version }) =>
  drawn.run === run && drawn.version === version && drawn.snapshot === now.snapshot;

async function fetchWall() {
  busy = true;
  fetchedAt = performance.now();
  const snapshot = now.snapshot;
  let version = state()?.version ?? -1;
  try {
    const sheet = await readSheet();
    // one that was drawn before the last picture came would show the others in wrong places
    if (sheet.version === version) paint(sheet.picture, sheet);
    version = sheet.version;
  } catch (problem) {
    note("gv-wall-note", /** @type {Error} */ (problem).message);
  }
  drawn = { run: state()?.run ?? "", version, snapshot };
  busy = false;
  timer = setTimeout(refresh, WALL_REFRESH);
}

/** All pictures of the wall as the server drew them last. Throws an Error with a sentence. */
async function readSheet() {
  const response = await send("gv/class/wall.png");
  const number = (/** @type {string} */ name) => Number(response.headers.get(`X-Gv-${name}`));
  return {
    picture: await createImageBitmap(await arrived(response.blob())), version: number("Wall"),
    columns: number("Columns"), tile: number("Tile"), step: number("Step"),
  };
}

/**
 * @param {ImageBitmap} picture
 * @param {{columns: number, tile: number, step: number}} about
 */
function paint(picture, { columns, tile, step }) {
  const wall = state();
  if (!wall) return;
  const height = picture.height / Math.ceil(wall.handles.length / columns);
  const list = el("ul", {}, ...wall.handles.map((handle, index) => {
    const canvas = el("canvas", { width: tile, height, role: "img", "aria-label": `The picture of ${handle}, step ${step}` });
    const [x, y] = [(index % columns) * tile, Math.floor(index / columns) * height];
    context(canvas).drawImage(picture, x, y, tile, height, 0, 0, tile, height);
    const owner = wall.owners?.[index];
    return el("li", { "data-mine": String(index === wall.mine) }, canvas, el("span", {}, handle), ...(owner === undefined ? []
      : [el("button", { type: "button", class: "gv-icon", "aria-label": `Take down the picture of ${handle}`, onclick: () => command("remove", owner) }, "×")]));
  }));
  refill($("gv-wall-tiles"), () => $("gv-wall-tiles").replaceChildren(list));
  $("gv-wall").dataset.step = String(step);
}

