// @ts-check
// The picture without the server: where onnxruntime-web and the generator are at hand, this browser
// draws. Whatever fails, the server draws as ever.

import { el } from "../lib/dom.js";
import { drawerOf, imageOf } from "../lib/onnx.js";
import { FILE_TIMEOUT } from "../lib/pacing.js";
import { address, postForBytes } from "../lib/request.js";

/** @typedef {import("./state.js").Source} Source */

const RUNTIME = "gv/explore/runtime";
const [SCRIPT, MODULE, WASM] = [
  "ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm",
].map((name) => address(`${RUNTIME}/${name}`));

/** The generator that is at hand. @type {{run: string, draw: import("../lib/onnx.js").Draw} | null} */
let ready = null;
/** The run whose generator is being fetched, or could not be had. */
let tried = "";

/** Fetch what draws `source`, unless it is there or could not be had. @param {Source} source */
export async function prepare(source) {
  if (!source.in_browser || tried === source.run) return;
  tried = source.run;
  ready = null;
  try {
    const [wasm, model] = await Promise.all([
      bytesOf(WASM), postForBytes("gv/explore/model", { run: source.run }, { timeout: FILE_TIMEOUT }),
      window.ort ?? loadScript(),
    ]);
    const inputs = { dim: source.latent_dim, conditional: source.conditional };
    const draw = await drawerOf({ wasm, module: MODULE, model: model.bytes }, inputs);
    if (tried === source.run) ready = { run: source.run, draw };
  } catch {
    // the server draws it
  }
}

/**
 * The picture of `z`, drawn here; null where the server has to.
 * @param {Source} source
 * @param {Float32Array} z
 * @param {number | null} y
 * @returns {Promise<ImageData | null>}
 */
export async function draw(source, z, y) {
  if (ready?.run !== source.run || source.active) return null;
  try {
    return imageOf(await ready.draw(z, y ?? 0), source);
  } catch {
    ready = null;
    return null;
  }
}

/** @param {string} url @returns {Promise<ArrayBuffer>} */
async function bytesOf(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.arrayBuffer();
}

/** @returns {Promise<void>} */
function loadScript() {
  return new Promise((resolve, reject) => {
    document.head.append(el("script", { src: SCRIPT, onload: () => resolve(), onerror: reject }));
  });
}
