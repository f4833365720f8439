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

const queued = new Map();

/** Draw at the next animation frame; of several calls with one key only the newest runs. Nothing runs in a hidden tab. */
export function draw(key, task) {
  if (queued.size === 0) requestAnimationFrame(flush);
  queued.set(key, task);
}

function flush() {
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

export const count = (n) => Math.round(n).toLocaleString("en-GB");

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
