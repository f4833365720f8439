// Light or dark: the system's wish until a person chooses; the choice is kept. Gradio marks dark with a class on body.

import { $, keep } from "./dom.js";
import { emit } from "./stream.js";

const fromAddress = () => new URL(location.href).searchParams.get("__theme");

export function start() {
  const kept = keep.get("theme");
  if (kept && !fromAddress()) set(kept === "dark");
  $("gv-theme").addEventListener("click", () => {
    set(!isDark());
    keep.set("theme", isDark() ? "dark" : "light");
  });
  new MutationObserver(changed).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    const chosen = keep.get("theme");
    if (chosen) setTimeout(() => set(chosen === "dark"));  // Gradio has just followed the system
  });
}

export const isDark = () => document.body.classList.contains("dark");

/** A CSS variable's value under the present theme. */
export const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--gv-${name}`).trim();

function set(dark) {
  document.body.classList.toggle("dark", dark);
}

let last = null;

function changed() {
  if (last === isDark()) return;
  last = isDark();
  emit("theme", last ? "dark" : "light");
}
