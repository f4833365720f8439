// What all cards of the tab Inside share.

import { $ } from "../lib/dom.js";
import { isActive } from "../lib/states.js";
import { now, on } from "../lib/stream.js";

/** Each network's colour, and what people call it. */
export const ROLES = { generator: ["g", "G, the generator"], discriminator: ["d", "D, the discriminator"], encoder: ["d", "The encoder"] };

/** G first, then whoever judges or reads. */
export const order = (networks) => Object.entries(networks).sort(([a], [b]) => Number(b === "generator") - Number(a === "generator"));

/** Whether the tab is on the screen: nothing is drawn for nobody. */
export const seen = () => $("gv-inside")?.offsetParent != null;

/** What stands where nothing was measured: it may come yet, unless the run has ended. */
export function waiting(coming = "The first measurement comes after the first steps.") {
  if (!now.run) return "";
  const { state } = now.status ?? { state: "idle" };
  if (state === "paused") return "The run rests: this is measured when it goes on.";
  return isActive(state) ? coming : "The run ended before this was measured.";
}

/** Call `refresh` whenever something of `kinds` is new, a run ends or another is shown, while somebody
 * looks. */
export function whenSeen(kinds, refresh) {
  let state = null;
  on("measured", (kind) => { if ((kind === null || kinds.includes(kind)) && seen()) refresh(); });
  on("status", (status) => {
    if (status.state === state) return;
    state = status.state;
    if (seen()) refresh();
  });
  new IntersectionObserver(([entry]) => { if (entry.isIntersecting) refresh(); }).observe($("gv-inside"));
}
