"""What goes on inside both networks: gradients layer by layer, D's verdicts, fidelity, and small
experiments.

``assets/inside/`` bring it to life.
"""

from __future__ import annotations

from ganviz import registry
from ganviz.ui import form
from ganviz.ui.view import View, static

EMPTY = """
<p class="gv-inside-empty">Once a run trains, its inside shows here: which layers learn, what D
  says, and how good the samples
  are.</p>
"""

PLAIN_GENERATOR = """
<section class="gv-card gv-plain-card" id="gv-plain" aria-labelledby="gv-plain-title">
  <header class="gv-card-head"><h2 id="gv-plain-title">Try it: does a gradient arrive?</h2></header>
  <p class="gv-say">Build a generator of plain layers for points in the plane, and see its gradients
    before the first step.
    Nothing here touches the run that trains.</p>
  <div class="gv-plain-body">
    <form class="gv-plain-form" id="gv-plain-form">
      <div class="gv-plain-chips" id="gv-plain-chips" role="group"
        aria-label="Set-ups to begin with"></div>
      <label class="gv-plain-field"><span>Hidden layers</span><output
        id="gv-plain-depth-out">8</output>
        <input type="range" name="depth" id="gv-plain-depth" min="1" max="32" value="8"></label>
      <label class="gv-plain-field"><span>Activation</span><select
        name="activation">ACTIVATION</select></label>
      <label class="gv-plain-field"><span>Initial weights</span><select
        name="init">INIT</select></label>
      <label class="gv-plain-field"><span>Norm</span><select name="norm">NORM</select></label>
      <label class="gv-plain-field gv-plain-check"><input type="checkbox" name="residual">
        <span>Residual: a skip around each layer</span></label>
    </form>
    <div class="gv-plain-plot">
      <h3>At initialisation</h3>
      <p class="gv-say" id="gv-initial-say" role="status"></p>
      <div class="gv-draw" id="gv-initial-plot"></div>
    </div>
    <div class="gv-plain-plot">
      <h3>While D learns and G stands still</h3>
      <p class="gv-say" id="gv-frozen-say" role="status">G is frozen and D learns to tell its points
        from eight Gaussians. How
        much gradient would each objective leave to G?</p>
      <div class="gv-draw" id="gv-frozen-plot"></div>
      <div class="gv-plain-go">
        <label class="gv-inline">D learns with <select name="objective"
          id="gv-frozen-objective">OBJECTIVE</select></label>
        <span class="gv-spring"></span>
        <button type="button" class="gv-button gv-small gv-strong" id="gv-frozen-go">Freeze G, train
          D</button>
      </div>
    </div>
  </div>
</section>
"""


def build() -> None:
    """The laboratory; ``assets/inside/inside.js`` puts a card before it for each that a probe
    declares."""
    section = PLAIN_GENERATOR
    for place, field in (
        ("ACTIVATION", "activation"),
        ("INIT", "init"),
        ("NORM", "g_norm"),
        ("OBJECTIVE", "objective"),
    ):
        section = section.replace(place, _options(field))
    static(f'<div class="gv-inside" id="gv-inside">{EMPTY}{section}</div>', "gv-inside-box")


def _options(field: str) -> str:
    """The choices of a setting as the form names them."""
    choices = form.choices(field)
    if field == "objective":
        choices = [(item.label, name) for name, item in registry.OBJECTIVES]
    first = {"activation": "sigmoid", "objective": "non-saturating"}.get(field)
    return "".join(
        f'<option value="{value}"{" selected" if value == first else ""}>{label}</option>'
        for label, value in choices
    )


VIEW = View("inside", "Inside", 10, build)
