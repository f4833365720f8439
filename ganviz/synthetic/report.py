"""The report on a run's virtual data: what it is measured with, and how it is kept as JSON."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.data.held_out import MIXED_SPLIT
from ganviz.data.source import DataSource, DataSpec
from ganviz.disk import finite_json
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.restore import fit
from ganviz.engine.snapshot import to_pictures
from ganviz.errors import CheckpointError, ConfigError
from ganviz.models import build_discriminator
from ganviz.probes.features import classifier_for
from ganviz.registry import DATASETS
from ganviz.runs.kept_data import with_data_at
from ganviz.runs.resume import compare_data
from ganviz.runs.sample_files import encoded
from ganviz.runs.trained import TrainedGenerator, from_state, read_spec
from ganviz.synthetic.evidence import EvaluationData, Pictures
from ganviz.synthetic.fidelity_figures import Model, class_rows, fidelity_rows
from ganviz.synthetic.figure import QUESTIONS, Report, Row
from ganviz.synthetic.interruption import interruptible, interruption_point, raise_if_interrupted
from ganviz.synthetic.labels import BALANCED, labels_for
from ganviz.synthetic.leaks import Pair, Scores, leak_rows
from ganviz.synthetic.promise import ASSUMED, promise, spent_by
from ganviz.synthetic.utility import utility_rows
from ganviz.synthetic.verdict import NOT_TESTED, ReportVerdict, verdict

FORMAT, VERSION = "ganviz-report", 1
MOST, LEAST = 10_000, 20
COMPONENTS = 64
CHUNK = 256
RANK_TOLERANCE = 1e-10
PIECE = 4 * CHUNK
TRAINED_ON = "Against the pictures that this run was trained on, as they were then."


@dataclass(frozen=True)
class DataReport:
    """All that a report says. ``about``: what it is of, for people and programs. ``pairs`` hold
    real pictures."""

    about: dict[str, Any]
    rows: list[Row]
    pairs: list[Pair]
    verdict: ReportVerdict
    not_tested: tuple[str, ...]

    def to_json(self, pairs: bool = True) -> dict[str, Any]:
        """As plain JSON. ``pairs``: with the closest pairs, whose pictures are PNGs in base64; real
        ones are among them."""
        return finite_json(
            {
                "format": FORMAT,
                "version": VERSION,
                **self.about,
                "verdict": asdict(self.verdict),
                "questions": QUESTIONS,
                "figures": [_figure(row) for row in self.rows],
                "pairs": [_pair(pair) for pair in self.pairs] if pairs else [],
                "not_tested": self.not_tested,
            }
        )


@dataclass(frozen=True)
class RunUnderTest:
    """A saved run with its data, as a report needs them. ``changes``: sentences that say how the
    data are others now than when it was saved."""

    folder: Path
    config: RunConfig
    state: TrainingState
    spec: DataSpec
    generator: TrainedGenerator
    source: DataSource
    changes: tuple[str, ...] = ()

    @classmethod
    def load(
        cls,
        folder: Path,
        data_root: Path,
        device: torch.device | str,
        report: Report,
        data_path: str | None = None,
    ) -> RunUnderTest:
        """``data_path``: where the run's folder of pictures is now, None where it was.

        Raises `CheckpointError`, `DataError`, or `ConfigError` for a run of points and for one
        whose classes have changed: a report would take one for another."""
        config, state = checkpoint.load(folder, training=False)
        spec = read_spec(state)
        if spec.kind != "images":
            raise ConfigError(
                "This run draws points, and virtual data are pictures: write points with ganviz "
                "sample --out points.npz.",
                "run",
            )
        config = with_data_at(config, data_path)
        generator = from_state(config, state, device)
        source = load_data(config, "cpu", data_root, lambda fraction, text: report(0.0, text))
        changes = tuple(compare_data(spec, source.spec, config.conditional))
        return cls(Path(folder), config, state, spec, generator, source, changes)

    @property
    def fingerprint(self) -> str:
        """Tells these weights of the generator from others."""
        digest = hashlib.sha256()
        for value in self.generator.network.state_dict().values():
            digest.update(value.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:32]

    @property
    def why_none_held(self) -> str:
        """A sentence, where its held-out pictures are not (or no longer) known; else ""."""
        if self.spec.split == MIXED_SPLIT:
            return (
                "The real pictures changed while this run was being trained, so its networks have "
                "seen some of those that are held out now."
            )
        if self.spec.split and self.spec.split != self.source.spec.split:
            return (
                "The real pictures are not those that this run was trained on any more, so nobody "
                "knows which of them its networks have seen."
            )
        return ""

    def labels(self, n: int, seed: int, balance: str) -> list[int] | None:
        """The classes of ``n`` pictures, see `labels_for`."""
        return labels_for(len(self.generator.classes), self.source.labels, n, seed, balance)

    def draw(self, n: int, seed: int, balance: str) -> Pictures:
        """``n`` pictures as a data set would hold them."""
        labels = self.labels(n, seed, balance)
        parts = []
        for x, _ in self.generator.batches(n, seed, labels):
            interruption_point()
            parts.append(to_pictures(x))
        x = torch.cat([torch.from_numpy(part) for part in parts]).permute(0, 3, 1, 2).contiguous()
        return Pictures(x, None if labels is None else torch.tensor(labels))

    def scores(self) -> tuple[Scores | None, str]:
        """D's score of pictures, or a sentence that says why there is none."""
        weights = self.state.part("discriminator")
        if not self.config.adversarial or not weights:
            return None, "This run has no discriminator that could be asked."
        config, device = self.config, next(self.generator.parameters()).device
        network = build_discriminator(config, self.spec)
        try:
            fit(network, weights, "discriminator")
        except CheckpointError as error:
            return None, error.sentence
        network = network.to(device).eval().requires_grad_(False)

        @torch.no_grad()
        def score(pictures: Pictures) -> Tensor:
            parts = []
            for first in range(0, len(pictures), CHUNK):
                interruption_point()
                some = pictures[first : first + CHUNK]
                # a D of packs judges each picture beside copies of itself
                x = some.floats.to(device).repeat_interleave(config.pac, 0)
                y = some.y.to(device) if config.conditional and some.y is not None else None
                parts.append(network(x, y).float().flatten().cpu())
            return torch.cat(parts)

        return score, ""


