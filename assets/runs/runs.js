// The table of kept runs: search, choose, compare, delete with a way back.

import { $, el, present, text } from "../lib/dom.js";
import { count, figure, formatDate } from "../lib/format.js";
import { address, get } from "../lib/request.js";
import { compare, leaveCompare } from "./compare.js";
import { detail } from "./detail.js";
import { runAction, showNotice } from "../lib/library.js";
import { RUNS_REFRESH } from "../lib/pacing.js";
import { stateLabel } from "../lib/states.js";

let runs = [];
let chosen = new Set();
let open = null;
let timer = 0;

export async function start() {
  await present("gv-runs", "gv-detail", "gv-compare");
  $("gv-runs-search").addEventListener("input", rows);
  $("gv-runs-compare").addEventListener("click", () => compare(runs.filter(({ id }) => chosen.has(id))));
  $("gv-compare-back").addEventListener("click", leaveCompare);
  document.addEventListener("gv-runs-changed", (event) => load(event.detail));
  detail.start({ close: () => select(null), deleted });
  new IntersectionObserver(([entry]) => {
    clearInterval(timer);
    if (!entry.isIntersecting) return;
    load();
    timer = setInterval(() => { if (!document.hidden) load(); }, RUNS_REFRESH);
  }).observe($("gv-runs-box"));
}

async function load(then = null) {
  const answer = await get("gv/library");
  if (!answer.ok) return showNotice($("gv-runs-note"), answer.sentence, true);
  runs = answer.runs;
  text($("gv-runs-folder"), answer.folder);
  chosen = new Set([...chosen].filter((id) => runs.some((run) => run.id === id)));
  rows();
  if (then?.open) select(then.open);
}

function matching() {
  const words = $("gv-runs-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const hay = [run.name, run.id, run.preset_label, run.data_label, run.state, run.notes].join(" ").toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

function rows() {
  const shown = matching();
  const body = $("gv-runs-body");
  const focused = document.activeElement?.closest?.("#gv-runs-body tr")?.dataset.run;
  const place = document.activeElement?.dataset?.place;
  body.replaceChildren(...shown.map(row));
  if (focused) body.querySelector(`tr[data-run="${CSS.escape(focused)}"] [data-place="${place}"]`)?.focus();
  $("gv-runs-empty").hidden = runs.length > 0;
  text($("gv-runs-count"), runs.length ? (shown.length < runs.length ? `${shown.length} of ${runs.length}` : `${runs.length}`) : "");
  const button = $("gv-runs-compare");
  button.disabled = chosen.size < 2;
  text(button, chosen.size > 1 ? `Compare ${chosen.size}` : "Compare");
  button.title = chosen.size < 2 ? "Tick at least two runs" : "";
}

function row(run) {
  const tick = el("input", { type: "checkbox", "aria-label": `Compare ${run.name}`, "data-place": "tick",
    onclick: (event) => event.stopPropagation(),
    onchange: (event) => { chosen[event.target.checked ? "add" : "delete"](run.id); rows(); } });
  tick.checked = chosen.has(run.id);
  const picture = run.thumb ? el("img", { src: address(run.thumb), alt: "", loading: "lazy", width: 44, height: 44 }) : el("i");
  const losses = ["loss_d", "loss_g"].map((name) => figure(run.figures[name])).join(" / ");
  const known = run.figures.loss_d != null || run.figures.loss_g != null;
  return el("tr", { "data-run": run.id, "aria-selected": open === run.id, onclick: () => select(run.id) },
    el("td", {}, tick),
    el("td", { class: "gv-thumb" }, picture),
    el("td", { class: "gv-run-name" },
      el("button", { type: "button", "data-place": "name", onclick: (event) => { event.stopPropagation(); select(run.id); } }, run.name),
      el("small", {}, run.name === run.preset_label ? run.id : run.preset_label || "own settings")),
    el("td", {}, run.data_label),
    el("td", { class: "gv-num" }, run.steps ? `${count(run.step)} / ${count(run.steps)}` : count(run.step)),
    el("td", { class: "gv-num" }, known ? losses : "–"),
    el("td", {}, el("span", { class: "gv-state-chip", "data-state": run.state, title: run.sentence }, stateLabel(run.state))),
    el("td", { class: "gv-when" }, formatDate(run.created)));
}

function select(id) {
  open = id;
  document.body.classList.toggle("gv-run-open", Boolean(id));
  for (const node of $("gv-runs-body").children) node.setAttribute("aria-selected", node.dataset.run === id);
  if (id) detail.show(id);
  else detail.hide();
}

function deleted(run, trashed) {
  select(null);
  chosen.delete(run.id);
  const undo = el("button", { type: "button", class: "gv-button gv-small", onclick: async () => {
    const answer = await runAction(run.id, "restore", { trashed });
    showNotice($("gv-runs-note"), answer.ok ? `${run.name} is back.` : answer.sentence, !answer.ok);
    load(answer.ok ? { open: answer.run } : null);
  } }, "Undo");
  showNotice($("gv-runs-note"), `${run.name} was deleted.`, false, undo);
  load();
}
