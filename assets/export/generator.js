// @ts-check
// The generator in the browser, where the page carries it: ONNX, run by onnxruntime-web.

import { el } from "../lib/dom.js";
import { drawerOf } from "../lib/onnx.js";

/** @typedef {import("./data.js").Latent} Latent */
/** @typedef {{draw: (z: Float32Array, label: number) => Promise<Float32Array>}} Generator */

/**
 * @param {Latent} latent
 * @param {string[]} scripts that hold the runtime and the network
 * @returns {Promise<Generator>}
 */
export async function loadGenerator(latent, scripts) {
  for (const file of scripts) await loadScript(file);
  const { mjs, wasm } = window.GANVIZ_RUNTIME;
  const module = URL.createObjectURL(new Blob([decoded(mjs)], { type: "text/javascript" }));
  const parts = { wasm: (await unzipped(decoded(wasm))).buffer, module, model: decoded(window.GANVIZ_MODEL) };
  const draw = await drawerOf(parts, { dim: latent.dim, conditional: latent.classes.length > 0 });
  // tens of megabytes of text that nobody needs again
  window.GANVIZ_RUNTIME = window.GANVIZ_MODEL = null;
  return { draw };
}

/** @returns {Promise<void>} */
function loadScript(file) {
  return new Promise((resolve, reject) => {
    document.head.append(el("script", {
      src: file, onload: resolve, onerror: () => reject(new Error(`${file} did not load`)),
    }));
  });
}

const decoded = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

async function unzipped(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
