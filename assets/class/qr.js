// @ts-check
// The server's picture of a QR code.

import { el } from "../lib/dom.js";

/** @param {string} svg */
export const qr = (svg) => el("img", {
  alt: "QR code that joins the class",
  src: `data:image/svg+xml,${encodeURIComponent(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'))}`,
});
