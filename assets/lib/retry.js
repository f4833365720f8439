// @ts-check
// What did not come is asked for again: a run that is paused sends no news that would ask.

import { ASK_AGAIN } from "./pacing.js";

/**
 * Has `ask` called with what did not come, later and only where nothing else was asked for meanwhile.
 * @template T
 * @param {(what: T) => void} ask
 */
export function retrying(ask) {
  /** @type {T | null} */
  let latest = null;
  let timer = 0;
  return {
    /** This is asked for now; null: nothing is wanted any more. @param {T | null} what */
    asked: (what) => { latest = what; },
    /** @param {T} what */
    missed: (what) => {
      clearTimeout(timer);
      timer = setTimeout(() => { if (latest === what) ask(what); }, ASK_AGAIN);
    },
  };
}
