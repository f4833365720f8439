// What all cards of the tab Inside share.

import { $ } from "../lib/dom.js";
import { on } from "../lib/stream.js";

/** Each network's colour, and what people call it. */
export const ROLES = { generator: ["g", "G, the generator"], discriminator: ["d", "D, the discriminator"], encoder: ["d", "The encoder"] };

/** G first, then whoever judges or reads. */
export const order = (networks) => Object.entries(networks).sort(([a], [b]) => (b === "generator") - (a === "generator"));

/** Whether the tab is on the screen: nothing is drawn for nobody. */
export const seen = () => $("gv-inside")?.offsetParent != null;

/** Call `refresh` whenever something of `kinds` is new and somebody looks, and when somebody begins to look. */
export function whenSeen(kinds, refresh) {
  on("measured", (kind) => { if ((kind === null || kinds.includes(kind)) && seen()) refresh(); });
  new IntersectionObserver(([entry]) => { if (entry.isIntersecting) refresh(); }).observe($("gv-inside"));
}
