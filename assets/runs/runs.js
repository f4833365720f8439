// @ts-check
// The table of kept runs: search, choose, compare, delete with a way back.

import { $, el, findAll, present, text } from "../lib/dom.js";
import { count, figure, formatDate } from "../lib/format.js";
import { runAction, showNotice } from "../lib/library.js";
import { RUNS_REFRESH } from "../lib/pacing.js";
import { refill } from "../lib/refill.js";
import { address, get } from "../lib/request.js";
import * as route from "../lib/route.js";
import { stateLabel } from "../lib/states.js";
import { current, onTab } from "../lib/tabs.js";
import { compare, leaveCompare } from "./compare.js";
import { detail } from "./detail.js";

/** @type {any[]} */
let runs = [];
/** The ids of those that are ticked. @type {Set<string>} */
let chosen = new Set();
/** @type {string | null} */
let open = null;
/** The ids of the runs that are compared. @type {string[]} */
let compared = [];
let timer = 0;

export async function start() {
  await present("gv-runs", "gv-detail", "gv-compare");
  $("gv-runs-search").addEventListener("input", showRows);
  $("gv-runs-compare").addEventListener("click", () =>
    openComparison(runs.filter(({ id }) => chosen.has(id)).map(({ id }) => id)));
  $("gv-compare-back").addEventListener("click", () => openComparison([]));
  document.addEventListener("gv-runs-changed", (event) =>
    load(/** @type {CustomEvent} */ (event).detail));
  detail.start({
    close: () => select(null), deleted,
    failed: (sentence) => showNotice($("gv-runs-problem"), sentence, true),
  });
  followAddress();
  route.onNavigate(followAddress);
  onTab(() => route.set(inAddress(), { push: false }));
  new IntersectionObserver(([entry]) => {
    clearInterval(timer);
    if (!entry.isIntersecting) return;
    load();
    timer = setInterval(() => { if (!document.hidden) load(); }, RUNS_REFRESH);
  }).observe($("gv-runs-box"));
}

/** What of this view stands in the address: nothing while another one is open. */
const inAddress = () => (current() === "runs" ? { open, compare: compared.join(",") }
  : { open: null, compare: null });

/** What the address asks for is opened: by a link, a reload, or going back and forward. */
function followAddress() {
  if (route.get("tab") !== "runs") return;
  const wanted = route.get("open");
  if (wanted !== open) select(wanted, false);
  const ids = (route.get("compare") ?? "").split(",").filter(Boolean);
  if (ids.join() !== compared.join()) openComparison(ids, false);
}

/**
 * @param {string[]} ids none leaves the comparison
 * @param {boolean} [push] a new entry of the history
 */
function openComparison(ids, push = true) {
  compared = ids;
  chosen = ids.length ? new Set(ids) : chosen;
  if (ids.length) compare(ids.map((id) => ({ id })));
  else leaveCompare();
  if (push) route.set(inAddress());
}

/**
 * @param {{open?: string} | null} [then] a run to open afterwards
 * @param {string | null} [before] the one that was open when that was asked for
 */
async function load(then = null, before = open) {
  const answer = await get("gv/library");
  const problem = $("gv-runs-problem");
  const wasUnread = problem.dataset.unread !== undefined;
  problem.toggleAttribute("data-unread", !answer.ok);
  if (!answer.ok) return showNotice(problem, answer.sentence, true);
  if (wasUnread) showNotice(problem, "");
  runs = answer.runs;
  text($("gv-runs-folder"), answer.folder);
  chosen = new Set([...chosen].filter((id) => runs.some((run) => run.id === id)));
  showRows();
  // who has opened another run meanwhile stays there
  if (then?.open && open === before) select(then.open);
  else detail.follow(runs);
}

/**
 * The runs in which every word of the search occurs.
 * @param {any[]} all
 * @param {string} search
 */
