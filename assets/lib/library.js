// @ts-check
// Kept runs: what the server does with them.

import { el } from "./dom.js";
import { FILE_TIMEOUT } from "./pacing.js";
import { address, get, post, postForBytes } from "./request.js";

/**
 * What a kept run's log tells: {history, config, probes}. A long log takes the server some seconds.
 * @param {string} id
 */
export const runHistory = (id) => get(`gv/library/${encodeURIComponent(id)}/history`);

/**
 * Do something with a run.
 * @param {string} run
 * @param {string | null} action
 * @param {object} [extra]
 * @param {string} [suffix] of the path
 * @param {Parameters<typeof post>[2]} [options] of the request
 */
export const runAction = (run, action, extra = {}, suffix = "", options = {}) =>
  post(`gv/library/${encodeURIComponent(run)}${suffix}`, { ...(action ? { action } : {}), ...extra }, options);

/**
 * The address of a kept step's picture, from that of the newest.
 * @param {{url: string}} frame
 * @param {number} step
 */
export const frameUrl = (frame, step) => address(frame.url.replace(/\/\d+(\.\w+)$/, `/${step}$1`));

/**
 * A message line: a sentence, and perhaps a button that does something about it.
 * @param {HTMLElement} node
 * @param {string} sentence
 * @param {boolean} [problem]
 * @param {HTMLElement | null} [button]
 */
export function showNotice(node, sentence, problem = false, button = null) {
  node.replaceChildren(sentence, ...(button ? [" ", button] : []));
  node.dataset.tone = problem ? "bad" : "good";
  node.hidden = !sentence;
}

/**
 * What a run is called among others: by its id as well, where another one has the same name.
 * @param {{id: string, name: string}} run
 * @param {{id: string, name: string}[]} others
 */
export const nameAmong = ({ id, name }, others) =>
  (name !== id && others.some((other) => other.id !== id && other.name === name) ? `${name} (${id})` : name);

/**
 * Save the file that a request is answered with. Throws an Error with a sentence.
 * @param {string} path
 * @param {object} body
 * @param {string} name of the file
 */
export async function saveFile(path, body, name) {
  const { bytes } = await postForBytes(path, body, { timeout: FILE_TIMEOUT });
  const url = URL.createObjectURL(new Blob([bytes]));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
