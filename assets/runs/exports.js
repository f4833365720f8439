// @ts-check
// Exports of a run: films, a page that opens without a server, a virtual data set and the report on
// it.

import { el, text } from "../lib/dom.js";
import { fileSize, formatDate } from "../lib/format.js";
import { runAction } from "../lib/library.js";
import { EXPORT_REFRESH } from "../lib/pacing.js";
import { address, get } from "../lib/request.js";
import { folderRow } from "./folder_row.js";
import { showReport } from "./report.js";

/** Pictures of a data set, unless somebody says otherwise. */
const PICTURES = 10000;

/** @typedef {{kind: string, label: string, why: string, missing: string, options: string[]}} Format */
/** @typedef {{name: string, url: string, bytes: number, at: number}} File as it lies with the run */

/** @param {{id: string, run: any}} run */
export function exportForm({ id, run }) {
  const kinds = el("div", { class: "gv-export-kinds" });
  const status = el("p", { class: "gv-export-status", role: "status" });
  const files = el("ul", { class: "gv-export-files", "aria-label": "Exported files", hidden: true });
  void offerFormats(id, kinds, { status, files, folder: run.config.data_path, timer: 0 });
  return [kinds, status, files];
}

/**
 * What an export says of itself, and the files that there are. `folder`: of the run's pictures. `timer`:
 * what asks how far it is.
 * @typedef {{status: HTMLElement, files: HTMLElement, folder: string, timer: number}} Answers
 * @typedef {{kind: string, n?: number, data_path?: string}} Wanted
 */

/**
 * A button for each format that the server knows; one that lacks a package says so.
 * @param {string} id
 * @param {HTMLElement} kinds
 * @param {Answers} answers
 */
async function offerFormats(id, kinds, answers) {
  const job = await get(exportPath(id));
  if (!job.formats) return text(answers.status, job.sentence);
  /** @type {Format[]} */
  const known = job.formats;
  kinds.replaceChildren(...known.flatMap((format) => offer(id, format, answers)));
  showFiles(job.files, answers);
  if (job.state === "working") watch(id, job.wanted, answers);
  if (job.state === "failed") showFailure(id, job.wanted, job, answers);
}

/**
 * @param {string} id
 * @param {Format} format
 * @param {Answers} answers
 */
function offer(id, { kind, label, why, missing, options }, answers) {
  const count = options.includes("n") ? el("input", {
    type: "number", min: 100, max: 200000, step: 100, value: PICTURES, class: "gv-more",
    "aria-label": "How many pictures",
  }) : null;
  const button = el("button", {
    type: "button", class: "gv-button gv-small", title: why, "data-kind": kind,
    onclick: () => {
      if (missing) return text(answers.status, missing);
      return exportAs(id, { kind, ...(count ? { n: count.valueAsNumber || PICTURES } : {}) }, answers);
    },
  }, label);
  return count ? [el("span", { class: "gv-inline" }, button, count)] : [button];
}

/** @param {string} id */
const exportPath = (id) => `gv/library/${encodeURIComponent(id)}/export`;

/**
 * @param {string} id
 * @param {Wanted} wanted
 * @param {Answers} answers
 */
async function exportAs(id, wanted, answers) {
  const answer = await runAction(id, null, wanted, "/export");
  const working = answer.ok || (answer.busy && (await get(exportPath(id))).state === "working");
  if (working) return watch(id, wanted, answers, answer.sentence);
  stopWatching(answers);
  text(answers.status, answer.sentence);
}

/**
 * Say how far the export is until it has ended, with a way to stop it.
 * @param {string} id
 * @param {Wanted} wanted
 * @param {Answers} answers
 * @param {string} [sentence] until the first answer
 */
function watch(id, wanted, answers, sentence = "") {
  const { status } = answers;
  stopWatching(answers);
  const words = el("span", {}, sentence);
  const stop = el("button", {
    type: "button", class: "gv-button gv-small gv-export-stop",
    onclick: async () => text(words, (await runAction(id, null, {}, "/export/stop")).sentence),
  }, "Stop");
  status.replaceChildren(words, " ", stop);
  const timer = answers.timer = setInterval(async () => {
    if (!status.isConnected) return clearInterval(timer);
    const job = await get(exportPath(id));
    if (answers.timer !== timer) return; // it was answered, or another one has begun
    if (job.state === "working") {
      return text(words, `${job.sentence} ${Math.round(100 * (job.fraction ?? 0))} %`);
    }
    // an answer that is lost ends nothing: the export goes on, and is asked for again
    if (!job.state && !job.absent) return text(words, job.sentence);
    stopWatching(answers);
    showEnd(id, wanted, job, answers);
  }, EXPORT_REFRESH);
}

/** @param {string} id @param {Wanted} wanted @param {any} job @param {Answers} answers */
function showEnd(id, wanted, job, answers) {
  if (job.state === "failed") showFailure(id, wanted, job, answers);
  else text(answers.status, job.sentence);
  showFiles(job.files, answers);
  if (job.url && wanted.kind === "report" && answers.status.isConnected) void openReport(job.url, answers.status);
}

/** @param {Answers} answers */
function stopWatching(answers) {
  clearInterval(answers.timer);
  answers.timer = 0;
}

/**
 * Say what went wrong; pictures that are elsewhere now can be named beside it.
 * @param {string} id
 * @param {Wanted} wanted
 * @param {{sentence: string, field?: string | null}} job
 * @param {Answers} answers
 */
function showFailure(id, wanted, { sentence, field }, answers) {
  text(answers.status, sentence);
  if (field !== "data_path") return;
  const again = (/** @type {string} */ path) => void exportAs(id, { ...wanted, data_path: path }, answers);
  const { row } = folderRow(wanted.data_path ?? answers.folder, again);
  answers.status.append(" ", row);
}

/**
 * All that was exported of the run and lies with it, the newest first; also before the app was
 * started last.
 * @param {File[] | undefined} made undefined where the server did not answer
 * @param {Answers} answers
 */
function showFiles(made, { status, files }) {
  if (!made) return;
  files.hidden = !made.length;
  files.replaceChildren(...made.toSorted((a, b) => b.at - a.at).map(({ name, url, bytes, at }) => {
    const show = el("button", {
      type: "button", class: "gv-button gv-small gv-export-show", onclick: () => void openReport(url, status),
    }, "Show");
    return el("li", {}, el("a", { href: address(url), download: "" }, name),
      el("span", { class: "gv-caption" }, `${fileSize(bytes)}, ${formatDate(at)}`),
      ...(name.endsWith(".html") ? [show] : []));
  }));
}

/** @param {string} url @param {HTMLElement} status where is said why it does not open */
const openReport = (url, status) => showReport(url).catch((problem) => text(status, problem.message));
