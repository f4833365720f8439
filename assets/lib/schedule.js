// @ts-check
// When what is drawn: once a frame, and while a run trains only with the messages that bring news.

import { IDLE_REDRAW, INTERACTIVE, PICTURE_WAIT } from "./pacing.js";

/** @type {Map<string, () => void>} */
const queued = new Map();
const INTERACTIONS = ["pointerdown", "keydown", "wheel", "input", "resize"];
/** When a person last did something. */
let interacted = 0;
/** The timer of the next drawing. */
let timer = 0;
/** Pictures that are being fetched. */
let loading = 0;
let frame = 0;

for (const kind of INTERACTIONS) {
  addEventListener(kind, () => {
    interacted = performance.now();
    requestFlush();
  }, { capture: true, passive: true });
}

/**
 * Draw at an animation frame; of several calls with one key only the newest runs. Nothing runs in a
 * hidden tab. While a run trains, what comes in between waits for the next message (`flushSoon`):
 * each frame wakes five of the browser's threads, on the processors that train.
 * @param {string} key
 * @param {() => void} task
 */
export function draw(key, task) {
  queued.set(key, task);
  if (!idle()) requestFlush();
  else timer ||= setTimeout(requestFlush, IDLE_REDRAW);
}

/** A message came: it is drawn as soon as the pictures that it announces are there. */
export function flushSoon() {
  if (!idle() || !loading) return requestFlush();
  clearTimeout(timer);
  timer = setTimeout(requestFlush, PICTURE_WAIT);
}

/**
 * A picture is on its way: the figures of its message wait for it.
 * @template T
 * @param {Promise<T>} picture
 */
export async function whileLoading(picture) {
  loading += 1;
  try {
    return await picture;
  } finally {
    loading -= 1;
    if (!loading && timer) requestFlush();
  }
}

/** A run trains and nobody touches the page. */
const idle = () => document.body.dataset.gvState === "running"
  && performance.now() - interacted > INTERACTIVE;

function requestFlush() {
  clearTimeout(timer);
  timer = 0;
  if (queued.size) frame ||= requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  const tasks = [...queued.values()];
  queued.clear();
  for (const task of tasks) task();
}
