// @ts-check
// The field for a folder of pictures that was moved, beside the refusal that says so.

import { el } from "../lib/dom.js";

/**
 * @param {string} path where the pictures were
 * @param {(path: string) => void} goOn with where they are now
 */
export function folderRow(path, goOn) {
  const field = el("input", {
    type: "text", class: "gv-folder", value: path, "aria-label": "Folder that holds its pictures now",
  });
  const act = () => { if (field.value.trim()) goOn(field.value.trim()); };
  field.addEventListener("keydown", ({ key, repeat }) => { if (key === "Enter" && !repeat) act(); });
  const button = el("button", { type: "button", class: "gv-button gv-small", onclick: act }, "Go on from there");
  return { field, row: el("span", { class: "gv-inline gv-folder-row" }, field, button) };
}
