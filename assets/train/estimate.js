// @ts-check
// Below Train, before anything trains: what the run would take on this machine.

import { isPresenter } from "../class/class.js";
import { $, text } from "../lib/dom.js";
import { withUnits } from "../lib/format.js";
import { ESTIMATE_PAUSE } from "../lib/pacing.js";
import { post } from "../lib/request.js";
import { isActive } from "../lib/states.js";
import { now } from "../lib/stream.js";

let timer = 0;
/** The settings that the sentence is of. */
let current = "";
/** What is sent with them. */
let wanted = {};

const trains = () => isActive(now.status?.state ?? "idle");

/**
 * The form has changed: ask once nobody changes it any more.
 * @param {{preset: string, values: Record<string, any>}} form
 * @param {string[]} order the settings, by name
 */
export function wantEstimate({ preset, values }, order) {
  // viewers start nothing
  if (!isPresenter()) return;
  const place = $("gv-estimate");
  if (trains()) {
    place.hidden = $("gv-decoded").hidden = true;
    return;
  }
  const settings = Object.fromEntries(order.filter((name) => name !== "preset").map((name) => [name, values[name]]));
  const key = JSON.stringify([preset, settings]);
  if (key === current) return;
  current = key;
  clearTimeout(timer);
  timer = window.setTimeout(async () => {
    wanted = { preset, settings };
    const answer = await post("gv/estimate", wanted);
    if (key !== current) return;
    text(place, answer.ok ? withUnits(answer.sentence) : "");
    place.hidden = !answer.ok || trains();
    showDecoded((answer.ok && answer.decoded) || "");
  }, ESTIMATE_PAUSE);
}

/**
 * Below it: decoded pictures of the folder that are kept, and a way to be rid of them.
 * @param {string} sentence empty where there are none
 */
function showDecoded(sentence) {
  const place = $("gv-decoded");
  const button = $("gv-decoded-remove");
  text(place.querySelector("span"), sentence);
  place.hidden = !sentence || trains();
  button.hidden = false;
  button.onclick = async () => {
    const answer = await post("gv/decoded/remove", wanted);
    text(place.querySelector("span"), answer.sentence);
    button.hidden = answer.ok;
  };
}
