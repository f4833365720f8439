// @ts-check
// Gradio's start screen leaves an animation loop behind that never ends and shows nothing: sixty
// times a second it makes the browser prepare a frame, on the processor that trains. A loop that has
// gone on for LONG ms is slowed down; whatever a person does gives it its pace back, since Gradio's
// real animations share that loop.

(() => {
  const LONG = 3000;
  const REST = 1000;
  const request = window.requestAnimationFrame.bind(window);
  const cancel = window.cancelAnimationFrame.bind(window);
  const resting = new Map(); // negative number -> {timer, wake}
  let chain = null; // since when frame has asked for frame without a pause, while one of them is run
  let touched = 0;
  let numbers = 0;

  window.requestAnimationFrame = (callback) => {
    const now = performance.now();
    const begun = chain ?? now;
    const frame = (time) => {
      chain = begun;
      try {
        callback(time);
      } finally {
        chain = null;
      }
    };
    if (now - Math.max(begun, touched) < LONG) return request(frame);
    const number = -(numbers += 1);
    const wake = () => {
      clearTimeout(resting.get(number).timer);
      resting.delete(number);
      request(frame);
    };
    resting.set(number, { timer: setTimeout(wake, REST), wake });
    return number;
  };

  window.cancelAnimationFrame = (number) => {
    if (number >= 0) return cancel(number);
    clearTimeout(resting.get(number)?.timer);
    resting.delete(number);
  };

  const touch = () => {
    touched = performance.now();
    for (const { wake } of [...resting.values()]) wake();
  };
  for (const kind of ["pointerdown", "keydown", "wheel"]) addEventListener(kind, touch, { capture: true, passive: true });
})();
