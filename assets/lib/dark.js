// @ts-check
// Light or dark: as the system has it until a person chooses; the choice is kept. Gradio marks dark
// with a class on body.

import { emit } from "./bus.js";
import { $ } from "./dom.js";
import { storage } from "./storage.js";

const inAddress = () => new URL(location.href).searchParams.get("__theme");

/** Emits "theme" with "light" or "dark" whenever it changes. */
export function start() {
  const kept = storage.get("theme");
  if (kept && !inAddress()) set(kept === "dark");
  $("gv-theme").addEventListener("click", () => {
    set(!isDark());
    storage.set("theme", isDark() ? "dark" : "light");
  });
  new MutationObserver(changed).observe(document.body, {
    attributes: true, attributeFilter: ["class"],
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    const chosen = storage.get("theme");
    // Gradio has just followed the system
    if (chosen) setTimeout(() => set(chosen === "dark"));
  });
}

const isDark = () => document.body.classList.contains("dark");

/** @param {boolean} dark */
const set = (dark) => document.body.classList.toggle("dark", dark);

/** @type {boolean | null} */
let last = null;

function changed() {
  if (last === isDark()) return;
  last = isDark();
  emit("theme", last ? "dark" : "light");
}
