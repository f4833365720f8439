"""Objectives x networks x kinds of data: what is legal trains, what is not is refused in a sentence
that names the field."""

import itertools

import pytest
import torch

from ganviz import registry
from ganviz.config import RunConfig
from ganviz.data.source import DataSource, DataSpec
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError

STEPS = 20
CPU = torch.device("cpu")
SMALL = {
    "image_size": 16,
    "batch_size": 4,
    "latent_dim": 4,
    "g_width": 4,
    "d_width": 4,
    "g_hidden": (16,),
    "d_hidden": (16,),
    "g_norm": "none",
    "steps": 1000,
}
DATA = {"images": "digits", "points": "ring8"}


def names(table):
    return [name for name in table.names() if "mistake" not in name]


COMBINATIONS = list(
    itertools.product(
        names(registry.OBJECTIVES), names(registry.GENERATORS), names(registry.DISCRIMINATORS), DATA
    )
)


@pytest.fixture(scope="module")
def sources():
    """Random stand-ins of the right shapes: the networks do not care."""
    random = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (64, 1, 16, 16), dtype=torch.uint8, generator=random)
    labels = torch.arange(64) % 10
    return {
        "images": DataSource(
            DataSpec("digits", "images", (1, 16, 16), 64, tuple("0123456789")), pictures, labels
        ),
        "points": DataSource(
            DataSpec("ring8", "points", (2,), 64), torch.randn(64, 2, generator=random)
        ),
    }


def config_of(objective, generator, discriminator, kind, **changes):
    return RunConfig.parse(
        {
            **SMALL,
            "data": DATA[kind],
            "objective": objective,
            "generator": generator,
            "discriminator": discriminator,
            **changes,
        }
    )


def refused(error):
    """The refusal is one for people: it names a field that exists, and is a sentence."""
    assert error.field in RunConfig.model_fields
    assert error.sentence.endswith(".") and len(error.sentence.split()) >= 5


def train(config, source, steps=STEPS):
    trainer = Trainer(config, source, CPU)
    before = {name: value.clone() for name, value in trainer.weights().items()}
    for _ in range(steps):
        trainer.step()
    trainer.read_stats()  # raises where anything became NaN
    trainer.check_finite()
    after = trainer.weights()
    for part in trainer.algorithm.networks:
        assert any(
            not torch.equal(before[name], after[name]) for name in before if name.startswith(part)
        ), part


@pytest.mark.parametrize(("objective", "generator", "discriminator", "kind"), COMBINATIONS)
def test_legal_trains_and_illegal_is_refused(objective, generator, discriminator, kind, sources):
    fits = all(
        kind in table.get(name).kinds
        for table, name in (
            (registry.GENERATORS, generator),
            (registry.DISCRIMINATORS, discriminator),
        )
    )
    if not fits:
        with pytest.raises(ConfigError) as refusal:
            config_of(objective, generator, discriminator, kind)
        return refused(refusal.value)
    train(config_of(objective, generator, discriminator, kind), sources[kind])


@pytest.mark.parametrize(
    ("penalty", "d_norm", "conditioning", "update"),
    list(
        itertools.product(
            names(registry.PENALTIES),
            ("none", "batch", "layer", "spectral"),
            ("none", "concat", "projection", "auxiliary"),
            ("alternating", "simultaneous"),
        )
    ),
)
def test_stabilisers_and_conditioning(penalty, d_norm, conditioning, update, sources):
    changes = {"penalty": penalty, "d_norm": d_norm, "conditioning": conditioning, "update": update}
    illegal = (d_norm == "batch" and (penalty != "none" or update == "simultaneous")) or (
        conditioning == "auxiliary" and update == "simultaneous"
    )
    if illegal:
        with pytest.raises(ConfigError) as refusal:
            config_of("non-saturating", "mlp", "mlp", "images", **changes)
        return refused(refusal.value)
    train(
        config_of("non-saturating", "mlp", "mlp", "images", **changes), sources["images"], steps=3
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"g_lr": 0}, "g_lr"),
        ({"g_lr": float("nan")}, "g_lr"),
        ({"seed": -1}, "seed"),
        ({"objective": "magic"}, "objective"),
        ({"data": "nowhere"}, "data"),
        ({"image_size": 30}, "image_size"),
        ({"g_hidden": (0,)}, "g_hidden"),
        ({"pac": 3, "batch_size": 4}, "pac"),
        ({"pac": 2, "conditioning": "concat"}, "pac"),
        ({"objective": "hinge", "label_smoothing": 0.1}, "label_smoothing"),
        ({"objective": "wasserstein", "label_flip": 0.1}, "label_flip"),
        ({"data": "ring8", "generator": "dcgan"}, "generator"),
        (
            {"data": "ring8", "generator": "mlp", "discriminator": "mlp", "conditioning": "concat"},
            "conditioning",
        ),
        ({"data": "ring8", "generator": "mlp", "discriminator": "mlp", "flip": True}, "flip"),
        (
            {"data": "ring8", "generator": "mlp", "discriminator": "mlp", "augment": ("cutout",)},
            "augment",
        ),
        ({"data": "folder"}, "data_path"),
        ({"objective": "relativistic", "d_norm": "batch"}, "d_norm"),
        ({"update": "simultaneous", "d_steps": 2}, "update"),
        ({"update": "simultaneous", "minibatch_std": True}, "update"),
        ({"batch_size": 1, "g_norm": "batch"}, "batch_size"),
        ({"learning_rate": 1}, "learning_rate"),
    ],
)
def test_refusals_name_the_field(changes, field):
    with pytest.raises(ConfigError) as refusal:
        RunConfig.parse({"d_norm": "none", **changes})
    assert refusal.value.field == field
    assert refusal.value.sentence.endswith(".")


def test_a_config_survives_json():
    config = config_of("hinge", "mlp", "mlp", "images", augment=("cutout",), g_hidden=(3, 4))
    assert RunConfig.from_json(config.to_json()) == config
    for text in ("", "[]", "{", '{"g_lr": "x"}', "null", "[" * 100_000):
        with pytest.raises(ConfigError):
            RunConfig.from_json(text)
