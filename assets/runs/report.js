// @ts-check
// The report on a run's virtual data, shown as the page that it is: in a frame that runs nothing.

import { el } from "../lib/dom.js";
import { address } from "../lib/request.js";

/**
 * @param {string} url of the page
 * @param {HTMLElement} before which element the frame comes
 */
export async function showReport(url, before) {
  const answer = await fetch(address(url));
  if (!answer.ok) return;
  const page = await answer.text();
  const theme = document.body.classList.contains("dark") ? "dark" : "light";
  const frame = el("iframe", { class: "gv-report", title: "Report on the virtual data", sandbox: "" });
  frame.setAttribute("srcdoc", page.replace("<html ", `<html data-theme="${theme}" `));
  before.parentElement?.querySelector(".gv-report")?.remove();
  before.before(frame);
}
