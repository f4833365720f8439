"""Figure 4 of a report: can others work with it? A classifier learns from synthetic pictures and is
tested on real ones that nobody learned from (TSTR; Ravuri and Vinyals 2019 call the accuracy the
Classification Accuracy Score)."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import torch
from torch import Tensor

from ganviz import device as devices
from ganviz import pacing
from ganviz.probes.classifier import correct, train_classifier
from ganviz.synthetic.evidence import EvaluationData, Pictures, too_few_held_out
from ganviz.synthetic.figure import FIGURES, Row, exactly
from ganviz.synthetic.interruption import interruption_point
from ganviz.synthetic.intervals import Estimate, estimate

SEEDS = 3
STEPS = 300
MOST = 10_000
LEAST, LEAST_TESTED = 200, 50

Notify = Callable[[float], None]


def utility_rows(evidence: EvaluationData, notify: Notify = lambda done: None) -> list[Row]:
    """The accuracy of classifiers trained on S, and on T and S together, on H, over that of those
    trained on as many of T; the control learns from one half of H and is tested on the other."""
    figures = [FIGURES[name] for name in ("utility", "utility_added")]
    why = _why_not(evidence)
    held, in_place, test = evidence.held, evidence.in_place, evidence.never_seen
    if why or held is None or in_place is None or test is None:
        return [Row(figure, why_not=why) for figure in figures]
    synthetic = evidence.synthetic[:MOST]
    train = evidence.train[: len(synthetic)]
    as_many = evidence.train[: len(in_place)]
    pairs = {
        "synthetic": (synthetic, held),
        "train": (train, held),
        "both": (train + synthetic, held),
        "control": (in_place, test),
        "as many": (as_many, test),
    }
    classes = len(evidence.classes)
    jobs = [(name, seed) for name in pairs for seed in range(SEEDS)]
    right: dict[str, list[Tensor]] = {name: [] for name in pairs}
    with _workers() as (pool, ended):
        results = [pool.submit(_right, *pairs[name], classes, seed, ended) for name, seed in jobs]
        for done, ((name, _), result) in enumerate(zip(jobs, results, strict=True)):
            while not wait([result], pacing.JOIN_POLL_INTERVAL).done:
                interruption_point()
            right[name].append(result.result())
            notify((done + 1) / len(jobs))
    hits = {name: torch.stack(each) for name, each in right.items()}
    learned = {"pictures": len(synthetic)}
    return [
        Row(
            figures[0],
            _ratio(hits["synthetic"], hits["train"], learned),
            _ratio(hits["control"], hits["as many"], {"pictures": len(in_place)}),
            exactly(1.0),
        ),
        Row(figures[1], _ratio(hits["both"], hits["train"], {"pictures": len(train + synthetic)})),
    ]


def _why_not(evidence: EvaluationData) -> str:
    if len(evidence.classes) < 2 or evidence.train.y is None:
        return "It takes labelled pictures of at least two classes."
    if evidence.synthetic.y is None or not evidence.requested:
        return "The generator knows no classes, so its pictures have no labels to learn."
    if evidence.held is None:
        return evidence.why_none_held
    if len(evidence.held) < 2 * LEAST_TESTED:
        return too_few_held_out(2 * LEAST_TESTED, len(evidence.held))
    if min(len(evidence.train), len(evidence.synthetic)) < LEAST:
        return f"It takes {LEAST} pictures to learn from, of each kind."
    return ""


@contextmanager
def _workers() -> Iterator[tuple[ThreadPoolExecutor, threading.Event]]:
    """As many trainings at a time as the calling thread may use cores; each takes one, so that what
    it comes to does not depend on how many there are. The event is set when the block is left by
    an error: nobody waits for what they come to then."""
    ended = threading.Event()
    with ThreadPoolExecutor(
        torch.get_num_threads(), initializer=devices.prepare_serving_thread
    ) as pool:
        try:
            yield pool, ended
        except BaseException:
            ended.set()
            pool.shutdown(cancel_futures=True)
            raise


def _right(
    pictures: Pictures, test: Pictures, classes: int, seed: int, ended: threading.Event
) -> Tensor:
    """Which of ``test`` a classifier trained on ``pictures`` names rightly: float64 [N]. Raises
    `MeasurementCancelled` when it is ``ended``."""
    assert pictures.y is not None and test.y is not None
    network = train_classifier(pictures.x, pictures.y, classes, seed, STEPS, ended.is_set)
    return correct(network, test.x, test.y, ended.is_set)


def _ratio(hits: Tensor, over: Tensor, learned: dict[str, int]) -> Estimate:
    """The ratio of two accuracies, from hits [seeds, tested]; its interval is over the tested
    pictures and over the seeds."""
    random = torch.Generator().manual_seed(3)

    def measure(index: Tensor) -> float:
        if len(index) == hits.shape[1]:
            return float(hits.mean() / over.mean().clamp_min(1e-9))
        some = [torch.randint(len(each), (len(each),), generator=random) for each in (hits, over)]
        return float(
            hits[some[0]][:, index].mean() / over[some[1]][:, index].mean().clamp_min(1e-9)
        )

    sizes = {"tested": hits.shape[1]}
    found = estimate(measure, sizes, (0, math.inf))
    return Estimate(found.value, found.low, found.high, {**learned, **sizes, "seeds": len(hits)})
