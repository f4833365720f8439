// @ts-check
// A generator as ONNX, run in this browser by onnxruntime-web, whose script is on the page already.

/** @typedef {{dim: number, conditional: boolean}} Inputs */
/** @typedef {(z: Float32Array, label: number) => Promise<Float32Array>} Draw */

/**
 * @param {object} parts
 * @param {ArrayBuffer} parts.wasm
 * @param {string} parts.module address of the runtime's module
 * @param {Uint8Array} parts.model
 * @param {Inputs} inputs
 * @returns {Promise<Draw>}
 */
export async function drawerOf({ wasm, module, model }, { dim, conditional }) {
  const runtime = window.ort;
  runtime.env.wasm.numThreads = 1;
  runtime.env.wasm.wasmBinary = wasm;
  runtime.env.wasm.wasmPaths = { mjs: module };
  const session = await runtime.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return async (z, label) => {
    const inputs = { z: new runtime.Tensor("float32", z, [1, dim]) };
    if (conditional) inputs.y = new runtime.Tensor("int64", BigInt64Array.of(BigInt(label)), [1]);
    return (await session.run(inputs)).x.data;
  };
}

/**
 * A picture in [-1, 1], channels first, as pixels.
 * @param {Float32Array} x
 * @param {{width: number, height: number, channels: number}} shape
 */
export function imageOf(x, { width, height, channels }) {
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
