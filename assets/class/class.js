// @ts-check
// What the server says of the class, piece by piece: who is in the room, what the presenter shows,
// polls and games. Each piece has a script of its own in this folder that listens here.

import { on } from "../lib/bus.js";

/** @type {Record<string, any>} */
const state = {};
/** @type {Record<string, Array<(value: any) => void>>} */
const listeners = {};

/** Whether this page commands: the server has written it into the page, and refuses otherwise. */
export const isPresenter = () => document.documentElement.dataset.gvRole !== "viewer";

/** Whether others can join; on a machine that nobody else reaches there is no class. */
export const hasClass = () => Boolean(state.room?.joined);

/** Whether this page's visitor is a presenter now, by what the server said last. */
export const presents = () => Boolean(state.room?.presenter);

/** The newest state of a piece; undefined before the first message. @param {string} name */
export const piece = (name) => state[name];

/**
 * Call `task` with the state of the piece `name` whenever it changes, and at once where it is known.
 * @param {string} name
 * @param {(value: any) => void} task
 */
export function onPiece(name, task) {
  (listeners[name] ??= []).push(task);
  if (name in state) task(state[name]);
}

export function start() {
  on("class", (pieces) => {
    Object.assign(state, pieces);
    for (const name of Object.keys(pieces)) for (const task of listeners[name] ?? []) task(state[name]);
  });
}
