"""The main job: choose, click Train, watch."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from ganviz import registry
from ganviz.config import meta
from ganviz.errors import Busy, GanvizError
from ganviz.ui import form, latent_panel, watch_panel
from ganviz.ui.view import View, static

CONTROLS = """
<div id="gv-controls" role="group" aria-label="Training controls">
  <div class="gv-controls-row">
    <button type="button" class="gv-button gv-strong" id="gv-pause"><span class="gv-when-running">Pause</span>
      <span class="gv-when-paused">Resume</span></button>
    <button type="button" class="gv-button" id="gv-stop">Stop</button>
  </div>
  <div class="gv-controls-row gv-steps" role="group" aria-label="Train some steps, then pause">
    <span>Step</span>
    <button type="button" class="gv-button gv-small" data-step="1" aria-label="Train 1 step">1</button>
    <button type="button" class="gv-button gv-small" data-step="10" aria-label="Train 10 steps">10</button>
    <button type="button" class="gv-button gv-small" data-step="100" aria-label="Train 100 steps">100</button>
  </div>
</div>
<button type="button" class="gv-button" id="gv-settings-open" aria-expanded="false"
  aria-controls="gv-settings">Settings</button>
<p id="gv-form-note" class="gv-note" hidden></p>
<p id="gv-run-note" class="gv-note" role="status" hidden></p>
"""

# A folded group is not drawn yet, and what is not drawn does not tell of its change: the scripts
# are told of all fields. What is told before they are there waits for them.
TELL = "(...values) => { window.gvFormValues = values; window.ganviz?.form.filled(values); }"


def build(manager: Any, page: gr.Blocks) -> None:
    """The train view: form left, pictures and curves right, latent explorer below."""
    values = form.preset_values(form.default_preset())
    with gr.Row(elem_id="gv-train-view", equal_height=False):
        with gr.Column(elem_id="gv-side", scale=0, min_width=280):
            with gr.Column(elem_id="gv-side-head", scale=0):
                preset = gr.Dropdown(
                    choices=[(item.label, name) for name, item in registry.PRESETS],
                    label="Preset",
                    value=form.default_preset(),
                    filterable=True,
                    elem_id="gv-f-preset",
                    interactive=True,
                    elem_classes=["gv-field", "gv-basic"],
                )
                static('<p id="gv-preset-why" class="gv-why"></p>', "gv-preset-why-box")
                train = gr.Button("Train", variant="primary", size="lg", elem_id="gv-train")
                static(CONTROLS, "gv-controls-box")
                replace = gr.Button("Stop it and start this one", size="sm", elem_id="gv-replace")
            with gr.Column(elem_id="gv-settings", scale=1):
                controls = form.basic_controls(values) | form.advanced_controls(values)
        with gr.Column(elem_id="gv-main", scale=1):
            with gr.Row(elem_id="gv-watch", equal_height=True):
                static(watch_panel.GRID, "gv-grid-box")
                static(watch_panel.CHARTS, "gv-charts-box")
            static(latent_panel.LATENT, "gv-latent-box")
    answer = gr.Textbox(visible="hidden", elem_id="gv-answer")
    refresh = gr.Button("refresh", visible="hidden", elem_id="gv-refresh")
    fields = [controls[name] for name in form.FIELDS]
    _wire(manager, page, preset, fields, controls, train, replace, answer, refresh)


def _wire(
    manager: Any,
    page: gr.Blocks,
    preset: gr.Dropdown,
    fields: list,
    controls: dict,
    train: gr.Button,
    replace: gr.Button,
    answer: gr.Textbox,
    refresh: gr.Button,
) -> None:
    quiet = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    told = {"fn": None, "inputs": fields, "outputs": None, "show_progress": "hidden", "js": TELL}

    def start(*values: Any) -> str:
        return _start(manager, values[0], values[1:], replace=False)

    def stop_and_start(*values: Any) -> str:
        return _start(manager, values[0], values[1:], replace=True)

    for button, handler in ((train, start), (replace, stop_and_start)):
        button.click(handler, [preset, *fields], answer, **quiet).then(
            None,
            answer,
            None,
            js="(text) => { window.ganviz?.form.answer(text); }",
            show_progress="hidden",
        )
    preset.input(filled, preset, fields, **quiet).then(**told)
    preset.change(
        None,
        preset,
        None,
        show_progress="hidden",
        js="(name) => { window.gvPreset = name; window.ganviz?.form.preset(name); }",
    )
    refresh.click(lambda: _current(manager), None, [preset, *fields], **quiet).then(**told)

    def load(request: gr.Request) -> list:
        """What the address asks for (``?preset=NAME``), or the form of the current run."""
        wanted = request.query_params.get("preset")
        return (
            [wanted, *filled(wanted)] if wanted in registry.PRESETS.names() else _current(manager)
        )

    page.load(load, None, [preset, *fields], **quiet).then(**told)
    for name, component in controls.items():
        component.change(
            None,
            component,
            None,
            show_progress="hidden",
            js=f"(value) => {{ window.ganviz?.form.changed('{name}', value); }}",
        )
        if meta(name)["live"]:
            component.input(
                None,
                component,
                None,
                show_progress="hidden",
                js=f"(value) => {{ window.ganviz?.form.live('{name}', value); }}",
            )


def _start(manager: Any, preset: str, values: tuple, replace: bool) -> str:
    """Start a run from the form; the answer (JSON) says how it went, and which field is at
    fault."""
    try:
        config = form.read_all(preset, values)
        if replace:
            manager.stop_current()
        run = manager.start(config)
        return json.dumps({"ok": True, "run": run.id})
    except GanvizError as error:
        return json.dumps(
            {
                "ok": False,
                "sentence": error.sentence,
                "field": error.field,
                "busy": isinstance(error, Busy),
            }
        )


def filled(preset: str) -> list:
    """Every field's value under the chosen preset."""
    settings = registry.PRESETS.get(preset, "preset").settings
    return [
        gr.skip()
        if name in form.KEPT and name not in settings
        else gr.update(value=form.shown(name, value))
        for name, value in form.preset_values(preset).items()
    ]


def _current(manager: Any) -> list:
    """The form as the current run has it (live settings included), so that every browser shows the
    same."""
    run = manager.current
    if run is None:
        return [gr.skip()] * (len(form.FIELDS) + 1)
    config = run.config
    known = config.preset if config.preset in registry.PRESETS.names() else gr.skip()
    return [known, *(form.shown(name, getattr(config, name)) for name in form.FIELDS)]


VIEW = View("train", "Train", 0, build)
