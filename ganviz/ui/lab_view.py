"""The lab: the whole game in one picture, one move at a time, beside what its samples do.
``assets/lab/lab.js`` brings it to life."""

from __future__ import annotations

from ganviz.ui.view import View, static

EMPTY = """
<section class="gv-card gv-lab-empty" id="gv-lab-empty" aria-labelledby="gv-lab-empty-title">
  <h2 id="gv-lab-empty-title">See the game itself</h2>
  <p class="gv-say" id="gv-lab-empty-say">Noise becomes fakes, D judges them beside reals, and both
    networks learn from D's verdict. Start a set-up, and each move of it shows here.</p>
  <button type="button" class="gv-button gv-strong" id="gv-lab-start">Start</button>
</section>
"""

GAME = """
<section class="gv-card gv-lab-game" id="gv-lab-game" aria-labelledby="gv-lab-title">
  <header class="gv-card-head">
    <h2 id="gv-lab-title">The game</h2>
    <span class="gv-caption" id="gv-lab-caption"></span>
    <span class="gv-spring"></span>
  </header>
  <div class="gv-lab-board">
    <div class="gv-lab-graph" id="gv-lab-graph"></div>
    <p class="gv-note" id="gv-lab-sentence" role="status" hidden></p>
  </div>
  <div class="gv-lab-replay" id="gv-lab-replay" role="group" aria-label="Replay of a step"></div>
  <div class="gv-lab-steps" id="gv-lab-steps" role="group" aria-label="Take steps"></div>
  <div id="gv-lab-next"></div>
  <div class="gv-lab-part" id="gv-lab-part"></div>
  <div id="gv-lab-changes"></div>
</section>
"""

SAMPLES = """
<section class="gv-card gv-lab-canvas" id="gv-lab-canvas" aria-label="The plane of samples">
</section>
"""

PICTURES = """
<section class="gv-card gv-lab-pictures" id="gv-lab-pictures"
  aria-labelledby="gv-lab-pictures-title"></section>
"""

LESSON = '<aside class="gv-card gv-lab-lesson" id="gv-lab-lesson" aria-label="Lesson"></aside>'

TOOLS = '<div class="gv-lab-tools" id="gv-lab-tools"></div>'


def build() -> None:
    """The graph left, the samples right, tools below both."""
    static(
        f'<div class="gv-lab" id="gv-lab">{LESSON}{EMPTY}{GAME}{SAMPLES}{PICTURES}{TOOLS}</div>',
        "gv-lab-box",
    )


VIEW = View("lab", "Lab", 3, build)
