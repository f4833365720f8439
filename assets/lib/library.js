// Talking to the server about kept runs.

import { address } from "./dom.js";

/** JSON from the server; {error} with a sentence instead of an exception. */
export async function get(path) {
  try {
    const response = await fetch(address(path));
    return await response.json();
  } catch {
    return { error: "The server did not answer: is it still running?" };
  }
}

/** What a kept run's log tells: {history, config, probes}, or {error}. A long log takes the server some seconds. */
export const historyOf = (id) => get(`gv/library/${encodeURIComponent(id)}/history`);

/** Do something with a run; the answer has ok and a sentence. */
export async function act(run, action, extra = {}, suffix = "") {
  try {
    const response = await fetch(address(`gv/library/${encodeURIComponent(run)}${suffix}`), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...(action ? { action } : {}), ...extra }),
    });
    const answer = await response.json();
    return { ...answer, ok: response.ok && answer.ok !== false, sentence: answer.sentence ?? answer.error ?? "" };
  } catch {
    return { ok: false, sentence: "The server did not answer: is it still running?" };
  }
}

/** The address of a kept step's picture, from that of the newest. */
export const frameUrl = (frame, step) => address(frame.url.replace(/\/\d+(\.\w+)$/, `/${step}$1`));

export const STATES = {
  idle: "Idle", preparing: "Preparing", running: "Training", paused: "Paused", finished: "Finished", stopped: "Stopped",
  failed: "Failed", interrupted: "Interrupted",
};

export const when = (seconds) => new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

/** A message line: a sentence, and perhaps a button that does something about it. */
export function tell(node, sentence, bad = false, button = null) {
  node.replaceChildren(sentence, ...(button ? [" ", button] : []));
  node.dataset.tone = bad ? "bad" : "good";
  node.hidden = !sentence;
}
