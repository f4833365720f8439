// @ts-check
// The page's state in the address: what is shown can be sent to somebody, reloaded, and gone back to.
//
// tab, run (looked at in Train), open (in Runs), compare (ids), lesson, preset and the settings that
// differ from it, from (the run and step whose networks the next run begins with). Views write what a
// person did and read it again when the address changes.

import { emit } from "./bus.js";

/** One parameter of the address, or null. @param {string} name */
export const get = (name) => new URL(location.href).searchParams.get(name);

/** All parameters of the address. */
export const all = () => Object.fromEntries(new URL(location.href).searchParams);

/**
 * Set parameters (null removes one). `push` makes a new entry of the history: a place to go back to.
 * @param {Record<string, string | null>} changes
 * @param {{push?: boolean}} [how]
 */
export function set(changes, { push = true } = {}) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  url.search = url.search.replaceAll("%2C", ","); // lists stay readable
  if (url.href === location.href) return;
  history[push ? "pushState" : "replaceState"](history.state, "", url.href);
  emit("address");
}

/**
 * Go where somebody else is: the parameters but those in `own` become `parameters`, and every view
 * follows as if a person had gone back or forward.
 * @param {Record<string, string>} parameters
 * @param {(name: string) => boolean} own
 */
export function follow(parameters, own) {
  const gone = Object.keys(all()).filter((name) => !own(name) && !(name in parameters));
  const before = location.href;
  set({ ...Object.fromEntries(gone.map((name) => [name, null])), ...parameters }, { push: false });
  if (location.href !== before) dispatchEvent(new PopStateEvent("popstate"));
}

/** Call `task` when a person goes back or forward. @param {() => void} task */
export const onNavigate = (task) => addEventListener("popstate", task);
