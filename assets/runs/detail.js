// @ts-check
// One kept run: its film with the curves' cursor in step, and everything that can be done with it.

import { emit } from "../lib/bus.js";
import { $, el, text } from "../lib/dom.js";
import { cursor, curvesOfOne } from "../lib/curves.js";
import { count, formatDate } from "../lib/format.js";
import { frameUrl, runAction, runHistory, showNotice } from "../lib/library.js";
import { LATE } from "../lib/pacing.js";
import { album, paintImage } from "../lib/pictures.js";
import { player } from "../lib/player.js";
import { get } from "../lib/request.js";
import * as route from "../lib/route.js";
import { isActive, stateLabel } from "../lib/states.js";
import { watch } from "../lib/stream.js";
import { tab } from "../lib/tabs.js";
import { isWhole } from "../lib/whole_number.js";
import { adopt, beginWith } from "../train/form.js";
import { follow } from "../train/watching.js";
import { exportForm } from "./exports.js";
import { showFigures } from "./figures.js";
import { folderRow } from "./folder_row.js";
import { forkForm } from "./fork.js";
import { notes } from "./notes.js";

/**
 * @typedef {object} Hooks
 * @property {() => void} close
 * @property {(run: any, trashed: string) => void} deleted
 * @property {(sentence: string) => void} failed what went wrong with a run that is not open any more
 */

const MOST_STEPS = 100_000_000;
/** @type {Hooks} */
let hooks = { close: () => {}, deleted: () => {}, failed: () => {} };
/** What the server tells of the run, or null while none is open. @type {any} */
let run = null;
/** The run whose answer is shown when it comes: another may have been chosen since it was sent for. */
let awaited = "";
/** The run in whose title a name is being typed. */
let renaming = "";
/** @type {ReturnType<typeof player> | null} */
let transport = null;
let pictures = album();

export const detail = { start, show, hide, follow: followState };

/** @param {Hooks} given */
function start(given) {
  hooks = given;
  $("gv-detail-close").addEventListener("click", hooks.close);
  $("gv-detail-open").addEventListener("click", openInTrain);
  $("gv-detail-resume").addEventListener("click", () => resume());
  $("gv-detail-explore").addEventListener("click", () => exploreRun(run.id));
  $("gv-detail-begin").addEventListener("click", startFrom);
  $("gv-detail-fork").addEventListener("click", () => toggleDrawer("fork"));
  $("gv-detail-export").addEventListener("click", () => toggleDrawer("export"));
  $("gv-detail-delete").addEventListener("click", remove);
  $("gv-detail-rename").addEventListener("click", () => rename());
  $("gv-detail-copy").addEventListener("click", copyFolder);
  notes.start({ refused: refuse, changed });
}

/** @param {string} id */
async function show(id) {
  awaited = id;
  const answer = await get(`gv/library/${encodeURIComponent(id)}`);
  if (awaited !== id) return;
  const same = run?.id === id;
  if (!answer.ok) return same ? note(answer.sentence, true) : showNone(answer.sentence);
  const film = same ? placeInFilm() : null;
  transport?.stop();
  $("gv-detail").hidden = false;
  delete $("gv-detail").dataset.missing;
  run = answer;
  pictures = album();
  note("");
  if (!same) for (const name of ["fork", "export"]) closeDrawer(name);
  $("gv-detail-figures").hidden = true;
  showFacts();
  showSettings();
  showFilm(run, film);
  readHistory(run);
}

/** Say why the run that was chosen is not shown, and leave the one before. @param {string} sentence */
function showNone(sentence) {
  hide();
  $("gv-detail").hidden = false;
  $("gv-detail").dataset.missing = "";
  text($("gv-detail-title"), "This run is not shown");
  note(sentence, true);
}

/**
 * What may be done with the run that is open changes when it ends, or is taken up again.
 * @param {any[]} runs the table, as it is now
 */
function followState(runs) {
  const row = runs.find(({ id }) => id === run?.id);
  if (row && row.state !== run.state && awaited === run.id) void show(row.id);
}

/** Open the run in the tab Explore. @param {string} id */
function exploreRun(id) {
  route.set({ at: id, z: null, base: null });
  // where the tab has been opened before, it does not read the address again
  emit("explore-go", { run: id });
  tab("explore");
}

function showFacts() {
  const facts = [run.preset_label || "Own settings", run.data_label, stateLabel(run.state)];
  if (renaming !== run.id) text($("gv-detail-title"), run.name);
  text($("gv-detail-sub"), [...facts, formatDate(run.created)].join(" · "));
  notes.show(run);
  const earlier = run.checkpoints.slice(0, -1).reverse();
  $("gv-detail-at").replaceChildren(el("option", { value: "" }, "newest"), ...earlier.map((step) =>
    el("option", { value: step }, `step ${count(step)}`)));
  $("gv-detail-at").hidden = run.checkpoints.length < 2;
  text($("gv-detail-folder"), run.folder);
  $("gv-detail-resume", HTMLButtonElement).disabled = !run.resumable;
  for (const name of ["fork", "explore", "begin"]) {
    $(`gv-detail-${name}`, HTMLButtonElement).disabled = !run.checkpoints.length;
  }
  $("gv-detail-delete", HTMLButtonElement).disabled = isActive(run.state);
}

