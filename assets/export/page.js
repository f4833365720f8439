// @ts-check
// The page of one run: facts, notes, settings, and the replay of its pictures. User text goes in as
// text, never as HTML.

import { emit } from "../lib/bus.js";
import { $, el, text } from "../lib/dom.js";
import { startCurves } from "./curves.js";
import { data } from "./data.js";
import { startLatent } from "./latent.js";
import { startPaths } from "./paths.js";
import { startReplay } from "./replay.js";

function showFacts() {
  document.title = data.title;
  text($("title"), data.title);
  for (const [label, value] of data.facts) {
    $("facts").append(el("li", {}, label ? `${label} ` : "", el("b", {}, value)));
  }
  text($("made"), data.made);
  text($("notes"), data.notes);
  $("notes-card").hidden = !data.notes;
}

function showSettings() {
  for (const { title, rows } of data.settings) {
    const list = el("dl");
    for (const { label, value, why, changed } of rows) {
      const kind = changed ? "changed" : "usual";
      list.append(el("dt", { class: kind, title: why }, label), el("dd", { class: kind }, value));
    }
    const usual = rows.every((row) => !row.changed);
    const group = el("section", { class: usual ? "group usual" : "group" }, el("h3", {}, title), list);
    $("settings").append(group);
  }
  const all = $("all-settings");
  all.addEventListener("click", () => {
    const open = $("settings").classList.toggle("all");
    all.setAttribute("aria-pressed", String(open));
    text(all, open ? "Show what differs" : "Show all");
  });
}

showFacts();
showSettings();
const replay = startReplay();
startCurves(replay);
startLatent();
startPaths();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => emit("theme"));
