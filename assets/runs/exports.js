// @ts-check
// Exports of a run: films, and a page that opens without a server.

import { el, text } from "../lib/dom.js";
import { runAction } from "../lib/library.js";
import { EXPORT_REFRESH } from "../lib/pacing.js";
import { address, get } from "../lib/request.js";

let timer = 0;

/** @param {string} id of the run */
export function exportForm(id) {
  const status = el("p", { class: "gv-export-status", role: "status" });
  const kinds = el("div", { class: "gv-export-kinds" });
  void offerFormats(id, kinds, status);
  return [kinds, status];
}

/**
 * A button for each format that the server knows; one that lacks a package says so.
 * @param {string} id
 * @param {HTMLElement} kinds
 * @param {HTMLElement} status
 */
async function offerFormats(id, kinds, status) {
  const { formats, sentence } = await get(exportPath(id));
  if (!formats) return text(status, sentence);
  /** @type {{kind: string, label: string, why: string, missing: string}[]} */
  const known = formats;
  kinds.replaceChildren(...known.map(({ kind, label, why, missing }) => el("button", {
    type: "button", class: "gv-button gv-small", title: why,
    onclick: () => (missing ? text(status, missing) : exportAs(id, kind, status)),
  }, label)));
}

/** @param {string} id */
const exportPath = (id) => `gv/library/${encodeURIComponent(id)}/export`;

/**
 * @param {string} id
 * @param {string} kind
 * @param {HTMLElement} status
 */
async function exportAs(id, kind, status) {
  clearInterval(timer);
  const answer = await runAction(id, null, { kind }, "/export");
  text(status, answer.sentence);
  if (!answer.ok) return;
  timer = setInterval(async () => {
    const job = await get(exportPath(id));
    if (job.state === "working") {
      return text(status, `${job.sentence} ${Math.round(100 * (job.fraction ?? 0))} %`);
    }
    clearInterval(timer);
    if (!job.url) return text(status, job.sentence);
    const name = job.url.split("/").at(-1).split("?")[0];
    status.replaceChildren("Ready: ", el("a", { href: address(job.url), download: "" }, name));
  }, EXPORT_REFRESH);
}
