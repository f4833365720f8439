// @ts-check
// The report on a run's virtual data, shown as the page that it is: in a frame that runs nothing.

import { el } from "../lib/dom.js";
import { address } from "../lib/request.js";

/** @param {string} url of the page */
export async function showReport(url) {
  const answer = await fetch(address(url));
  if (!answer.ok) return;
  const page = await answer.text();
  const theme = document.body.classList.contains("dark") ? "dark" : "light";
  const frame = el("iframe", { title: "Report on the virtual data", sandbox: "" });
  frame.setAttribute("srcdoc", page.replace("<html ", `<html data-theme="${theme}" `));
  const close = el("button", {
    type: "button", class: "gv-icon", "aria-label": "Close the report",
    onclick: () => dialog.close(),
  }, "\u00d7");
  const dialog = el("dialog", {
    class: "gv-report", "aria-label": "Report on the virtual data", onclose: () => dialog.remove(),
  }, close, frame);
  document.body.append(dialog);
  dialog.showModal();
}
