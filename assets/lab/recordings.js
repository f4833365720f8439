// @ts-check
// Recorded steps of the run that trains: asked for while the lab is in sight, and unpacked.

import { emit } from "../lib/bus.js";
import { LAB_REFRESH, LAB_RETRY, LAB_VIEWER_REFRESH } from "../lib/pacing.js";
import { get } from "../lib/request.js";
import { isActive } from "../lib/states.js";
import { current, onTab } from "../lib/tabs.js";
import { now, on } from "../lib/stream.js";

/**
 * @typedef {object} Move what one player did
 * @property {number} n how many samples came
 * @property {Float32Array} z latents, row by row
 * @property {number[] | null} y classes
 * @property {Float32Array | Uint8Array} fake
 * @property {Float32Array | Uint8Array} [real]
 * @property {Float32Array | Uint8Array} [push] where the loss would have each fake go
 * @property {number[]} [push_scale] of each picture
 * @property {Float32Array} [real_scores]
 * @property {Float32Array} [fake_scores]
 * @property {number | null} loss
 * @property {number | null} penalty
 * @property {number | null} rate
 * @property {number} [gradient] norm
 * @property {number} [weight]
 * @property {number} [update]
 * @property {string[]} [layers]
 * @property {number[]} [layer_gradient]
 * @property {number[]} [layer_weight]
 * @property {number[]} [layer_update]
 * @property {number[]} [layer_parameters]
 *
 * @typedef {object} Recording a step of the game
 * @property {number} number the server's count of recordings
 * @property {number} step
 * @property {"points" | "images"} kind
 * @property {number[]} shape [2], or [height, width, channels]
 * @property {string} unit probability, raw or relative
 * @property {string} objective
 * @property {number} pac
 * @property {string} [update] alternating or simultaneous
 * @property {number} batch
 * @property {number} latent_numbers
 * @property {Record<string, number>} counts
 * @property {Record<string, Move>} moves by player
 * @property {boolean} [ended] the last one of a run that has ended
 */

const FLOATS = ["z", "real_scores", "fake_scores"];
const SAMPLES = ["fake", "real", "push"];

/** The newest recording, and why there is none. */
export const recorded = {
  newest: /** @type {Recording | null} */ (null),
  sentence: "",
  /** Whether the server has nothing of this run to record. */
  refused: false,
};
let run = "";
let asking = false;
let timer = 0;

/** Emits "lab-recording" for each new one, and "lab-sentence" when there is none for a reason. */
export function start() {
  on("hello", () => {
    if (now.run?.id === run) return ask();
    run = now.run?.id ?? "";
    Object.assign(recorded, { newest: null, sentence: "", refused: false });
    emit("lab-recording", null);
    emit("lab-sentence", "");
    ask();
  });
  run = now.run?.id ?? "";
  onTab(ask);
  on("status", ({ state }) => { if (recorded.newest?.ended && isActive(state)) ask(); });
  document.addEventListener("visibilitychange", ask);
  ask();
}

const inSight = () => current() === "lab" && !document.hidden && Boolean(run);

/** Ask for the next recording, as long as somebody looks. */
async function ask() {
  if (asking || !inSight()) return;
  asking = true;
  clearTimeout(timer);
  const [of, after] = [run, recorded.newest?.number ?? 0];
  const answer = await get(`gv/lab/step?run=${encodeURIComponent(of)}&after=${after}`);
  asking = false;
  if (of === run) take(answer);
  const refresh = document.documentElement.dataset.gvRole === "viewer" ? LAB_VIEWER_REFRESH : LAB_REFRESH;
  // an ended run has nothing new to say, but another one may be shown by now
  if (!(answer.ended && of === run)) timer = setTimeout(ask, answer.ok ? refresh : LAB_RETRY);
}

/** @param {Record<string, any>} answer */
function take(answer) {
  const sentence = answer.moves ? "" : answer.sentence;
  if (answer.moves) receive(/** @type {any} */ (answer));
  if (sentence === recorded.sentence) return;
  Object.assign(recorded, { sentence, refused: !answer.ok });
  emit("lab-sentence", sentence);
}

/** @param {Recording} answer */
function receive(answer) {
  const { newest } = recorded;
  const known = newest?.number === answer.number && newest.step === answer.step;
  recorded.newest = known ? newest : unpacked(answer);
  recorded.newest.ended = answer.ended;
  emit(known ? "lab-again" : "lab-recording", recorded.newest);
}

/**
 * A recording whose arrays are numbers.
 * @param {Recording} answer
 * @returns {Recording}
 */
export function unpacked(answer) {
  const asSamples = answer.kind === "points" ? floats : bytes;
  const moves = Object.entries(answer.moves).map(([player, move]) => [player, Object.fromEntries(
    Object.entries(move).map(([name, value]) => {
      if (typeof value !== "string") return [name, value];
      if (FLOATS.includes(name)) return [name, floats(value)];
      return [name, SAMPLES.includes(name) ? asSamples(value) : value];
    }))]);
  return { ...answer, moves: Object.fromEntries(moves) };
}

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** @param {string} text */
const floats = (text) => new Float32Array(bytes(text).buffer);
