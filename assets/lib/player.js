// Walk through kept pictures like a film: scrub, play at any speed, swap only decoded pictures.

import { el, text, count } from "./dom.js";

const SPEEDS = [0.5, 1, 2, 4, 8];
const BASE = 8; // pictures a second at speed 1
const AHEAD = 6;
const MOST_HELD = 240;

/** A transport bar in `box`. `onStep(step, index)` is called for each position; `preload(step)` may fetch ahead. */
export function player(box, { steps, onStep, preload = () => {}, label = "Look through the kept pictures" }) {
  let index = steps.length - 1;
  let speed = 1;
  let timer = 0;

  const play = el("button", { type: "button", class: "gv-button gv-small gv-play", "aria-pressed": "false", onclick: toggle }, "Play");
  const range = el("input", { type: "range", min: 0, max: Math.max(0, steps.length - 1), value: index, step: 1, "aria-label": label,
    oninput: () => { stop(); go(range.valueAsNumber); } });
  const caption = el("span", { class: "gv-caption gv-player-step" });
  const pace = el("select", { "aria-label": "Speed", class: "gv-pace", onchange: () => { speed = Number(pace.value); if (timer) run(); } },
    ...SPEEDS.map((value) => el("option", { value, selected: value === 1 }, `${value}×`)));
  box.replaceChildren(play, range, caption, pace);
  play.disabled = range.disabled = steps.length < 2;

  function go(to) {
    index = Math.max(0, Math.min(steps.length - 1, to));
    range.value = index;
    range.style.setProperty("--gv-fill", `${steps.length > 1 ? (100 * index) / (steps.length - 1) : 100}%`);
    range.setAttribute("aria-valuetext", `step ${steps[index] ?? 0}`);
    text(caption, steps.length ? `step ${count(steps[index])}` : "no pictures");
    if (steps.length) onStep(steps[index], index);
    for (let ahead = 1; ahead <= AHEAD && timer; ahead += 1) if (steps[index + ahead] != null) preload(steps[index + ahead]);
  }

  function toggle() {
    if (timer) return stop();
    if (index >= steps.length - 1) go(0);
    play.setAttribute("aria-pressed", "true");
    text(play, "Pause");
    run();
  }

  function run() {
    clearInterval(timer);
    timer = setInterval(() => {
      if (!box.isConnected || box.offsetParent === null) return stop();
      if (index >= steps.length - 1) stop();
      else go(index + 1);
    }, 1000 / (BASE * speed));
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.setAttribute("aria-pressed", "false");
    text(play, "Play");
  }

  return { go, stop, show: () => go(index), get step() { return steps[index]; } };
}

/** Pictures by address, decoded once; the oldest are let go. */
export function album() {
  const held = new Map();
  return (url) => {
    if (!held.has(url)) {
      const image = new Image();
      image.src = url;
      held.set(url, image.decode().then(() => image, () => null));
      if (held.size > MOST_HELD) held.delete(held.keys().next().value);
    }
    return held.get(url);
  };
}

/** Draw a decoded picture crisply into a canvas that CSS sizes. */
export function paint(canvas, image) {
  if (!image) return;
  const times = image.naturalWidth < 700 ? 2 : 1;
  const [width, height] = [image.naturalWidth * times, image.naturalHeight * times];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, width, height);
}

/** The kept step at or before `step` (steps ascend); the first where there is none. */
export function nearest(steps, step) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return steps[Math.max(0, low - 1)];
}
