// Small helpers that every module uses: elements, one drawing a frame, words for numbers.

export const $ = (id) => document.getElementById(id);

/** Make an element; `attributes` that start with "on" are listeners; children are nodes or text (never markup). */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Set text only where it differs: an unchanged figure costs no layout. */
export function text(node, value) {
  if (node && node.textContent !== value) node.textContent = value;
}

/** Set an attribute only where it differs. */
export function mark(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

const CALM = 600; // ms that a drawing waits at most for the next message while a run trains and nobody touches the page
const GATHER = 80; // ms that the figures of a message wait at most for the pictures that it tells of
const TOUCHED = 1000; // ms for which a person who did something sees everything at once
const queued = new Map();
let touched = 0;
let waiting = 0;
let expected = 0;
let frame = 0;

for (const kind of ["pointerdown", "keydown", "wheel", "input", "resize"]) {
  addEventListener(kind, () => { touched = performance.now(); beat(); }, { capture: true, passive: true });
}

/**
 * Draw at an animation frame; of several calls with one key only the newest runs. Nothing runs in a hidden tab.
 *
 * While a run trains, what comes in between waits for the next message (`gather`): each frame wakes five of the browser's
 * threads, on the processors that train.
 */
export function draw(key, task) {
  queued.set(key, task);
  if (!calm()) beat();
  else waiting ||= setTimeout(beat, CALM);
}

/** A message came: it is drawn as soon as the pictures that it tells of are there. */
export function gather() {
  if (!calm() || !expected) return beat();
  clearTimeout(waiting);
  waiting = setTimeout(beat, GATHER);
}

/** A picture is on its way: the figures of its message wait for it. */
export async function expect(picture) {
  expected += 1;
  try {
    return await picture;
  } finally {
    expected -= 1;
    if (!expected && waiting) beat();
  }
}

const calm = () => document.body.dataset.gvState === "running" && performance.now() - touched > TOUCHED;

/** What is to be drawn is drawn with the next frame. */
function beat() {
  clearTimeout(waiting);
  waiting = 0;
  if (queued.size) frame ||= requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  const tasks = [...queued.values()];
  queued.clear();
  for (const task of tasks) task();
}

/** Resolves once Gradio has put all elements with these ids on the page. */
export function present(...ids) {
  return new Promise((resolve) => {
    const there = () => ids.every($);
    if (there()) return resolve();
    const watcher = new MutationObserver(() => {
      if (!there()) return;
      watcher.disconnect();
      resolve();
    });
    watcher.observe(document.documentElement, { childList: true, subtree: true });
  });
}

/** A server path as an address, also where the page is served below a proxy's path. */
export const address = (path) => new URL(path.replace(/^\//, ""), document.baseURI).href;

const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 }); // made once: making one takes longer than a layout
export const count = (n) => grouped.format(Math.round(n));

/** Seconds as 0:07, 12:34 or 1:02:03. */
export function clock(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** A figure with about three significant digits. */
export function figure(value) {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return count(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01 || size === 0) return value.toFixed(2);
  return value.toExponential(1);
}

/** What a person set on this machine, kept between visits; storage may be forbidden. */
export const keep = {
  get(name, area = localStorage) {
    try { return JSON.parse(area.getItem(`gv-${name}`)); } catch { return null; }
  },
  set(name, value, area = localStorage) {
    try { area.setItem(`gv-${name}`, JSON.stringify(value)); } catch { /* private browsing: it lasts until reload */ }
  },
};
