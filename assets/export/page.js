// The page of one run: facts, notes, settings, and the replay of its pictures. User text goes in as text, never as HTML.
"use strict";

const data = window.GANVIZ;
const $ = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** An element with properties and children. */
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node && name !== "style") node[name] = value; else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** What other scripts of this page listen to: "step" when the replay moves, "theme" when light turns dark. */
const page = { step: 0, data, listeners: [], on(listener) { page.listeners.push(listener); },
  tell(what, value) { for (const listener of page.listeners) listener(what, value); }, go: () => {} };
window.page = page;

/** The part of a slider's track that is filled. */
function fill(input) {
  const share = (input.value - input.min) / Math.max(1e-9, input.max - input.min);
  input.style.setProperty("--fill", `${100 * share}%`);
}

function facts() {
  document.title = data.title;
  $("title").textContent = data.title;
  for (const [label, value] of data.facts) {
    $("facts").append(label ? el("li", {}, `${label} `, el("b", {}, value)) : el("li", {}, el("b", {}, value)));
  }
  $("made").textContent = data.made;
  $("notes").textContent = data.notes;
  $("notes-card").hidden = !data.notes;
}

function settings() {
  for (const { title, rows } of data.settings) {
    const list = el("dl");
    for (const { label, value, why, changed } of rows) {
      const kind = changed ? "changed" : "usual";
      list.append(el("dt", { className: kind, title: why }, label), el("dd", { className: kind }, value));
    }
    const usual = rows.every((row) => !row.changed);
    $("settings").append(el("section", { className: usual ? "group usual" : "group" }, el("h3", {}, title), list));
  }
  const all = $("all-settings");
  all.addEventListener("click", () => {
    const shown = $("settings").classList.toggle("all");
    all.setAttribute("aria-pressed", shown);
    all.textContent = shown ? "Show what differs" : "Show all";
  });
}

// -- the replay -------------------------------------------------------------------------------------------
const SPEEDS = [0.5, 1, 2, 4];
const PER_SECOND = 8;
const replay = { index: 0, which: "fake", playing: 0, speed: 1, images: new Map(), wanted: "" };

function pictures() {
  const moments = data.moments;
  const shown = moments.length > 0;
  $("player").hidden = !shown;
  $("sheet").hidden = !shown;
  $("which").hidden = !shown || !(data.frames ? data.frames.reals : data.scatter);
  $("pictures-note").hidden = shown;
  $("pictures-note").textContent = "This run kept no pictures.";
  if (!shown) return;
  for (const label of data.frames?.labels ?? []) $("labels").append(el("span", {}, label));
  const canvas = $("grid");
  canvas.width = data.frames?.width ?? 640;
  canvas.height = data.frames?.height ?? 640;
  canvas.classList.toggle("smooth", !data.frames || canvas.width > 600);
  const scrub = $("scrub");
  scrub.max = moments.length - 1;
  scrub.addEventListener("input", () => { stop(); go(Number(scrub.value)); });
  $("play").addEventListener("click", () => (replay.playing ? stop() : play()));
  $("speed").addEventListener("click", () => {
    replay.speed = SPEEDS[(SPEEDS.indexOf(replay.speed) + 1) % SPEEDS.length];
    $("speed").textContent = `${replay.speed === 0.5 ? "½" : replay.speed}×`;
  });
  for (const button of $("which").children) button.addEventListener("click", () => choose(button.dataset.which));
  document.addEventListener("keydown", keys);
  page.go = (step) => { stop(); go(nearest(step)); };
  page.on((what) => { if (what === "theme") paint(); });
  go(moments.length - 1);
}

function keys(event) {
  if (event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by) { stop(); go(replay.index + by); }
  if (event.key === " " && !event.target.matches("button")) { event.preventDefault(); if (replay.playing) stop(); else play(); }
}

function nearest(step) {
  let best = 0;
  data.moments.forEach((moment, index) => { if (Math.abs(moment - step) < Math.abs(data.moments[best] - step)) best = index; });
  return best;
}

function choose(which) {
  replay.which = which;
  for (const button of $("which").children) button.setAttribute("aria-pressed", button.dataset.which === which);
  paint();
}

function go(index) {
  replay.index = Math.max(0, Math.min(data.moments.length - 1, index));
  page.step = data.moments[replay.index];
  $("scrub").value = replay.index;
  $("scrub").setAttribute("aria-valuetext", `step ${page.step}`);
  fill($("scrub"));
  $("step").replaceChildren("step ", el("b", {}, whole.format(page.step)));
  paint();
  page.tell("step", page.step);
}

function play() {
  if (replay.index >= data.moments.length - 1) go(0);
  $("play").setAttribute("aria-pressed", true);
  $("play").setAttribute("aria-label", "Pause");
  let last = performance.now();
  const advance = (now) => {
    if (!replay.playing) return;
    const wait = 1000 / (PER_SECOND * replay.speed);
    if (now - last >= wait) {
      const by = Math.max(1, Math.floor((now - last) / wait));
      last = now;
      go(replay.index + by);
      if (replay.index >= data.moments.length - 1) { stop(); return; }
    }
    replay.playing = requestAnimationFrame(advance);
  };
  replay.playing = requestAnimationFrame(advance);
}

function stop() {
  cancelAnimationFrame(replay.playing);
  replay.playing = 0;
  $("play").setAttribute("aria-pressed", false);
  $("play").setAttribute("aria-label", "Play");
}

/** Show the present moment; of pictures that are still being read, only the newest wish counts. */
function paint() {
  const canvas = $("grid");
  $("sheet").dataset.which = replay.which;
  canvas.setAttribute("aria-label", replay.which === "real" ? "Real samples" : `Generated samples at step ${page.step}`);
  if (data.scatter) { scatter(canvas); return; }
  const file = replay.which === "real" ? data.frames.reals : data.frames.files[replay.index];
  replay.wanted = file;
  image(file, (picture) => {
    if (replay.wanted !== file) return;
    canvas.getContext("2d").drawImage(picture, 0, 0);
    canvas.dataset.shown = file;
  });
  for (const ahead of data.frames.files.slice(replay.index + 1, replay.index + 5)) image(ahead, () => {});
}

function image(file, then) {
  let picture = replay.images.get(file);
  if (!picture) {
    picture = new Image();
    picture.src = file;
    replay.images.set(file, picture);
  }
  if (picture.complete && picture.naturalWidth) then(picture);
  else picture.addEventListener("load", () => then(picture), { once: true });
}

/** Points of a 2-D run: real ones green, generated ones purple. */
function scatter(canvas) {
  const { reach, real, fakes } = data.scatter;
  const side = canvas.width;
  const context = canvas.getContext("2d");
  const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--gv-${name}`).trim();
  context.fillStyle = colour("well");
  context.fillRect(0, 0, side, side);
  context.strokeStyle = colour("edge");
  context.strokeRect(side / 2, -1, 0, side + 2);
  context.strokeRect(-1, side / 2, side + 2, 0);
  const draw = (points, tone, alpha) => {
    context.fillStyle = colour(tone);
    context.globalAlpha = alpha;
    for (let i = 0; i < points.length; i += 2) {
      context.beginPath();
      context.arc((points[i] / reach + 1) * side / 2, (1 - points[i + 1] / reach) * side / 2, 3, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
  };
  draw(real, "real", replay.which === "real" ? 0.8 : 0.3);
  if (replay.which === "fake") draw(fakes[replay.index], "fake", 0.75);
  canvas.dataset.shown = `${replay.which} ${replay.index}`;
}

facts();
settings();
pictures();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.tell("theme"));
