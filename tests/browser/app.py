"""The app as ``python app.py`` starts it, but for a training that leaves two thirds of its core to
the browser: what a page shows does not depend on how many steps a second there are."""

import sys
import time

from ganviz.engine.trainer import Trainer
from ganviz.ui.launch import main

MOST_SECONDS = 0.05
step = Trainer.step


def step_and_rest(trainer: Trainer) -> None:
    began = time.perf_counter()
    step(trainer)
    time.sleep(min(MOST_SECONDS, 2 * (time.perf_counter() - began)))


if __name__ == "__main__":
    Trainer.step = step_and_rest
    sys.exit(main())
