// @ts-check
// Drawings that bring the next one while something moves: one is due at a time.

/**
 * @param {() => number | null} draw draws, and returns after how many ms it goes on; null: it stands
 * @param {number} rest ms to a drawing that has time
 */
export function animation(draw, rest) {
  /** When the next drawing may be asked for, and the frame of the browser that it was asked of. */
  let timer = 0;
  let request = 0;

  /** @param {number} wait ms */
  function drawAfter(wait) {
    clearTimeout(timer);
    timer = wait ? setTimeout(() => drawAfter(0), wait) : 0;
    if (!wait) request = requestAnimationFrame(frame);
  }

  function frame() {
    request = 0;
    const next = draw();
    if (next !== null && !request) drawAfter(next);
  }

  /** Draw soon, or with the next frame of the browser. @param {boolean} [atOnce] */
  return (atOnce = false) => {
    if (request || (timer && !atOnce)) return;
    drawAfter(atOnce ? 0 : rest);
  };
}
