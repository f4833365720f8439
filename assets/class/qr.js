// @ts-check
// The way in: the address, the code and the server's picture of the QR code.

import { el, find, text } from "../lib/dom.js";
import { get } from "../lib/request.js";
import { hasClass, piece } from "./class.js";

/**
 * Show the way in as it is now; nothing is fetched where that is shown already.
 * @param {HTMLElement} box with places for the QR code, for the code, and `at` for the address
 * @param {string} at a selector
 */
export async function invite(box, at) {
  const code = piece("room")?.code ?? "";
  if (!hasClass() || box.dataset.code === code) return;
  box.dataset.code = code;
  const answer = await get("gv/class/invitation");
  if (!answer.ok) return;
  find(box, ".gv-qr").replaceChildren(qr(answer.qr));
  text(find(box, ".gv-code"), answer.code);
  text(find(box, at), answer.address.replace(/^https?:\/\//, ""));
}

/** @param {string} svg */
const qr = (svg) => el("img", {
  alt: "QR code that joins the class",
  src: `data:image/svg+xml,${encodeURIComponent(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'))}`,
});