export function matching(all, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((run) => {
    const parts = [run.name, run.id, run.preset_label, run.data_label, run.state, run.notes];
    const text = parts.join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function showRows() {
  const visible = matching(runs, $("gv-runs-search", HTMLInputElement).value);
  const body = $("gv-runs-body");
  refill(body, () => body.replaceChildren(...visible.map(row)));
  $("gv-runs-empty").hidden = runs.length > 0;
  const part = visible.length < runs.length ? `${visible.length} of ${runs.length}` : `${runs.length}`;
  text($("gv-runs-count"), runs.length ? part : "");
  const button = $("gv-runs-compare", HTMLButtonElement);
  button.disabled = chosen.size < 2;
  text(button, chosen.size > 1 ? `Compare ${chosen.size}` : "Compare");
  button.title = chosen.size < 2 ? "Tick at least two runs" : "";
}

function row(run) {
  return el("tr", {
    "data-run": run.id, "aria-selected": String(open === run.id), onclick: () => select(run.id),
  },
  el("td", {}, tickOf(run)), el("td", { class: "gv-thumb" }, thumbOf(run)),
  el("td", { class: "gv-run-name" }, nameOf(run), el("small", {}, aboutOf(run))),
  el("td", { class: "gv-data-cell" }, run.data_label),
  el("td", { class: "gv-num gv-steps-cell" }, stepsOf(run)),
  el("td", { class: "gv-num gv-loss-cell" }, lossesOf(run.figures)),
  el("td", {}, el("span", {
    class: "gv-state-chip", "data-state": run.state, title: run.sentence,
  }, stateLabel(run.state))),
  el("td", { class: "gv-when" }, formatDate(run.created)));
}

function tickOf(run) {
  const tick = el("input", {
    type: "checkbox", "aria-label": `Compare ${run.name}`, "data-part": "tick",
    onclick: (event) => event.stopPropagation(),
    onchange: () => {
      if (tick.checked) chosen.add(run.id);
      else chosen.delete(run.id);
      showRows();
    },
  });
  tick.checked = chosen.has(run.id);
  return tick;
}

const thumbOf = (run) => (run.thumb
  ? el("img", { src: address(run.thumb), alt: "", loading: "lazy", width: 44, height: 44 })
  : el("i"));

const nameOf = (run) => el("button", {
  type: "button", "data-part": "name",
  onclick: (event) => { event.stopPropagation(); select(run.id); },
}, run.name);

/** What tells runs of one preset apart: what was set otherwise, else the folder's name. */
function aboutOf(run) {
  const changed = run.changed ?? [];
  const words = changed.map(({ label, value }) => `${label} ${value}`).join(", ");
  const preset = run.name === run.preset_label ? "" : run.preset_label || "own settings";
  return [preset, words].filter(Boolean).join(" · ") || run.id;
}

const stepsOf = ({ step, steps }) => (steps ? `${count(step)} / ${count(steps)}` : count(step));

const lossesOf = ({ loss_d: d, loss_g: g }) =>
  (d == null && g == null ? "–" : `${figure(d)} / ${figure(g)}`);

/**
 * @param {string | null} id
 * @param {boolean} [push] a new entry of the history
 */
function select(id, push = true) {
  open = id;
  if (push) route.set(inAddress());
  document.body.classList.toggle("gv-run-open", id !== null);
  for (const node of findAll("tr", $("gv-runs-body"))) {
    node.setAttribute("aria-selected", String(node.dataset.run === id));
  }
  if (id) detail.show(id);
  else detail.hide();
}

function deleted(run, trashed) {
  if (open === run.id) select(null);
  chosen.delete(run.id);
  const bringBack = async () => {
    undo.disabled = true;
    const before = open;
    const answer = await runAction(run.id, "restore", { trashed });
    const sentence = answer.ok ? `${run.name} is back.` : answer.sentence;
    showNotice($("gv-runs-note"), sentence, !answer.ok);
    load(answer.ok ? { open: answer.run } : null, before);
  };
  const undo = el("button", { type: "button", class: "gv-button gv-small", onclick: bringBack }, "Undo");
  showNotice($("gv-runs-note"), `${run.name} was deleted.`, false, undo);
  load();
}
