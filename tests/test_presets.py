"""Every preset is legal, builds, trains, and says what it is."""

from functools import cache

import pytest
import torch

from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.snapshot import draw
from ganviz.engine.trainer import Trainer
from ganviz.presets import GROUPS
from ganviz.probes.modes import mode_figures
from ganviz.registry import DATASETS, PRESETS

NAMES = PRESETS.names()
FIVE = ("mlp-gan", "minimax-gan", "virtual-data", "wgan-vs-vae", "gradient-flow")


@cache
def source_of(data, size):
    return load_data(
        RunConfig(data=data, image_size=size, generator="mlp", discriminator="mlp"),
        "cpu",
        "nowhere",
    )


def wants_folder(name):
    return PRESETS.get(name).settings.get("data") == "folder"


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_trains(name):
    """On its own points, or on scanned digits of the smallest size that its networks take."""
    config = RunConfig.from_preset(
        name, **({"data_path": "pictures"} if wants_folder(name) else {})
    )
    assert config.preset == name
    if DATASETS.get(config.data).kind == "images":
        size = 16 if "resnet" in config.generator else 8
        config = config.but(
            data="digits",
            data_path="",
            image_size=size,
            batch_size=8,
            data_limit=0,
            g_width=min(config.g_width, 64),
            d_width=min(config.d_width, 64),
            colour="auto",
        )
    trainer = Trainer(config, source_of(config.data, config.image_size), torch.device("cpu"))
    for _ in range(3):
        trainer.step()
    if config.mistake == "hidden-layer":
        with pytest.raises(NonFinite):
            trainer.read_stats()
    else:
        assert trainer.read_stats()
        trainer.check_finite()


def test_the_five_systems_are_there_with_their_mistakes():
    for name in FIVE:
        assert name in NAMES and f"{name}-mistake" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_has_words_and_a_place(name):
    item = PRESETS.get(name)
    assert item.group in GROUPS
    assert item.label and item.why.endswith((".", "!"))
    assert len(item.why) <= 160
    assert (item.group == "Mistakes") == name.endswith("-mistake")


def test_partners_are_presets_on_the_same_data():
    for name, item in PRESETS:
        if item.partner:
            mine, other = RunConfig.from_preset(name), RunConfig.from_preset(item.partner)
            assert item.partner != name
            assert (
                DATASETS.get(mine.data).kind == DATASETS.get(other.data).kind
                and mine.seed == other.seed
            )
            if item.group in ("Five systems", "Mistakes"):
                assert mine.data == other.data


@pytest.mark.parametrize(
    ("name", "honest"), [(name, item.partner) for name, item in PRESETS if item.group == "Mistakes"]
)
def test_a_mistake_differs_from_its_partner_in_little_else(name, honest):
    """What is compared side by side differs by the mistake, and by how long it is worth
    watching."""
    allowed = {"preset", "steps", "mistake", "penalty", "penalty_weight", "generator", "d_lr"}
    mine, other = (RunConfig.from_preset(preset).model_dump() for preset in (name, honest))
    assert {field for field in mine if mine[field] != other[field]} <= allowed


@pytest.mark.slow
def test_r1_finds_the_modes_on_a_seed_that_a_dying_relu_loses():
    config = RunConfig.from_preset("ring8-r1", seed=11)
    trainer = Trainer(config, source_of(config.data, config.image_size), torch.device("cpu"))
    while trainer.step_count < 300:
        trainer.step()
    known = trainer.source.modes
    z = torch.randn(2_500, 2, generator=torch.Generator().manual_seed(11))
    fakes = draw(trainer.algorithm.ema.network, z, None)
    assert mode_figures(fakes, known["centres"], known["sigma"])["strict"] == 8
