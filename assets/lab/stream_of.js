// @ts-check
// A game that the server plays and sends line by line: started, stopped, and walked back through.

import { el, text } from "../lib/dom.js";
import { count, stoppedAt } from "../lib/format.js";
import { postForLines } from "../lib/request.js";
import { fillTrack } from "../lib/slider.js";

/** Frames that are held; beyond it every second one goes. */
const MOST = 400;

/**
 * Controls of one game. `first(line)` gets the line that says what is played, `show(frame)` each frame
 * that is to be seen; `body()` is what is asked for.
 * @param {{path: string, label: string, body: () => object, first: (line: any) => void, show: (frame: any) => void}} game
 */
export function played({ path, label, body, first, show }) {
  /** @type {any[]} */
  let frames = [];
  let live = true;
  /** @type {AbortController | null} */
  let stopper = null;
  const bar = el("input", { type: "range", min: 0, max: 0, value: 0, disabled: true, "aria-label": `Step of the ${label}`, oninput: walk });
  const say = el("p", { class: "gv-caption", role: "status" });
  const go = el("button", { type: "button", class: "gv-button gv-small gv-strong", onclick: () => (stopper ? stopper.abort() : start()) }, "Start");

  function walk() {
    live = bar.value === bar.max;
    fillTrack(bar);
    seen(frames[bar.valueAsNumber]);
  }

  /** @param {any} frame */
  function seen(frame) {
    if (!frame) return;
    text(say, `step ${count(frame.step)}`);
    show(frame);
  }

  /** @param {any} frame */
  function add(frame) {
    frames.push(frame);
    if (frames.length > MOST) frames = frames.filter((_, i) => i % 2 === 0 || i === frames.length - 1);
    bar.max = String(frames.length - 1);
    bar.disabled = frames.length < 2;
    if (!live) return fillTrack(bar);
    bar.value = bar.max;
    fillTrack(bar);
    seen(frame);
  }

  async function start() {
    stopper = new AbortController();
    Object.assign(bar, { max: "0", value: "0", disabled: true });
    [frames, live] = [[], true];
    text(go, "Stop");
    text(say, "Getting ready…");
    let begun = false;
    let problem = "";
    const mine = stopper;
    try {
      await postForLines(path, body(), (line) => {
        if (line.error) problem = line.error;
        else if (begun) add(line);
        else first(line);
        begun = true;
      }, mine.signal);
    } catch (error) {
      if (!mine.signal.aborted) problem = error instanceof Error ? error.message : String(error);
    }
    stopper = null;
    text(go, "Start");
    if (problem) text(say, problem);
    else if (mine.signal.aborted) text(say, stoppedAt(frames.at(-1), "played"));
  }

  return {
    node: el("div", { class: "gv-lab-played" }, go, bar, say),
    start: () => { if (!stopper) start(); },
  };
}
