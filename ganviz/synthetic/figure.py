"""The figures of a report: what each is called, says and would ideally be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ganviz.synthetic.intervals import Estimate

Report = Callable[[float, str], None]
"""``report(fraction, sentence)``; it may raise to stop."""


@dataclass(frozen=True)
class ReportFigure:
    """``question``: the number of the question that it belongs to, see `QUESTIONS`. ``format``:
    figure, percent. ``reads``: which way is better, or what it means."""

    name: str
    label: str
    question: int
    reads: str
    format: str = "figure"


@dataclass(frozen=True)
class Row:
    """A figure of S, of held-out pictures in its place (``control``), and what it would be for new
    real pictures (``ideal``); ``why_not``: a sentence, where S was not measured."""

    figure: ReportFigure
    synthetic: Estimate | None = None
    control: Estimate | None = None
    ideal: Estimate | None = None
    why_not: str = ""


def exactly(value: float) -> Estimate:
    """A value known without measuring."""
    return Estimate(value, value, value, {})


QUESTIONS = (
    "Do single pictures look right?",
    "Is all of it there, and nothing else?",
    "Are the classes right?",
    "Can others work with it?",
    "Does it hold copies?",
    "Is it nearer to what was learned than to what was not?",
    "Can somebody tell who was in the training data?",
    "Are the pictures its own?",
)

FIGURES = {
    figure.name: figure
    for figure in (
        ReportFigure(
            "fid",
            "FID",
            1,
            "Fréchet distance of the features, extrapolated to any number of pictures: lower is "
            "better.",
        ),
        ReportFigure("kid", "KID", 1, "Unbiased kernel distance of the features: lower is better."),
        ReportFigure("precision", "Precision", 2, "Virtual pictures among real ones.", "percent"),
        ReportFigure("recall", "Recall", 2, "Real pictures among virtual ones.", "percent"),
        ReportFigure("density", "Density", 2, "Like precision; outliers count less. Can exceed 1."),
        ReportFigure(
            "coverage", "Coverage", 2, "Real pictures with a virtual one near.", "percent"
        ),
        ReportFigure(
            "balance",
            "Class balance",
            3,
            "Reverse KL of the classes seen from those asked for, in nats: lower is better.",
        ),
        ReportFigure(
            "labels", "Labels right", 3, "Classes seen that are those asked for.", "percent"
        ),
        ReportFigure(
            "utility",
            "Trained on virtual, tested on real",
            4,
            "Accuracy on held-out pictures over that of a classifier trained on as many real ones.",
        ),
        ReportFigure(
            "utility_added",
            "Trained on real and virtual",
            4,
            "The same for a classifier that learns from both: above 1, the virtual ones help.",
        ),
        ReportFigure(
            "copies",
            "Copies",
            5,
            "Virtual pictures nearer to a training picture than 99 % of new real ones are.",
            "percent",
        ),
        ReportFigure(
            "nearest_train",
            "Nearest to training",
            6,
            "Virtual pictures nearer to a training picture than to any of as many held-out ones.",
            "percent",
        ),
        ReportFigure(
            "attack_d",
            "Attack with D",
            7,
            "Area under the curve of telling training from held-out pictures by D's score (white "
            "box: LOGAN).",
        ),
        ReportFigure(
            "attack_d_sure",
            "Attack with D, at 1 % false alarms",
            7,
            "Training pictures that it finds.",
            "percent",
        ),
        ReportFigure(
            "attack_nearest",
            "Attack with the nearest virtual picture",
            7,
            "The same by the distance to the nearest virtual picture alone (black box: GAN-Leaks).",
        ),
        ReportFigure(
            "attack_nearest_sure",
            "Attack with the nearest virtual picture, at 1 % false alarms",
            7,
            "Training pictures that it finds.",
            "percent",
        ),
        ReportFigure(
            "authenticity",
            "Authenticity",
            8,
            "Virtual pictures farther from their nearest training picture than that one's own "
            "nearest is.",
            "percent",
        ),
    )
}
