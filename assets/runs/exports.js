// @ts-check
// Exports of a run: films, a page that opens without a server, a virtual data set and the report on
// it.

import { el, text } from "../lib/dom.js";
import { runAction } from "../lib/library.js";
import { EXPORT_REFRESH } from "../lib/pacing.js";
import { address, get } from "../lib/request.js";
import { showReport } from "./report.js";

/** Pictures of a data set, unless somebody says otherwise. */
const PICTURES = 10000;
let timer = 0;

/** @typedef {{kind: string, label: string, why: string, missing: string, options: string[]}} Format */

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
  const job = await get(exportPath(id));
  if (!job.formats) return text(status, job.sentence);
  /** @type {Format[]} */
  const known = job.formats;
  kinds.replaceChildren(...known.flatMap((format) => offer(id, format, status)));
  if (job.state === "working") watch(id, status);
  else {
    /** @type {{kind: string, url: string}[]} */
    const files = job.files ?? [];
    const url = job.url ?? files.find(({ kind }) => kind === "report")?.url;
    if (url) ready(url, status);
  }
}

/**
 * @param {string} id
 * @param {Format} format
 * @param {HTMLElement} status
 */
function offer(id, { kind, label, why, missing, options }, status) {
  const count = options.includes("n") ? el("input", {
    type: "number", min: 100, max: 200000, step: 100, value: PICTURES, class: "gv-more",
    "aria-label": "How many pictures",
  }) : null;
  const button = el("button", {
    type: "button", class: "gv-button gv-small", title: why, "data-kind": kind,
    onclick: () => {
      if (missing) return text(status, missing);
      return exportAs(id, { kind, ...(count ? { n: count.valueAsNumber || PICTURES } : {}) }, status);
    },
  }, label);
  return count ? [el("span", { class: "gv-inline" }, button, count)] : [button];
}

/** @param {string} id */
const exportPath = (id) => `gv/library/${encodeURIComponent(id)}/export`;

/**
 * @param {string} id
 * @param {{kind: string, n?: number}} wanted
 * @param {HTMLElement} status
 */
async function exportAs(id, wanted, status) {
  const answer = await runAction(id, null, wanted, "/export");
  const working = answer.ok || (answer.busy && (await get(exportPath(id))).state === "working");
  if (working) return watch(id, status, answer.sentence);
  clearInterval(timer);
  text(status, answer.sentence);
}

/**
 * Say how far the export is until it has ended, with a way to stop it.
 * @param {string} id
 * @param {HTMLElement} status
 * @param {string} [sentence] until the first answer
 */
function watch(id, status, sentence = "") {
  clearInterval(timer);
  const words = el("span", {}, sentence);
  const stop = el("button", {
    type: "button", class: "gv-button gv-small gv-export-stop",
    onclick: async () => text(words, (await runAction(id, null, {}, "/export/stop")).sentence),
  }, "Stop");
  status.replaceChildren(words, " ", stop);
  timer = setInterval(async () => {
    const job = await get(exportPath(id));
    if (job.state === "working") {
      return text(words, `${job.sentence} ${Math.round(100 * (job.fraction ?? 0))} %`);
    }
    clearInterval(timer);
    if (!job.url) return text(status, job.sentence);
    ready(job.url, status);
    if (job.kind === "report" && status.isConnected) void showReport(job.url);
  }, EXPORT_REFRESH);
}

/**
 * @param {string} url of the file
 * @param {HTMLElement} status
 */
function ready(url, status) {
  const name = url.split("/").at(-1)?.split("?")[0] ?? "";
  status.replaceChildren("Ready: ", el("a", { href: address(url), download: "" }, name));
  if (!name.endsWith(".html")) return;
  status.append(" ", el("button", {
    type: "button", class: "gv-button gv-small gv-export-show", onclick: () => void showReport(url),
  }, "Show"));
}
