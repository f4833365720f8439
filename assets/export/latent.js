// Latent space without a server: sprite sheets of pictures drawn beforehand over two directions, blended between its tiles; and,
// where the page carries onnxruntime-web and the generator, every direction live.
"use strict";

{
  const latent = data.latent;
  const state = { base: 0, z: null, klass: 0, offsets: [], psi: 1, session: null, busy: false, again: false };
  const sheets = new Map();

  if (!latent) {
    $("latent").hidden = !data.latent_note;
    $("latent-note").textContent = data.latent_note;
    for (const part of document.querySelectorAll(".pad, .foot, #mode")) part.hidden = true;
  } else {
    begin();
  }

  function begin() {
    $("latent").hidden = false;
    state.offsets = latent.directions.map(() => 0);
    const canvas = $("sample");
    [canvas.width, canvas.height] = latent.size;
    canvas.classList.toggle("smooth", latent.size[0] > 64);
    classes();
    sliders(Math.min(2, latent.directions.length));
    drag();
    $("another").addEventListener("click", another);
    $("another").hidden = latent.bases.length < 2;
    $("still").addEventListener("click", () => { state.offsets.fill(0); show(); });
    $("psi").addEventListener("input", () => {
      state.psi = Number($("psi").value);
      show();
    });
    $("latent-note").textContent = data.latent_note;
    mode();
    show();
    if (data.live) setTimeout(() => goLive().catch(stayWithSprites), 200);
  }

  function mode() {
    const live = Boolean(state.session);
    $("mode").toggleAttribute("data-live", live);
    $("mode").textContent = live ? "live: the generator runs in this browser" : "drawn beforehand";
    document.body.dataset.latent = live ? "live" : "sprites";
  }

  // -- controls --------------------------------------------------------------------------------------------
  function classes() {
    const box = $("classes");
    box.hidden = !latent.classes.length;
    latent.classes.forEach((name, index) => box.append(el("button", { type: "button", onclick: () => { state.klass = index; show(); } }, name)));
  }

  function sliders(count) {
    const box = $("sliders");
    for (let index = box.children.length; index < count; index += 1) {
      const input = el("input", { type: "range", min: -latent.span, max: latent.span, step: 0.02, value: state.offsets[index],
        "aria-label": `Direction ${index + 1}` });
      input.addEventListener("input", () => { state.offsets[index] = Number(input.value); show(); });
      input.addEventListener("dblclick", () => { state.offsets[index] = 0; show(); });
      box.append(el("label", { className: "slider" }, el("span", {}, `Direction ${index + 1}`), input, el("output")));
    }
  }

  /** Drag over the picture: sideways direction 1, up and down direction 2. */
  function drag() {
    const pad = $("pad");
    const move = (event) => {
      const box = pad.getBoundingClientRect();
      const at = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      at.slice(0, state.offsets.length).forEach((share, axis) => {
        state.offsets[axis] = latent.span * (2 * Math.min(1, Math.max(0, share)) - 1);
      });
      show();
    };
    pad.addEventListener("pointerdown", (event) => { pad.setPointerCapture(event.pointerId); move(event); });
    pad.addEventListener("pointermove", (event) => { if (pad.hasPointerCapture(event.pointerId)) move(event); });
  }

  function another() {
    state.base = (state.base + 1) % latent.bases.length;
    state.z = state.session ? Float32Array.from({ length: latent.dim }, gaussian) : null;
    show();
  }

  function gaussian() {
    return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  }

  function show() {
    [...$("sliders").children].forEach((row, index) => {
      const [, input, output] = row.children;
      input.value = state.offsets[index];
      output.textContent = state.offsets[index].toFixed(2);
      fill(input);
    });
    $("psi").nextElementSibling.textContent = state.psi.toFixed(2);
    fill($("psi"));
    [...$("classes").children].forEach((button, index) => button.setAttribute("aria-pressed", index === state.klass));
    const [x, y] = [state.offsets[0] ?? 0, state.offsets[1] ?? 0].map((offset) => offset / latent.span);
    $("dot").style.left = `${50 + 50 * x}%`;
    $("dot").style.top = `${50 - 50 * y}%`;
    if (state.session) live(); else sprites();
  }

  // -- the sprites -------------------------------------------------------------------------------------------
  /** Blend the four tiles around the asked place, each by how near it is. */
  function sprites() {
    const { columns, rows, sheets: files } = data.sprites;
    const ofBase = files[state.base] ?? files[0];
    const file = ofBase[state.klass] ?? ofBase[0];
    state.wanted = file;
    sheet(file, (picture) => {
      if (state.wanted !== file || state.session) return;
      const canvas = $("sample");
      const context = canvas.getContext("2d");
      const [width, height] = latent.size;
      context.globalCompositeOperation = "source-over";
      context.globalAlpha = 1;
      context.fillStyle = "#000";
      context.fillRect(0, 0, width, height);
      context.globalCompositeOperation = "lighter";
      for (const [column, across] of between(state.offsets[0] ?? 0, columns)) {
        for (const [row, along] of between(state.offsets[1] ?? 0, rows)) {
          context.globalAlpha = across * along;
          if (across * along > 0.002) context.drawImage(picture, column * width, row * height, width, height, 0, 0, width, height);
        }
      }
      canvas.dataset.drawn = `${file} ${state.offsets.slice(0, 2).map((offset) => offset.toFixed(2))}`;
    });
  }

  /** The two tiles on either side of an offset, with their shares. */
  function between(offset, count) {
    const place = Math.min(1, Math.max(0, (offset / latent.span + 1) / 2)) * (count - 1);
    const low = Math.min(Math.floor(place), Math.max(0, count - 2));
    return count < 2 ? [[0, 1]] : [[low, 1 - (place - low)], [low + 1, place - low]];
  }

  function sheet(file, then) {
    let picture = sheets.get(file);
    if (!picture) {
      picture = new Image();
      picture.src = file;
      sheets.set(file, picture);
    }
    if (picture.complete && picture.naturalWidth) then(picture);
    else picture.addEventListener("load", () => then(picture), { once: true });
  }

  // -- live ------------------------------------------------------------------------------------------------
  async function goLive() {
    for (const file of data.live.scripts) await script(file);
    const { mjs, wasm } = window.GANVIZ_RUNTIME;
    const runtime = window.ort;
    runtime.env.wasm.numThreads = 1;
    runtime.env.wasm.wasmBinary = (await unzipped(bytes(wasm))).buffer;
    runtime.env.wasm.wasmPaths = { mjs: URL.createObjectURL(new Blob([bytes(mjs)], { type: "text/javascript" })) };
    const session = await runtime.InferenceSession.create(bytes(window.GANVIZ_MODEL), { executionProviders: ["wasm"] });
    window.GANVIZ_RUNTIME = window.GANVIZ_MODEL = null;
    page.draw = (z, klass) => draw(session, z, klass);
    await page.draw(start(), state.klass);
    state.session = session;
    mode();
    sliders(latent.directions.length);
    $("psi-row").hidden = $("another").hidden = false;
    show();
  }

  function stayWithSprites(error) {
    document.body.dataset.live = `failed: ${error?.message ?? error}`;
    $("latent-note").textContent = "This browser could not start the generator, so the pictures are those drawn beforehand.";
  }

  function script(file) {
    return new Promise((done, failed) => {
      document.head.append(el("script", { src: file, onload: done, onerror: () => failed(new Error(`${file} did not load`)) }));
    });
  }

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  async function unzipped(packed) {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** The base z, pulled towards the mean, and the sliders' offsets on top: what `ganviz.latent.compose` does. */
  function start() {
    const base = state.z ?? latent.bases[state.base];
    const z = Float32Array.from(base, (value) => value * state.psi);
    latent.directions.forEach((direction, index) => {
      if (state.offsets[index]) direction.forEach((value, entry) => { z[entry] += state.offsets[index] * value; });
    });
    return z;
  }

  async function draw(session, z, klass) {
    const inputs = { z: new window.ort.Tensor("float32", z, [1, latent.dim]) };
    if (latent.classes.length) inputs.y = new window.ort.Tensor("int64", BigInt64Array.of(BigInt(klass)), [1]);
    return (await session.run(inputs)).x.data;
  }

  /** Draw the newest wish; wishes that came while drawing become one. */
  async function live() {
    if (state.busy) { state.again = true; return; }
    state.busy = true;
    do {
      state.again = false;
      const begun = performance.now();
      put(await draw(state.session, start(), state.klass));
      document.body.dataset.drawMs = (performance.now() - begun).toFixed(1);
    } while (state.again);
    state.busy = false;
  }

  function put(x) {
    const canvas = $("sample");
    const [width, height] = latent.size;
    const pixels = new ImageData(width, height);
    const count = width * height;
    for (let i = 0; i < count; i += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        pixels.data[4 * i + channel] = (x[(latent.channels === 3 ? channel * count : 0) + i] + 1) * 127.5;
      }
      pixels.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    canvas.dataset.drawn = `live ${state.offsets.map((offset) => offset.toFixed(2))}`;
  }
}
