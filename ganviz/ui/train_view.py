"""The main job: choose, click Train, watch. ``assets/train/`` bring it to life."""

from __future__ import annotations

import gradio as gr

from ganviz.ui import latent_panel, watch_panel
from ganviz.ui.view import View, static

SIDE = """
<div id="gv-side">
<div id="gv-side-head">
  <div class="gv-field gv-basic" id="gv-f-preset">
    <div class="gv-field-head"><label for="gv-i-preset">Preset</label></div>
    <select id="gv-i-preset"></select>
  </div>
  <p id="gv-preset-why" class="gv-why"></p>
  <p id="gv-form-differs" class="gv-why" hidden><span></span>
    <button type="button" class="gv-text-link" id="gv-form-reset">Reset</button></p>
  <p id="gv-form-parent" class="gv-note" role="status" hidden></p>
  <div id="gv-start">
    <button type="button" class="gv-button" id="gv-resume-run" hidden>Resume</button>
    <button type="button" id="gv-train">Train</button>
  </div>
  <p id="gv-estimate" class="gv-why" hidden></p>
  <p id="gv-decoded" class="gv-why" hidden><span></span>
    <button type="button" class="gv-text-link" id="gv-decoded-remove">Delete</button></p>
  <div id="gv-controls" role="group" aria-label="Training controls">
    <div class="gv-controls-row">
      <button type="button" class="gv-button gv-strong" id="gv-pause"><span
        class="gv-when-running">Pause</span>
        <span class="gv-when-paused">Resume</span></button>
      <button type="button" class="gv-button" id="gv-stop">Stop</button>
    </div>
    <div class="gv-controls-row gv-steps" role="group" aria-label="Train some steps, then pause">
      <span>Step</span>
      <button type="button" class="gv-button gv-small" data-step="1"
        aria-label="Train 1 step">1</button>
      <button type="button" class="gv-button gv-small" data-step="10"
        aria-label="Train 10 steps">10</button>
      <button type="button" class="gv-button gv-small" data-step="100"
        aria-label="Train 100 steps">100</button>
    </div>
  </div>
  <button type="button" class="gv-button" id="gv-settings-open" aria-expanded="false"
    aria-controls="gv-settings">Settings</button>
  <p id="gv-form-note" class="gv-note" role="status" hidden></p>
  <button type="button" class="gv-button" id="gv-replace">Stop it and start this one</button>
  <p id="gv-form-aside" class="gv-note" role="status" hidden></p>
  <p id="gv-run-note" class="gv-note" role="status" hidden></p>
</div>
<section id="gv-beside" aria-label="Lesson" tabindex="-1" hidden></section>
<div id="gv-settings" role="group" aria-label="Settings">
  <div id="gv-basics"></div>
  <div id="gv-groups"></div>
</div>
<dialog id="gv-keep" aria-labelledby="gv-keep-words">
  <form method="dialog">
    <p id="gv-keep-words"></p>
    <button type="submit" class="gv-button gv-strong" value="keep">Keep my changes</button>
    <button type="submit" class="gv-button" value="drop">Use the preset as it is</button>
    <button type="submit" class="gv-button" value="">Cancel</button>
  </form>
</dialog>
</div>
"""


def build() -> None:
    """The train view: form left, pictures and curves right, latent explorer below."""
    with gr.Row(elem_id="gv-train-view", equal_height=False):
        static(SIDE, "gv-side-box")
        with gr.Column(elem_id="gv-main", scale=1):
            with gr.Row(elem_id="gv-watch", equal_height=True):
                static(watch_panel.GRID, "gv-grid-box")
                static(watch_panel.CHARTS, "gv-charts-box")
            static(latent_panel.LATENT, "gv-latent-box")


VIEW = View("train", "Train", 0, build)
