// @ts-check
// The page's font: it comes with Gradio, and after all else. Until then, and where it is not to be
// had, the system's own stands in.

import { address } from "./request.js";

const FAMILY = "IBM Plex Sans";
const FILES = [["400", "Regular"], ["700", "Bold"]];

export async function loadFonts() {
  const faces = FILES.map(([weight, name]) => {
    const url = address(`static/fonts/IBMPlexSans/IBMPlexSans-${name}.woff2`);
    return new FontFace(FAMILY, `url("${url}")`, { weight });
  });
  // both or none: a page in two fonts looks broken
  const loaded = await Promise.all(faces.map((face) => face.load())).catch(() => []);
  for (const face of loaded) document.fonts.add(face);
}
