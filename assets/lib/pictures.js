// @ts-check
// Pictures on canvases: decoded images, raw RGB, and which kept picture belongs to a step.

const MOST_HELD = 240;
/** Pictures up to this width are enlarged twice on the canvas, so that squares stay crisp. */
const SMALL = 700;

/**
 * The index of the kept step at or before `step` (steps ascend); 0 where there is none.
 * @param {number[]} steps
 * @param {number} step
 */
export function indexAt(steps, step) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/**
 * The kept step at or before `step`; the first where there is none.
 * @param {number[]} steps
 * @param {number} step
 */
export const nearest = (steps, step) => steps[indexAt(steps, step)];

/** Pictures by address, decoded once; the oldest are let go. null stands for one that did not come,
 * which is asked for again when it is wanted next. */
export function album() {
  /** @type {Map<string, Promise<HTMLImageElement | null>>} */
  const held = new Map();
  return (/** @type {string} */ url) => {
    const known = held.get(url);
    if (known) return known;
    const image = new Image();
    image.src = url;
    const decoded = image.decode().then(() => image, () => {
      held.delete(url);
      return null;
    });
    held.set(url, decoded);
    if (held.size > MOST_HELD) held.delete(/** @type {string} */ (held.keys().next().value));
    return decoded;
  };
}

/**
 * Draw a decoded picture crisply into a canvas that CSS sizes.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement | null} image
 */
export function paintImage(canvas, image) {
  if (!image) return;
  const times = image.naturalWidth < SMALL ? 2 : 1;
  resize(canvas, image.naturalWidth * times, image.naturalHeight * times);
  const pen = context(canvas);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
}

/**
 * RGB bytes onto a canvas of the picture's own size; CSS enlarges it.
 * @param {HTMLCanvasElement} canvas
 * @param {{rgb: Uint8Array, width: number, height: number}} picture
 */
export function paintRgb(canvas, { rgb, width, height }) {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    pixels[to] = rgb[from];
    pixels[to + 1] = rgb[from + 1];
    pixels[to + 2] = rgb[from + 2];
  }
  resize(canvas, width, height);
  context(canvas).putImageData(new ImageData(pixels, width, height), 0, 0);
}

/**
 * Give a canvas a size of its own; one that has it already keeps its picture.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function resize(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

/** @param {HTMLCanvasElement} canvas */
export const context = (canvas) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
