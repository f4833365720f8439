// @ts-check
// The report on a run's virtual data, shown as the page that it is: in a frame that runs nothing.

import { el } from "../lib/dom.js";
import { arrived, send } from "../lib/request.js";

/** Throws an Error with a sentence. @param {string} url of the page */
export async function showReport(url) {
  const page = await arrived((await send(url)).text());
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
