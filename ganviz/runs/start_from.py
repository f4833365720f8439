"""A new run that begins with the networks of a trained one: on other pictures, of other classes or
colours, under other settings (Wang et al. 2018). To keep D's first layers as they are (FreezeD, Mo
et al. 2020) is the setting ``freeze_d``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganviz.algorithms.ema import Ema
from ganviz.config import RunConfig
from ganviz.data import check_data, expected_spec
from ganviz.data.source import DataSpec
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.memory_need import check_memory
from ganviz.engine.observer import Observer
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError, GanvizError
from ganviz.models import build_discriminator, build_generator
from ganviz.models.transfer import Side, Transfer, transfer
from ganviz.registry import DATASETS
from ganviz.runs.listing import run_info
from ganviz.runs.trained import read_spec
from ganviz.text import listed

# what a sentence names of the weights that begin anew
MOST_NAMED = 4
WORDS = {"generator": "G", "discriminator": "D", "encoder": "the encoder", "ema": "the average"}


@dataclass(frozen=True)
class Parent:
    """A trained run, as far as another one takes it over. ``name``: what a person calls it."""

    name: str
    side: Side
    state: TrainingState

    @classmethod
    def open(cls, folder: Path | str, step: int | None = None) -> Parent:
        """Its newest valid checkpoint, or that of ``step``. Nothing in it is executed. Raises
        `CheckpointError`."""
        folder = Path(folder)
        path = folder if step is None else checkpoint.path_of(folder / checkpoint.CHECKPOINTS, step)
        config, state = checkpoint.load(path, training=False)
        home = state.path.parent.parent if state.path else folder
        info = run_info(home)
        name = info.title if info else home.name
        return cls(name, Side(config, read_spec(state)), state)

    @property
    def origin(self) -> str:
        return f"{self.name} at step {self.state.step:,}"

    def taken_by(self, part: str, module: nn.Module, new: Side) -> Transfer:
        """What ``module``, the ``part`` of a run of ``new``, takes over."""
        saved = self.state.part(part)
        if part == "ema" and not saved:
            saved = self.state.part("generator")
        own = module.state_dict()
        if self.refusal(part, new):
            saved = {}
        return transfer(own, saved, self.side, new)

    def refusal(self, part: str, new: Side) -> str:
        """Why ``part`` of a run of ``new`` takes nothing over, as part of a sentence; else ""."""
        field = "generator" if part in ("generator", "ema") else "discriminator"
        before, now = (getattr(side.config, field) for side in (self.side, new))
        return "" if before == now else f"its {field} is {before!r} and the new one's {now!r}"


def started_from(
    parent: Parent,
    config: RunConfig,
    store: Any,
    device: torch.device,
    data_root: Path,
    observers: Sequence[Observer] = (),
    reclaimable: int = 0,
) -> Run:
    """A new run of ``config``, not yet started, that begins with the networks of ``parent``: with
    optimisers and steps of its own, and with all that it needs in its own folder.

    ``store``: makes the `RunStore` (or None) when nothing is left to refuse. ``reclaimable``: bytes
    of memory that will be free by then. Raises `ConfigError` where nothing of ``parent`` fits, and
    leaves no folder then.
    """
    config = check_data(config)
    if config.private:
        raise ConfigError(
            "Private training begins with fresh networks: epsilon would not count what those of "
            "{name} have learned from their pictures. Set private to false, or train anew.",
            "private",
            name=parent.name,
        )
    check_fits_at_all(parent, config)
    check_memory(config, device, reclaimable=reclaimable)
    run = Run(
        config,
        store(config),
        device,
        data_root,
        restore=lambda trainer: _begin(run, trainer, parent),
        observers=observers,
    )
    run.saves_at_start = True
    if run.store:
        run.store.describe(origin=parent.origin)
    run.log("note", sentence=f"Begins with the networks of {parent.origin}.", level="info")
    return run


def check_fits_at_all(parent: Parent, config: RunConfig) -> None:
    """Raise `ConfigError` where a run of ``config`` would take nothing over from ``parent``, as far
    as that can be seen without loading the data."""
    new = Side(config, _expected(config))
    if parent.side.spec.kind != new.spec.kind:
        raise ConfigError(
            "{name} was trained on {before}, and this run on {now}: their networks have nothing "
            "in common.",
            "data",
            name=parent.name,
            before=parent.side.spec.kind,
            now=new.spec.kind,
        )
    reasons = [parent.refusal(part, new) for part in ("generator", "discriminator")]
    if any(
        not reason and _taken(parent, part, new)
        for part, reason in zip(("generator", "discriminator"), reasons, strict=True)
    ):
        return
    why = listed([reason for reason in reasons if reason]) or "no weight has the same shape"
    raise ConfigError(
        "Nothing of {name} fits these settings: {why}. Take its networks and widths, or train "
        "anew.",
        "generator",
        name=parent.name,
        why=why,
    )


def _taken(parent: Parent, part: str, new: Side) -> int:
    """How many weights of ``part`` a run of ``new`` takes over. The networks are made without
    memory."""
    build = build_generator if part == "generator" else build_discriminator
    if part == "discriminator" and not new.config.adversarial:
        return 0
    try:
        with torch.device("meta"):
            network = build(new.config, new.spec)
    except GanvizError:
        raise
    except (RuntimeError, ValueError, TypeError) as error:
        raise ConfigError(f"These settings make no {part}: {str(error)[:120]}.", part) from None
    return parent.taken_by(part, network, new).taken


def _expected(config: RunConfig) -> DataSpec:
    spec = expected_spec(config)
    list_classes = DATASETS.get(config.data, "data").list_classes
    if list_classes is not None and config.conditional:
        spec = replace(spec, classes=tuple(list_classes(config)))
    return spec


def _begin(run: Run, trainer: Trainer, parent: Parent) -> float:
    """Put the parent's weights into a fresh trainer, and say in the run's log what was taken; no
    second has been trained yet."""
    algorithm, new = trainer.algorithm, Side(trainer.config, trainer.source.spec)
    taken = {
        part: parent.taken_by(part, module, new)
        for part, module in {**algorithm.networks, "ema": algorithm.ema.network}.items()
    }
    weights: dict[str, Tensor] = {
        f"{part}/{name}": value
        for part, one in taken.items()
        for name, value in one.weights.items()
    }
    trainer.load(weights, None)
    if not taken["ema"].fresh:
        algorithm.ema.updates = updates_to_full_decay(algorithm.ema)
    run.log("note", sentence=sentence_of(taken, parent, new), level="info")
    return 0.0


def updates_to_full_decay(average: Ema) -> int:
    """After how many updates a moving average has its full decay: one that begins with a trained
    average has no random weights to forget, and does not ramp up (as in Karras et al. 2020)."""
    decay = average.decay
    return max(0, math.ceil((10 * decay - 1) / (1 - decay)))


def sentence_of(taken: Mapping[str, Transfer], parent: Parent, new: Side) -> str:
    """What was taken over, and what begins anew and why."""
    parts = [
        f"{WORDS.get(part, part)} {one.taken:,} of {one.total:,} weights"
        for part, one in taken.items()
    ]
    sentence = f"Taken over from {parent.origin}: {listed(parts)}; optimisers begin anew."
    for part, one in taken.items():
        why = parent.refusal(part, new)
        if part == "ema" or not one.fresh:
            continue
        word = WORDS.get(part, part)
        if why:
            sentence += f" {word} begins anew, for {why}."
        else:
            more = len(one.fresh) - MOST_NAMED
            names = one.fresh[:MOST_NAMED] + ([f"{more} more"] if more > 0 else [])
            sentence += f" In {word} these begin anew: {listed(names)}."
    return sentence
