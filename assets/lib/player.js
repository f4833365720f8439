// @ts-check
// Walk through kept pictures like a film: scrub, play at any speed, swap only decoded pictures.

import { el, text } from "./dom.js";
import { count } from "./format.js";
import { FILM_RATE } from "./pacing.js";
import { indexAt } from "./pictures.js";
import { fillTrack } from "./slider.js";

const SPEEDS = [0.5, 1, 2, 4, 8];
const AHEAD = 6;

/**
 * A transport bar in `box`.
 * @param {HTMLElement} box
 * @param {object} options
 * @param {number[]} options.steps ascending
 * @param {(step: number, index: number) => void} options.onStep called for each position
 * @param {(step: number) => void} [options.preload] may fetch ahead
 * @param {string} [options.label] of the slider
 * @param {(step: number) => string} [options.words] what a position is called
 */
export function player(box, {
  steps, onStep, preload = () => {}, label = "Look through the kept pictures",
  words = (step) => `step ${count(step)}`,
}) {
  const last = Math.max(0, steps.length - 1);
  let index = last;
  let speed = 1;
  let timer = 0;

  const play = el("button", {
    type: "button", class: "gv-button gv-small gv-play", "aria-pressed": "false", onclick: toggle,
  }, "Play");
  const range = el("input", {
    type: "range", min: 0, max: last, value: index, step: 1, "aria-label": label,
    oninput: () => { stop(); go(range.valueAsNumber); },
  });
  const caption = el("span", { class: "gv-caption gv-player-step" });
  const rate = el("select", { "aria-label": "Speed", class: "gv-pace", onchange: changeSpeed },
    ...SPEEDS.map((value) => el("option", { value, selected: value === 1 }, `${value}×`)));
  box.replaceChildren(play, range, caption, rate);
  play.disabled = range.disabled = steps.length < 2;

  /** @param {number} to an index */
  function go(to) {
    index = Math.max(0, Math.min(last, to));
    range.value = String(index);
    fillTrack(range);
    range.setAttribute("aria-valuetext", words(steps[index] ?? 0));
    text(caption, steps.length ? words(steps[index]) : "no pictures");
    if (steps.length) onStep(steps[index], index);
    if (timer) steps.slice(index + 1, index + 1 + AHEAD).forEach(preload);
  }

  function changeSpeed() {
    speed = Number(rate.value);
    if (timer) run();
  }

  function toggle() {
    if (timer) return stop();
    if (index >= last) go(0);
    play.setAttribute("aria-pressed", "true");
    text(play, "Pause");
    run();
  }

  function run() {
    clearInterval(timer);
    timer = setInterval(() => {
      if (!box.isConnected || box.offsetParent === null) return stop();
      if (index >= last) stop();
      else go(index + 1);
    }, 1000 / (FILM_RATE * speed));
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.setAttribute("aria-pressed", "false");
    text(play, "Play");
  }

  return {
    go, stop, toggle,
    show: () => go(index),
    /** @param {number} step the kept step at or before it is shown */
    seek: (step) => { stop(); go(indexAt(steps, step)); },
    /** @param {number} steps forwards, or backwards where negative */
    move: (steps) => { stop(); go(index + steps); },
    get step() { return steps[index]; },
    get playing() { return timer !== 0; },
  };
}
