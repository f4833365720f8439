// @ts-check
// Exports of a run: films, and a page that opens without a server.

import { el, text } from "../lib/dom.js";
import { runAction } from "../lib/library.js";
import { EXPORT_REFRESH } from "../lib/pacing.js";
import { address, get } from "../lib/request.js";

const EXPORTS = [
  ["mp4", "Film (MP4)"], ["gif", "Film (GIF)"], ["webp", "Film (WebP)"],
  ["page", "Page that opens without a server (zip)"],
];

let timer = 0;

/** @param {string} id of the run */
export function exportForm(id) {
  const status = el("p", { class: "gv-export-status", role: "status" });
  const buttons = EXPORTS.map(([kind, label]) => el("button", {
    type: "button", class: "gv-button gv-small", onclick: () => exportAs(id, kind, status),
  }, label));
  return [el("div", { class: "gv-export-kinds" }, ...buttons), status];
}

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
    const job = await get(`gv/library/${encodeURIComponent(id)}/export`);
    if (job.state === "working") {
      return text(status, `${job.sentence} ${Math.round(100 * (job.fraction ?? 0))} %`);
    }
    clearInterval(timer);
    if (!job.url) return text(status, job.sentence);
    const name = job.url.split("/").at(-1).split("?")[0];
    status.replaceChildren("Ready: ", el("a", { href: address(job.url), download: "" }, name));
  }, EXPORT_REFRESH);
}