/** The curves follow when the log has been read: pictures, sliders and buttons need not wait for a
 * long one. */
async function readHistory(current) {
  const plot = $("gv-detail-plot");
  // hides the curves of the run that was shown before
  plot.dataset.waiting = "";
  const late = setTimeout(() => {
    if (run === current) plot.dataset.waiting = "Reading the curves…";
  }, LATE);
  const answer = await runHistory(current.id);
  clearTimeout(late);
  if (run !== current) return;
  if (!answer.ok) {
    plot.dataset.waiting = "";
    return note(answer.sentence, true);
  }
  run.run.config = answer.config;
  showSettings();
  void showFigures($("gv-detail-figures"), { run: run.run, probes: answer.probes });
  const series = run.run.series.filter(({ group }) => group === "loss");
  await curvesOfOne(plot, { columns: answer.history, series });
  if (run !== current) return;
  delete plot.dataset.waiting;
  if (transport?.step != null) cursor(plot, transport.step);
}

function hide() {
  notes.leave();
  transport?.stop();
  run = null;
  awaited = "";
  $("gv-detail").hidden = true;
}

/**
 * @param {string} sentence
 * @param {boolean} [problem]
 * @param {HTMLElement | null} [button]
 */
function note(sentence, problem = false, button = null) {
  showNotice($("gv-detail-note"), sentence, problem, button);
}

/**
 * Say a refusal under the run that it is of, or, where another one has been opened meanwhile, above all
 * of them.
 * @param {{id: string, name: string}} of
 * @param {string} sentence
 * @param {string} elsewhere the same, with the run's name
 */
function refuse(of, sentence, elsewhere) {
  if (awaited === of.id && run?.id === of.id) note(sentence, true);
  else hooks.failed(elsewhere);
}

/** Where the film stands, and whether it plays; null at its end, where new pictures come. */
function placeInFilm() {
  if (!transport || transport.step === run.frames.at(-1)) return null;
  return { step: transport.step, plays: transport.playing };
}

/** @param {any} current the run @param {{step: number, plays: boolean} | null} place to go on from */
function showFilm(current, place) {
  const canvas = el("canvas", { role: "img", "aria-label": `Samples of ${current.name}` });
  const bar = el("div", { class: "gv-player" });
  $("gv-replay").replaceChildren(canvas, bar);
  const film = player(bar, {
    steps: current.frame ? current.frames : [],
    preload: (step) => pictures(frameUrl(current.frame, step)),
    onStep: async (step) => {
      cursor($("gv-detail-plot"), step);
      const image = await pictures(frameUrl(current.frame, step));
      if (run === current && transport?.step === step) paintImage(canvas, image);
      canvas.setAttribute("aria-label", `Samples of ${current.name} at step ${step}`);
    },
  });
  transport = film;
  if (place) film.seek(place.step);
  else film.show();
  if (place?.plays) film.toggle();
  canvas.hidden = !current.frame;
}

/** Every setting of the run, as the form calls it. */
function showSettings() {
  const fields = window.gvFacts?.fields ?? {};
  const words = (value) => (Array.isArray(value) ? value.join(", ") || "none" : String(value));
  const settings = Object.entries(run.run.config).filter(([, value]) => value !== "");
  $("gv-detail-settings").replaceChildren(...settings.flatMap(([name, value]) =>
    [el("dt", {}, fields[name]?.label ?? name), el("dd", {}, words(value))]));
}

function openInTrain() {
  const at = $("gv-detail-at", HTMLSelectElement).value;
  adopt();
  watch(at ? `${run.id}@${at}` : run.id);
  tab("train");
}

/** The form for a new run that begins with the networks of this one. */
function startFrom() {
  const at = $("gv-detail-at", HTMLSelectElement).value;
  const step = at ? Number(at) : run.checkpoints.at(-1);
  beginWith(run.run.config, { id: run.id, name: run.name, step });
  tab("train");
}

/** The dashboard follows the run that trains now. */
function started() {
  follow();
  tab("train");
}

/**
 * What a person adds when the run is taken up again: `replace` stops whatever trains, `more_steps` are
 * beyond those that it was to take, `data_path` is where its pictures are now.
 * @typedef {{replace?: boolean, more_steps?: number, data_path?: string}} Further
 */

