"""The app as ``python app.py`` starts it, but for a training that leaves eight ninths of its core
to the browser: what a page shows does not depend on how many steps a second there are. Nor do its
measuring threads stand behind everything else: beside two browsers they would get no turn, and a
test, or the end of a run, would wait for them. What only measures how good the pictures are, more
than half of what such a short run computes, does not begin. There are 6,000 glyphs, not 60,000:
they are drawn, read and searched in a tenth of the time; and the classifier that looks at them
learns for a quarter of its steps."""

import os
import sys
import time

from ganviz.data import glyphs
from ganviz.engine.trainer import Trainer
from ganviz.probes import features
from ganviz.probes.fidelity import Fidelity
from ganviz.probes.held_out_scores import HeldOut
from ganviz.ui.launch import main

MOST_SECONDS = 0.1
step = Trainer.step


def step_and_rest(trainer: Trainer) -> None:
    began = time.perf_counter()
    step(trainer)
    time.sleep(min(MOST_SECONDS, 8 * (time.perf_counter() - began)))


if __name__ == "__main__":
    Trainer.step = step_and_rest
    Fidelity.first = HeldOut.first = 3600.0
    glyphs.COUNT = 6_000
    features.STEPS //= 4
    os.setpriority = lambda *_: None
    sys.exit(main())
