// One kept run: its film with the curves' cursor in step, and everything that can be done with it.

import { $, el, text } from "../lib/dom.js";
import { count, formatDate } from "../lib/format.js";
import { address, get } from "../lib/request.js";
import { frameUrl, runAction, runHistory, showNotice } from "../lib/library.js";
import { EXPORT_REFRESH, LATE, NOTES_PAUSE } from "../lib/pacing.js";
import { album, paintImage } from "../lib/pictures.js";
import { player } from "../lib/player.js";
import { isActive, stateLabel } from "../lib/states.js";
import { curves, cursor } from "../lib/curves.js";
import { watch } from "../lib/stream.js";

const EXPORTS = [["mp4", "Film (MP4)"], ["gif", "Film (GIF)"], ["webp", "Film (WebP)"], ["page", "Page that opens without a server (zip)"]];

let hooks = {};
let run = null;
let transport = null;
let pictures = album();
let exporting = 0;
let notesTimer = 0;

export const detail = { start, show, hide };

function start(given) {
  hooks = given;
  $("gv-detail-close").addEventListener("click", hooks.close);
  $("gv-detail-open").addEventListener("click", openInTrain);
  $("gv-detail-resume").addEventListener("click", () => resume());
  $("gv-detail-fork").addEventListener("click", () => drawer("fork"));
  $("gv-detail-export").addEventListener("click", () => drawer("export"));
  $("gv-detail-delete").addEventListener("click", remove);
  $("gv-detail-rename").addEventListener("click", rename);
  $("gv-detail-copy").addEventListener("click", copy);
  $("gv-detail-notes").addEventListener("input", () => {
    clearTimeout(notesTimer);
    notesTimer = setTimeout(saveNotes, NOTES_PAUSE);
  });
}

async function show(id) {
  const answer = await get(`gv/library/${encodeURIComponent(id)}`);
  transport?.stop();
  if (!answer.ok) {
    $("gv-detail").hidden = false;
    return note(answer.sentence, true);
  }
  run = answer;
  pictures = album();
  note("");
  for (const name of ["fork", "export"]) close(name);
  $("gv-detail").hidden = false;
  text($("gv-detail-title"), run.name);
  text($("gv-detail-sub"), `${run.preset_label || "Own settings"} · ${run.data_label} · ${stateLabel(run.state)} · ${formatDate(run.created)}`);
  $("gv-detail-notes").value = run.notes;
  $("gv-detail-at").replaceChildren(el("option", { value: "" }, "newest"),
    ...run.checkpoints.slice(0, -1).toReversed().map((step) => el("option", { value: step }, `step ${count(step)}`)));
  $("gv-detail-at").hidden = run.checkpoints.length < 2;
  text($("gv-detail-folder"), run.folder);
  $("gv-detail-resume").disabled = !run.resumable;
  $("gv-detail-fork").disabled = !run.checkpoints.length;
  $("gv-detail-delete").disabled = isActive(run.state);
  settings();
  replay();
  readHistory(run);
}

/** The curves follow when the log has been read: pictures, sliders and buttons need not wait for a long one. */
async function readHistory(current) {
  const plot = $("gv-detail-plot");
  plot.dataset.waiting = ""; // hides the curves of the run that was shown before
  const late = setTimeout(() => { if (run === current) plot.dataset.waiting = "Reading the curves…"; }, LATE);
  const answer = await runHistory(current.id);
  clearTimeout(late);
  if (run !== current) return;
  if (!answer.ok) {
    plot.dataset.waiting = "";
    return note(answer.sentence, true);
  }
  run.run.config = answer.config;
  settings();
  await curves(plot, [{ columns: answer.history, series: run.run.series.filter(({ group }) => group === "loss") }]);
  if (run !== current) return;
  delete plot.dataset.waiting;
  if (transport.step != null) cursor(plot, transport.step);
}

function hide() {
  transport?.stop();
  run = null;
  $("gv-detail").hidden = true;
}

function note(sentence, bad = false, button = null) {
  showNotice($("gv-detail-note"), sentence, bad, button);
}

function replay() {
  const canvas = el("canvas", { role: "img", "aria-label": `Samples of ${run.name}` });
  const bar = el("div", { class: "gv-player" });
  $("gv-replay").replaceChildren(canvas, bar);
  const current = run;
  transport = player(bar, {
    steps: run.frame ? run.frames : [],
    preload: (step) => pictures(frameUrl(current.frame, step)),
    onStep: async (step) => {
      cursor($("gv-detail-plot"), step);
      const image = await pictures(frameUrl(current.frame, step));
      if (run === current && transport.step === step) paintImage(canvas, image);
      canvas.setAttribute("aria-label", `Samples of ${current.name} at step ${step}`);
    },
  });
  transport.show();
  canvas.hidden = !run.frame;
}

function settings() {
  const facts = window.gvFacts?.fields ?? {};
  $("gv-detail-settings").replaceChildren(...Object.entries(run.run.config).filter(([, value]) => value !== "").flatMap(([name, value]) =>
    [el("dt", {}, facts[name]?.label ?? name), el("dd", {}, Array.isArray(value) ? value.join(", ") || "none" : String(value))]));
}

function openInTrain() {
  const at = $("gv-detail-at").value;
  watch(at ? `${run.id}@${at}` : run.id);
  $("gv-view-train-button")?.click();
}