/** Take the run up again. @param {Further} [further] */
async function resume(further = {}) {
  const limited = !("more_steps" in further);
  if (run.steps && run.step >= run.steps && limited) return requestSteps(further);
  const of = run;
  const answer = await runAction(of.id, "resume", further);
  if (answer.ok) return started();
  if (run?.id !== of.id) return; // another one was opened meanwhile, or none is
  if (answer.field === "steps" && limited) return requestSteps(further);
  askFurther(answer, "Stop it and resume this one", (more) => resume({ ...further, ...more }));
}

/**
 * A refusal, with what makes up for it: the button that stops the run which trains, or the folder that
 * holds the pictures now.
 * @param {any} answer
 * @param {string} label of the button
 * @param {(more: Further) => void} again
 */
function askFurther(answer, label, again) {
  if (answer.busy) {
    const onclick = () => again({ replace: true });
    return note(answer.sentence, true, el("button", { type: "button", class: "gv-button gv-small", onclick }, label));
  }
  if (answer.field !== "data_path") return note(answer.sentence, true);
  const { field, row } = folderRow(run.run.config.data_path, (path) => again({ data_path: path }));
  note(answer.sentence, true, row);
  field.focus();
  field.select();
}

/** @param {Further} further */
function requestSteps(further) {
  const field = el("input", {
    type: "number", min: 1, step: 1, value: run.steps || 1000, class: "gv-more",
    "aria-label": "How many more steps",
  });
  const go = el("button", {
    type: "button", class: "gv-button gv-small gv-strong",
    onclick: () => {
      const more = field.valueAsNumber;
      if (isWhole(more, 1, MOST_STEPS)) return void resume({ ...further, more_steps: more });
      note(`How many steps more is a whole number from 1 to ${count(MOST_STEPS)}. `, true, row);
      field.focus();
    },
  }, "Go on");
  const row = el("span", { class: "gv-inline" }, field, go);
  note("This run has come to its end. How many steps more? ", false, row);
  field.focus();
}

/** @param {string} name fork or export */
function toggleDrawer(name) {
  const box = $(`gv-${name}-drawer`);
  if (!box.hidden) return closeDrawer(name);
  closeDrawer(name === "fork" ? "export" : "fork");
  const of = `${run.id} ${run.checkpoints}`;
  if (name === "export" || box.dataset.of !== of) {
    box.replaceChildren(...(name === "export" ? exportForm(run)
      : forkForm(run, {
        started, refused: (of, ...rest) => { if (run?.id === of.id) askFurther(...rest); },
      })));
    box.dataset.of = of; // what was typed there stays while it can be meant
  }
  box.hidden = false;
  $(`gv-detail-${name}`).setAttribute("aria-expanded", "true");
}

/** @param {string} name */
function closeDrawer(name) {
  $(`gv-${name}-drawer`).hidden = true;
  $(`gv-detail-${name}`).setAttribute("aria-expanded", "false");
}

/**
 * Rename in place: the title becomes a field until Enter, Escape or a click elsewhere.
 * @param {string} [refused] a name that was typed and could not be saved
 */
function rename(refused = "") {
  const title = $("gv-detail-title");
  // Whichever run is open when the name is done.
  const { id, name } = run;
  const field = el("input", {
    type: "text", maxlength: 80, value: refused || name, "aria-label": "Name of the run",
    class: "gv-rename",
  });
  let settled = false;
  const done = async (save) => {
    if (settled) return;
    settled = true;
    renaming = "";
    const stays = () => awaited === id && run?.id === id;
    if (run?.id === id) title.textContent = name;
    if (!save || field.value.trim() === name) return;
    const answer = await runAction(id, "rename", { name: field.value });
    if (answer.ok) return changed(stays() ? { open: id } : null);
    refuse({ id, name }, answer.sentence, `${name} was not renamed. ${answer.sentence}`);
    if (stays()) rename(field.value);
  };
  field.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") done(true);
    if (key === "Escape") done(false);
  });
  field.addEventListener("blur", () => done(true));
  title.replaceChildren(field);
  renaming = id;
  if (!refused) field.select();
}

async function remove() {
  const gone = run;
  const answer = await runAction(gone.id, "delete");
  if (answer.ok) hooks.deleted(gone, answer.trashed);
  else refuse(gone, answer.sentence, `${gone.name} was not deleted. ${answer.sentence}`);
}

async function copyFolder() {
  try {
    await navigator.clipboard.writeText(run.folder);
    note("The folder's path is on the clipboard.");
  } catch {
    const sentence = "The browser did not allow copying; select the path below by hand.";
    note(sentence, true);
  }
}

/** @param {{open: string} | null} [detailOf] */
function changed(detailOf = null) {
  document.dispatchEvent(new CustomEvent("gv-runs-changed", { detail: detailOf }));
}
