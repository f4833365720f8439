// @ts-check
// The lessons as the server has them: fetched once for all parts of the page that show some of them.

import { get } from "./request.js";

/** @type {ReturnType<typeof get> | null} */
let pending = null;

/** The lesson whose text stands beside the run; "lesson-beside" tells of another one. */
export const beside = { lesson: /** @type {any} */ (null) };

/** The server's answer, with `lessons` and `levels`; one that failed is asked for again. */
export function fetchLessons() {
  pending ??= get("gv/lessons").then((answer) => {
    if (!answer.ok) pending = null;
    return answer;
  });
  return pending;
}
