// What probes declare: their figures, with the words for them, and their cards. Fetched once.

import { get } from "./request.js";

let answer = null;

/** [{name, figures, cards}] of all kinds of events, in their order; [] where the server does not answer. */
export async function declared() {
  answer ??= get("gv/probes");
  const { kinds } = await answer;
  if (!kinds) answer = null; // the next one asks again
  return kinds ?? [];
}
