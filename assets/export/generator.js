// @ts-check
// The generator in the browser, where the page carries it: ONNX, run by onnxruntime-web.

import { el } from "../lib/dom.js";

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
  const runtime = window.ort;
  runtime.env.wasm.numThreads = 1;
  runtime.env.wasm.wasmBinary = (await unzipped(decoded(wasm))).buffer;
  const module = new Blob([decoded(mjs)], { type: "text/javascript" });
  runtime.env.wasm.wasmPaths = { mjs: URL.createObjectURL(module) };
  const session = await runtime.InferenceSession.create(decoded(window.GANVIZ_MODEL), {
    executionProviders: ["wasm"],
  });
  // tens of megabytes of text that nobody needs again
  window.GANVIZ_RUNTIME = window.GANVIZ_MODEL = null;
  return { draw: (z, label) => run(runtime, session, { z, label, latent }) };
}

async function run(runtime, session, { z, label, latent }) {
  const inputs = { z: new runtime.Tensor("float32", z, [1, latent.dim]) };
  if (latent.classes.length) {
    inputs.y = new runtime.Tensor("int64", BigInt64Array.of(BigInt(label)), [1]);
  }
  return (await session.run(inputs)).x.data;
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

/**
 * A picture in [-1, 1], channels first, as pixels.
 * @param {Float32Array} x
 * @param {Latent} latent
 */
export function imageOf(x, { size: [width, height], channels }) {
  const picture = new ImageData(width, height);
  const count = width * height;
  for (let i = 0; i < count; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const from = channels === 3 ? channel * count : 0;
      picture.data[4 * i + channel] = (x[from + i] + 1) * 127.5;
    }
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}
