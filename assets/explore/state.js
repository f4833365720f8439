// @ts-check
// What this browser explores: a generator, a point in its latent space, and starred points. Every
// panel of the tab reads it here and hears of changes by the bus: "explore-source",
// "explore-point", "explore-stars".

import { emit, on } from "../lib/bus.js";
import { get, post, postForBytes } from "../lib/request.js";
import * as route from "../lib/route.js";
import { storage } from "../lib/storage.js";
import { now } from "../lib/stream.js";
import { MOST_SEEDS, combine, fromText, randomInteger, toText, toVectors } from "../latent/vectors.js";

/** @typedef {import("../latent/vectors.js").Vector} Vector */

/**
 * @typedef {object} Source what the server says of a generator
 * @property {string} run its id, with `@step` where a checkpoint is chosen
 * @property {string} name
 * @property {boolean} active
 * @property {string} kind images, or points
 * @property {number} latent_dim
 * @property {boolean} conditional
 * @property {string[]} classes
 * @property {string[]} labels of its data, whether or not the generator knows them
 * @property {number} width
 * @property {number} height
 * @property {number} channels
 * @property {number} step
 * @property {number} version
 * @property {number[]} checkpoints
 * @property {boolean} autoencoder
 * @property {boolean} in_browser whether this browser may draw by itself
 */

/**
 * @typedef {object} Direction
 * @property {string} key
 * @property {string} label
 * @property {Vector} vector of length 1
 */

/**
 * @typedef {object} Star
 * @property {string} z base64
 * @property {number | null} y
 * @property {number | null} seed where the z is what a seed draws
 */

const MOST_STARS = 48;
const ADDRESS_PAUSE = 250;

export const explored = {
  source: /** @type {Source | null} */ (null),
  /** The seed that drew the base; null where the base is some other vector. */
  seed: /** @type {number | null} */ (null),
  base: /** @type {Vector | null} */ (null),
  y: /** @type {number | null} */ (null),
  psi: 1,
  /** Directions that have a slider, and how far each is pushed. */
  pinned: /** @type {Direction[]} */ ([]),
  moves: /** @type {Record<string, number>} */ ({}),
  stars: /** @type {Star[]} */ ([]),
};
/** Counts sources: an answer for an earlier one is dropped. */
let generation = 0;
let timer = 0;

export const randomSeed = () => randomInteger(MOST_SEEDS);

/** The run that the address, or the page, is about. */
export const wantedRun = () => route.get("at") ?? now.run?.id ?? null;

/** Whether an answer that was asked for at `count` is still wanted. */
export const current = () => generation;

/**
 * Explore the generator of `run`; the sentence of a refusal, or "".
 * @param {string | null} run
 */
export async function openSource(run) {
  generation += 1;
  const mine = generation;
  const query = run === null ? "" : `?run=${encodeURIComponent(run)}`;
  const answer = await get(`gv/explore/info${query}`);
  if (mine !== generation) return "";
  if (!answer.ok) return answer.sentence;
  const source = /** @type {any} */ (answer);
  // both at one time: a point of another size would be no point of this generator
  let point = {};
  try {
    if (explored.base?.length !== source.latent_dim) point = await pointIn(source);
  } catch (problem) {
    return /** @type {Error} */ (problem).message;
  }
  if (mine !== generation) return "";
  takeSource(source);
  Object.assign(explored, point);
  const most = answer.classes.length - 1;
  explored.y = answer.conditional ? Math.max(0, Math.min(explored.y ?? 0, most)) : null;
  emit("explore-source", explored.source);
  emit("explore-stars");
  change({});
  return "";
}

/** The run that was explored is not there any more: nothing is explored until another one is chosen. */
export function leaveSource() {
  generation += 1;
  explored.source = null;
  route.set({ at: null, z: null, base: null }, { push: false });
  emit("explore-source", null);
}

/** Another run brings stars of its own; another step of the same run leaves all as it is. */
function takeSource(source) {
  const changed = source.run.split("@")[0] !== explored.source?.run.split("@")[0];
  explored.source = source;
  if (!changed) return;
  explored.stars = storage.get(starsKey()) ?? [];
  explored.pinned = [];
  explored.moves = {};
}

/** The point that the address carries, or a random one. @param {Source} source */
async function pointIn(source) {
  const parts = pointFromAddress(route.get("z") ?? "");
  const base = fromText(route.get("base") ?? "", source.latent_dim);
  const seed = parts.seed ?? randomInteger(10_000);
  return {
    base: base ?? (await latentsOf([seed], source))[0], seed: base ? null : seed,
    y: parts.y ?? explored.y, psi: parts.psi ?? 1, moves: {},
  };
}

/**
 * The parts of a point in an address: "seed-5_class-3_psi-0.8".
 * @param {string} text
 * @returns {{seed: number | null, y: number | null, psi: number | null}}
 */
export function pointFromAddress(text) {
  /** @type {Record<string, number>} */
  const parts = {};
  for (const part of text.split("_")) {
    const [, name, value] = /^([a-z]+)-(\d+(?:\.\d+)?)$/.exec(part) ?? [];
    if (name) parts[name] = Number(value);
  }
  const whole = (/** @type {number | undefined} */ value) =>
    (value !== undefined && Number.isInteger(value) && value < MOST_SEEDS ? value : null);
  const { psi } = parts;
  return { seed: whole(parts.seed), y: whole(parts.class), psi: psi <= 2 ? psi : null };
}

