"""What goes on inside both networks: gradients layer by layer, D's verdicts, fidelity, and small
experiments.

``assets/inside/`` bring it to life.
"""

from __future__ import annotations

from ganviz import registry
from ganviz.ui import form
from ganviz.ui.view import View, static

EMPTY = """
<p class="gv-inside-empty">Once a run trains, its inside shows here: which layers learn, what D says, and how good the samples
  are.</p>
"""

LAYERS = """
<section class="gv-card gv-layers-card" aria-labelledby="gv-layers-title">
  <header class="gv-card-head">
    <h2 id="gv-layers-title">Layer by layer</h2>
    <span class="gv-caption" id="gv-layers-step"></span>
    <span class="gv-spring"></span>
    <div class="gv-switch" role="group" aria-label="What the bars show">
      <button type="button" data-measure="gradient" aria-pressed="true">Gradient</button>
      <button type="button" data-measure="weight" aria-pressed="false">Weights</button>
      <button type="button" data-measure="update" aria-pressed="false">Update</button>
    </div>
  </header>
  <p class="gv-say" id="gv-layers-say"></p>
  <div class="gv-nets" id="gv-nets"></div>
</section>
"""

HEAT = """
<section class="gv-card gv-heat-card" aria-labelledby="gv-heat-title">
  <header class="gv-card-head">
    <h2 id="gv-heat-title">Gradients over time</h2>
    <span class="gv-spring"></span>
    <span class="gv-heat-key" id="gv-heat-key" hidden><span></span><i></i><span></span></span>
  </header>
  <p class="gv-say">Each row is a layer, the first one on top; time runs to the right. Bright is a strong gradient, dark a
    faint one.</p>
  <div class="gv-heats" id="gv-heats"></div>
  <p class="gv-caption gv-heat-at" id="gv-heat-at" aria-live="off"></p>
</section>
"""

OUTPUTS = """
<section class="gv-card gv-outputs-card" aria-labelledby="gv-outputs-title">
  <header class="gv-card-head">
    <h2 id="gv-outputs-title">What D says</h2>
    <span class="gv-caption" id="gv-outputs-step"></span>
    <span class="gv-spring"></span>
    <span class="gv-mark" data-role="real">real</span><span class="gv-mark" data-role="fake">generated</span>
  </header>
  <p class="gv-say" id="gv-outputs-say"></p>
  <div class="gv-draw" id="gv-outputs-plot"></div>
  <div class="gv-tiles" id="gv-outputs-tiles"></div>
</section>
"""

FIDELITY = """
<section class="gv-card gv-fidelity-card" aria-labelledby="gv-fidelity-title">
  <header class="gv-card-head">
    <h2 id="gv-fidelity-title">How true, how varied</h2>
    <span class="gv-caption" id="gv-fidelity-step"></span>
  </header>
  <p class="gv-say" id="gv-fidelity-say"></p>
  <div class="gv-fidelity-body">
    <table class="gv-figures-table" id="gv-fidelity-table"></table>
    <div class="gv-classes-box"><p class="gv-caption" id="gv-classes-say"></p>
      <div class="gv-draw" id="gv-classes-plot"></div></div>
  </div>
</section>
"""

LAB = """
<section class="gv-card gv-lab-card" id="gv-lab" aria-labelledby="gv-lab-title">
  <header class="gv-card-head"><h2 id="gv-lab-title">Try it: does a gradient arrive?</h2></header>
  <p class="gv-say">Build a generator of plain layers for points in the plane, and see its gradients before the first step.
    Nothing here touches the run that trains.</p>
  <div class="gv-lab-body">
    <form class="gv-lab-form" id="gv-lab-form">
      <div class="gv-lab-chips" id="gv-lab-chips" role="group" aria-label="Set-ups to begin with"></div>
      <label class="gv-lab-field"><span>Hidden layers</span><output id="gv-lab-depth-out">8</output>
        <input type="range" name="depth" id="gv-lab-depth" min="1" max="32" value="8"></label>
      <label class="gv-lab-field"><span>Activation</span><select name="activation">ACTIVATION</select></label>
      <label class="gv-lab-field"><span>Initial weights</span><select name="init">INIT</select></label>
      <label class="gv-lab-field"><span>Norm</span><select name="norm">NORM</select></label>
      <label class="gv-lab-field gv-lab-check"><input type="checkbox" name="residual">
        <span>Residual: a skip around each layer</span></label>
    </form>
    <div class="gv-lab-plot">
      <h3>At initialisation</h3>
      <p class="gv-say" id="gv-initial-say" role="status"></p>
      <div class="gv-draw" id="gv-initial-plot"></div>
    </div>
    <div class="gv-lab-plot">
      <h3>While D learns and G stands still</h3>
      <p class="gv-say" id="gv-frozen-say" role="status">G is frozen and D learns to tell its points from eight Gaussians. How
        much gradient would each objective leave to G?</p>
      <div class="gv-draw" id="gv-frozen-plot"></div>
      <div class="gv-lab-go">
        <label class="gv-inline">D learns with <select name="objective" id="gv-frozen-objective">OBJECTIVE</select></label>
        <span class="gv-spring"></span>
        <button type="button" class="gv-button gv-small gv-strong" id="gv-frozen-go">Freeze G, train D</button>
      </div>
    </div>
  </div>
</section>
"""


def build() -> None:
    """Five cards on one page; on a phone one below the other."""
    lab = LAB
    for place, field in (
        ("ACTIVATION", "activation"),
        ("INIT", "init"),
        ("NORM", "g_norm"),
        ("OBJECTIVE", "objective"),
    ):
        lab = lab.replace(place, _options(field))
    static(
        f'<div class="gv-inside" '
        f'id="gv-inside">{EMPTY}{LAYERS}{HEAT}{OUTPUTS}{FIDELITY}{lab}</div>',
        "gv-inside-box",
    )


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