def make_report(
    run: RunUnderTest,
    report: Report,
    data_root: Path,
    n: int = MOST,
    seed: int = 0,
    balance: str = BALANCED,
    synthetic: Pictures | None = None,
) -> DataReport:
    """Measure ``n`` pictures of ``run``: those that are ``synthetic``, or as many drawn anew.

    The same for the same ``seed``, up to rounding. ``report(fraction, sentence)`` may raise to
    stop: it is called several times a second, wherever the work is. Raises `ConfigError`.
    """
    if n < LEAST:
        raise ConfigError(f"A report takes {LEAST} pictures at least.", "n")
    newest = (0.0, "")

    def noted(fraction: float, sentence: str) -> None:
        nonlocal newest
        newest = fraction, sentence
        report(fraction, sentence)

    with interruptible(lambda: report(*newest)):
        return _measured(run, noted, data_root, n, seed, balance, synthetic)


def _measured(
    run: RunUnderTest,
    report: Report,
    data_root: Path,
    n: int,
    seed: int,
    balance: str,
    synthetic: Pictures | None,
) -> DataReport:
    began = time.time()
    if synthetic is None:
        report(0.02, "Drawing pictures.")
        synthetic = run.draw(min(n, MOST), seed, balance)
    evidence = EvaluationData.of(
        run.source, synthetic[:MOST], run.config.conditional, run.why_none_held
    )
    report(0.05, "Teaching a feature net.")
    model, features, named = _features(evidence, run.source.spec, data_root)
    report(0.12, "Measuring fidelity and diversity.")
    rows = [*fidelity_rows(evidence, model), *class_rows(evidence, model, named)]
    rows += utility_rows(evidence, _between(report, 0.35, 0.7, "Training classifiers on both."))
    score, no_score = run.scores()
    leaks, pairs = leak_rows(
        evidence, score, no_score, _between(report, 0.7, 0.98, "Looking for copies, attacking.")
    )
    rows = sorted([*rows, *leaks], key=lambda row: row.figure.question)
    report(1.0, "The report is made.")
    spent = spent_by(run.state.info)
    about = {
        "run": run.folder.name,
        "step": run.generator.step,
        "data": run.source.spec.name,
        "label": DATASETS.get(run.config.data, "data").label,
        "shape": list(run.source.spec.shape),
        "classes": list(run.generator.classes),
        "made": time.strftime("%Y-%m-%d", time.gmtime(began)),
        "seconds": round(time.time() - began, 1),
        "seed": seed,
        "balance": balance if run.generator.classes else "",
        "features": features,
        "privacy": None if spent is None else {**spent, "assumes": ASSUMED},
        "n": {
            "synthetic": len(evidence.synthetic),
            "training": len(evidence.train),
            "held_out": len(evidence.held) if evidence.held else 0,
        },
    }
    known = (f"{TRAINED_ON} {' '.join(run.changes)}",) if run.changes else ()
    return DataReport(about, rows, pairs, verdict(rows, promise(spent)), (*known, *NOT_TESTED))