/** Whether the point is that of its seed, with no slider moved. */
export const isSeed = () => explored.seed !== null && explored.base !== null
  && Object.values(explored.moves).every((value) => !value);

/** What the address says of the point. */
export function addressOfPoint() {
  const { seed, y, psi } = explored;
  const ofSeed = isSeed();
  const parts = [];
  if (ofSeed) parts.push(`seed-${seed}`);
  if (y !== null) parts.push(`class-${y}`);
  if (ofSeed && psi !== 1) parts.push(`psi-${psi}`);
  return {
    at: explored.source?.run ?? null,
    z: parts.join("_") || null,
    base: ofSeed ? null : toText([latent()]),
  };
}

/** Write the point into the address, once a hand rests: browsers refuse too many changes. */
function followInAddress() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (route.get("tab") === "explore") route.set(addressOfPoint(), { push: false });
  }, ADDRESS_PAUSE);
}

/** The z of the point, sliders and all. @returns {Vector} */
export function latent() {
  const { base, psi, pinned, moves, source } = explored;
  return combine([
    [psi, base ?? new Float32Array(0)],
    ...pinned.map(({ key, vector }) => /** @type {[number, Vector]} */ ([moves[key] ?? 0, vector])),
  ], source?.latent_dim ?? 0);
}

/**
 * Change parts of the point, and tell everybody.
 * @param {Partial<typeof explored>} part
 */
export function change(part) {
  Object.assign(explored, part);
  followInAddress();
  emit("explore-point");
}

/**
 * Have a panel follow the point: `draw` is called once a hand rests for `rest` ms, where `box` is on
 * the page. What is returned asks for it at once. All that comes together, as when another source
 * is opened, is one call.
 * @param {HTMLElement} box
 * @param {number} rest
 * @param {() => void} draw
 */
export function whenRests(box, rest, draw) {
  let pause = 0;
  let atOnce = false;
  const ask = (/** @type {boolean} */ now) => {
    if (atOnce) return;
    atOnce = now;
    clearTimeout(pause);
    pause = setTimeout(() => {
      atOnce = false;
      if (box.isConnected) draw();
    }, now ? 0 : rest);
  };
  on("explore-point", () => { if (box.isConnected) ask(false); });
  return () => ask(true);
}

/** Go to what a seed draws. @param {number} seed */
export async function toSeed(seed) {
  const mine = generation;
  const [base] = await latentsOf([seed]);
  if (mine === generation && base) change({ seed, base, moves: {} });
}

/**
 * Go to a latent that no seed drew.
 * @param {Vector} vector
 * @param {number | null} [y]
 * @param {number | null} [seed] the one that drew it, where there is one
 */
export const toVector = (vector, y = explored.y, seed = null) =>
  change({ base: vector, seed, psi: 1, moves: {}, y });

/** @param {Direction} direction */
export const isPinned = ({ key }) => explored.pinned.some((one) => one.key === key);

/** Give a direction a slider, or take it away. @param {Direction} direction */
export function togglePin(direction) {
  const pinned = isPinned(direction)
    ? explored.pinned.filter(({ key }) => key !== direction.key) : [...explored.pinned, direction];
  change({ pinned, moves: { ...explored.moves, [direction.key]: 0 } });
  emit("explore-pins");
}

/**
 * What each seed draws.
 * @param {number[]} seeds
 * @param {Source | null} source
 * @returns {Promise<Vector[]>}
 */
export async function latentsOf(seeds, source = explored.source) {
  if (!source) return [];
  const { bytes } = await postForBytes("gv/explore/latents", { run: source.run, seeds });
  return toVectors(bytes, source.latent_dim);
}

const starsKey = () => `stars-${explored.source?.run.split("@")[0]}`;

/**
 * Star a point, or take its star away.
 * @param {Vector} vector
 * @param {number | null} y
 * @param {number | null} [seed]
 */
export function toggleStar(vector, y, seed = null) {
  const z = toText([vector]);
  const rest = explored.stars.filter((star) => star.z !== z || star.y !== y);
  if (rest.length === explored.stars.length) rest.push({ z, y, seed });
  setStars(rest);
}

/** @param {Star[]} stars */
export function setStars(stars) {
  explored.stars = stars.slice(-MOST_STARS);
  storage.set(starsKey(), explored.stars);
  emit("explore-stars");
}

/**
 * The directions of one kind. Throws an Error with a sentence.
 * @param {string} kind
 * @returns {Promise<(Direction & {change: number})[]>}
 */
export async function directionsOf(kind) {
  const { source, stars } = explored;
  const vectors = stars.map(vectorOf).filter((one) => one !== null);
  const starred = kind === "starred" && vectors.length ? toText(vectors) : null;
  const answer = await post("gv/explore/directions", { run: source?.run, kind, starred });
  if (!answer.ok) throw new Error(answer.sentence);
  return answer.directions.map((one) => ({ ...one, vector: fromText(one.vector, source?.latent_dim ?? 0) }));
}

/** @param {Star} star */
export const vectorOf = (star) => fromText(star.z, explored.source?.latent_dim ?? 0);

/** @param {Vector} vector @param {number | null} y */
export function isStarred(vector, y) {
  const z = toText([vector]);
  return explored.stars.some((star) => star.z === z && star.y === y);
}

/** @param {number | null} y */
export const className = (y) => (y === null ? "" : explored.source?.classes[y] ?? `class ${y}`);