async function resume(replace = false, more = null) {
  if (run.steps && run.step >= run.steps && more == null) return askForMore();
  const answer = await runAction(run.id, "resume", { replace, ...(more ? { more_steps: more } : {}) });
  if (answer.ok) return started();
  note(answer.sentence, true, answer.busy ? el("button", { type: "button", class: "gv-button gv-small", onclick: () => resume(true, more) },
    "Stop it and resume this one") : null);
}

function askForMore() {
  const field = el("input", { type: "number", min: 1, step: 1, value: run.steps || 1000, "aria-label": "How many more steps", class: "gv-more" });
  const go = el("button", { type: "button", class: "gv-button gv-small gv-strong", onclick: () => {
    if (field.valueAsNumber >= 1) resume(false, Math.round(field.valueAsNumber));
  } }, "Go on");
  note("This run has all its steps. How many more? ", false, el("span", { class: "gv-inline" }, field, go));
  field.focus();
}

/** The dashboard follows the run that trains now. */
function started() {
  watch(null);
  $("gv-view-train-button")?.click();
}

function drawer(name) {
  const box = $(`gv-${name}-drawer`);
  if (!box.hidden) return close(name);
  close(name === "fork" ? "export" : "fork");
  box.replaceChildren(...(name === "fork" ? forkForm() : exportForm()));
  box.hidden = false;
  $(`gv-detail-${name}`).setAttribute("aria-expanded", "true");
}

function close(name) {
  $(`gv-${name}-drawer`).hidden = true;
  $(`gv-detail-${name}`).setAttribute("aria-expanded", "false");
}

/** A fork keeps networks and data: only what may change while a run trains can be set anew. */
function forkForm() {
  const facts = window.gvFacts?.fields ?? {};
  const fields = ["g_lr", "d_lr", "d_steps", "penalty_weight", "ema_decay"].filter((name) => name in run.run.config && facts[name]);
  const inputs = Object.fromEntries(fields.map((name) => [name, el("input", { type: "number", step: "any", value: run.run.config[name] })]));
  const from = el("select", {}, ...run.checkpoints.toReversed().map((step) => el("option", { value: step }, `step ${count(step)}`)));
  const go = async (replace) => {
    const changes = Object.fromEntries(fields.filter((name) => Number(inputs[name].value) !== run.run.config[name])
      .map((name) => [name, Number(inputs[name].value)]));
    const answer = await runAction(run.id, "fork", { settings: changes, step: Number(from.value), replace });
    if (answer.ok) return started();
    note(answer.sentence, true, answer.busy ? el("button", { type: "button", class: "gv-button gv-small", onclick: () => go(true) },
      "Stop it and start the fork") : null);
  };
  return [
    el("p", {}, "A new run that goes on from a saved step, under other settings. This one stays as it is."),
    el("div", { class: "gv-fork-fields" }, el("label", {}, "From", from),
      ...fields.map((name) => el("label", {}, facts[name].label, inputs[name]))),
    el("button", { type: "button", class: "gv-button gv-small gv-strong", onclick: () => go(false) }, "Start the fork"),
  ];
}

function exportForm() {
  const status = el("p", { class: "gv-export-status", role: "status" });
  return [
    el("div", { class: "gv-export-kinds" }, ...EXPORTS.map(([kind, label]) =>
      el("button", { type: "button", class: "gv-button gv-small", onclick: () => exportAs(kind, status) }, label))),
    status,
  ];
}

async function exportAs(kind, status) {
  clearInterval(exporting);
  const id = run.id;
  const answer = await runAction(id, null, { kind }, "/export");
  text(status, answer.sentence);
  if (!answer.ok) return;
  exporting = setInterval(async () => {
    const now = await get(`gv/library/${encodeURIComponent(id)}/export`);
    if (now.state === "working") return text(status, `${now.sentence} ${Math.round(100 * (now.fraction ?? 0))} %`);
    clearInterval(exporting);
    if (now.url) status.replaceChildren("Ready: ", el("a", { href: address(now.url), download: "" }, now.url.split("/").at(-1).split("?")[0]));
    else text(status, now.sentence);
  }, EXPORT_REFRESH);
}

async function saveNotes() {
  const answer = await runAction(run.id, "notes", { notes: $("gv-detail-notes").value });
  if (!answer.ok) note(answer.sentence, true);
  changed();
}

/** Rename in place: the title becomes a field until Enter, Escape or a click elsewhere. */
function rename() {
  const title = $("gv-detail-title");
  const field = el("input", { type: "text", maxlength: 80, value: run.name, "aria-label": "Name of the run", class: "gv-rename" });
  let settled = false;
  const done = async (save) => {
    if (settled) return;
    settled = true;
    title.textContent = run.name;
    if (!save || field.value.trim() === run.name) return;
    const answer = await runAction(run.id, "rename", { name: field.value });
    if (!answer.ok) return note(answer.sentence, true);
    changed({ open: run.id });
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") done(true);
    if (event.key === "Escape") done(false);
  });
  field.addEventListener("blur", () => done(true));
  title.replaceChildren(field);
  field.select();
}

async function remove() {
  const gone = run;
  const answer = await runAction(gone.id, "delete");
  if (answer.ok) hooks.deleted(gone, answer.trashed);
  else note(answer.sentence, true);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(run.folder);
    note("The folder's path is on the clipboard.");
  } catch {
    note("The browser did not allow copying; the path is shown here to be selected by hand.", true);
  }
}

function changed(detailOf = null) {
  document.dispatchEvent(new CustomEvent("gv-runs-changed", { detail: detailOf }));
}