def _between(report: Report, low: float, high: float, sentence: str) -> Callable[[float], None]:
    """Reports the fraction done of a part, from now on."""
    report(low, sentence)
    return lambda done: report(low + (high - low) * done, sentence)


def _features(evidence: EvaluationData, spec: DataSpec, data_root: Path) -> tuple[Model, str, bool]:
    """A net that has seen neither H nor the training pictures that are compared with; its name; and
    whether it names classes."""
    lesson = evidence.lesson
    own = classifier_for(DataSource(spec, lesson.x, lesson.y), data_root, raise_if_interrupted)
    if own is not None:
        return _in_pieces(own), own.name, True
    x = lesson.rows if len(lesson) > 1 else evidence.train.rows
    mean, count = x.mean(0), min(COMPONENTS, x.shape[1], len(x) - 1)
    axes = principal_axes(x[:2000] - mean, count)

    def project(pictures: Tensor) -> tuple[Tensor, None]:
        rows = (pictures.flatten(1) + 1) * 127.5
        return (rows - mean) @ axes.T / 255, None

    return _in_pieces(project), f"{count} principal components of the pixels", False


def principal_axes(rows: Tensor, count: int) -> Tensor:
    """The first ``count`` principal axes, float32 [count, D], of centred ``rows`` [N, D]; 0 where
    there are fewer. From the products of the shorter side, which can be interrupted: a singular
    value decomposition of large pictures takes half a minute in one piece."""
    rows = rows.double()
    wide = rows.shape[1] > rows.shape[0]
    table = rows if wide else rows.T.contiguous()
    products = []
    for part in table.split(CHUNK):
        interruption_point()
        products.append(part @ table.T)
    values, vectors = torch.linalg.eigh(torch.cat(products))
    interruption_point()
    values, vectors = values[-count:].flip(0), vectors[:, -count:].flip(1).T
    axes = torch.nn.functional.normalize(vectors @ rows) if wide else vectors
    there = values > RANK_TOLERANCE * values[0]
    return (axes * there[:, None]).float()


def _in_pieces(model: Model) -> Model:
    """``model``, which many pictures do not keep from being interrupted."""

    def of(x: Tensor) -> tuple[Tensor, Tensor | None]:
        features, probabilities = [], []
        for part in x.split(PIECE):
            interruption_point()
            found, named = model(part)
            features.append(found)
            if named is not None:
                probabilities.append(named)
        return torch.cat(features), torch.cat(probabilities) if probabilities else None

    return of


def _figure(row: Row) -> dict[str, Any]:
    return {
        **asdict(row.figure),
        **{
            kind: None if found is None else asdict(found)
            for kind, found in (
                ("synthetic", row.synthetic),
                ("control", row.control),
                ("ideal", row.ideal),
            )
        },
        "why_not": row.why_not,
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "synthetic": _png(pair.synthetic),
        "training": _png(pair.train),
        "distance": round(pair.distance, 3),
        "held_out": None if pair.held is None else _png(pair.held),
        "held_out_distance": None if pair.held_distance is None else round(pair.held_distance, 3),
    }


def _png(x: Tensor) -> str:
    return base64.b64encode(encoded(x.permute(1, 2, 0).numpy())).decode()
