"""A definition of one's own in one module: everything lists it, takes it and trains it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ganviz import registry
from ganviz.cli.flags import parse_settings
from ganviz.config import RunConfig, in_effect, meta
from ganviz.data import load_data
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError, DefinitionError
from ganviz.server.lessons import as_data
from ganviz.ui import form

ROOT = Path(__file__).parents[1]
MODULE = '''
"""One definition of each kind."""

import math

from torch import nn

from ganviz.lessons import lesson
from ganviz.models.parts import Discriminator, Generator, Network, OneHot
from ganviz.objectives import Objective, objective
from ganviz.penalties import Penalty
from ganviz.presets import preset
from ganviz.registry import DISCRIMINATORS, GENERATORS, PENALTIES


@objective
class Quadratic(Objective):
    """D pulls reals to 1 and fakes to -1."""

    name = "own-loss"

    def d(self, real, fake):
        return (real - 1).square().mean() + (fake + 1).square().mean()

    def g(self, real, fake):
        return (fake - 1).square().mean()


PENALTIES.add(
    "own-penalty", Penalty("own-penalty", "Own", "Half of R1.", "r", "real", factor=0.25)
)


def generator(config, spec):
    body = nn.Sequential(nn.ReLU(), nn.Linear(config.g_width, math.prod(spec.shape)))
    return Generator(config.latent_dim, 0, config.g_width, body)


def discriminator(config, spec):
    trunk = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(spec.shape), 8), nn.ReLU())
    return Discriminator(trunk, 8, config.conditioning, 0, OneHot(0))


GENERATORS.add(
    "own-g", Network("Own G", "One layer.", ("points",), None, generator, ("g_width",))
)
DISCRIMINATORS.add("own-d", Network("Own D", "One layer.", ("points",), None, discriminator))

preset(
    "own-preset",
    "Own preset",
    "All of my own definitions at once.",
    "My own",
    data="ring8",
    generator="own-g",
    discriminator="own-d",
    objective="own-loss",
    penalty="own-penalty",
    g_norm="none",
    batch_size=8,
    steps=3,
)
lesson(
    "own-lesson",
    "My lesson",
    "What I have to teach.",
    "A text of my own.",
    ("own-preset",),
    ("The curves.",),
)
'''
CHOICES = {
    "objective": ("OBJECTIVES", "own-loss"),
    "penalty": ("PENALTIES", "own-penalty"),
    "generator": ("GENERATORS", "own-g"),
    "discriminator": ("DISCRIMINATORS", "own-d"),
}
OWN = {**CHOICES, "preset": ("PRESETS", "own-preset"), "lesson": ("LESSONS", "own-lesson")}


@pytest.fixture(scope="module", autouse=True)
def plugin(tmp_path_factory):
    """The module, imported for the time of these tests."""
    for table, _ in OWN.values():
        getattr(registry, table).names()
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "own_definitions.py").write_text(MODULE)
    sys.path.insert(0, str(folder))
    __import__("own_definitions")
    yield
    sys.path.remove(str(folder))
    del sys.modules["own_definitions"]
    for table, name in OWN.values():
        del getattr(registry, table)._items[name]


@pytest.mark.parametrize("field", CHOICES)
def test_form_and_flags_offer_it(field):
    name = CHOICES[field][1]
    assert name in meta(field)["choices"]
    facts = form.facts()["fields"][field]
    assert name in [value for _, value in facts["choices"]]
    assert facts["entries"][name]["why"]
    assert parse_settings({field: name}) == {field: name}


def test_the_preset_and_the_lesson_are_listed():
    assert form.facts()["presets"]["own-preset"]["group"] == "My own"
    lesson = as_data("own-lesson", registry.LESSONS.get("own-lesson"))
    assert lesson["presets"][0]["label"] == "Own preset"


def test_what_it_reads_is_shown():
    config = RunConfig.from_preset("own-preset")
    assert {"g_width", "penalty_weight"} <= in_effect(config.model_dump())
    assert "d_width" not in in_effect(config.model_dump())


def test_it_trains():
    config = RunConfig.from_preset("own-preset")
    trainer = Trainer(config, load_data(config, "cpu", "nowhere"), torch.device("cpu"))
    for _ in range(3):
        trainer.step()
    assert "loss_g" in trainer.read_stats()


def test_the_rules_know_its_traits():
    with pytest.raises(ConfigError) as refusal:
        RunConfig.from_preset("own-preset", data="digits")
    assert refusal.value.field == "generator"
    with pytest.raises(ConfigError) as refusal:
        RunConfig.from_preset("own-preset", label_smoothing=0.1)
    assert "'own-loss'" in refusal.value.sentence


@pytest.mark.parametrize(
    ("table", "name", "lacks"),
    [
        ("OBJECTIVES", "half-loss", "label"),
        ("GENERATORS", "half-network", "label"),
        ("PRESETS", "half-preset", "label"),
        ("LESSONS", "half-lesson", "title"),
        ("PENALTIES", "a name with spaces", "another name"),
        ("OBJECTIVES", "hinge", "two definitions"),
    ],
)
def test_what_is_incomplete_is_refused_with_what_it_lacks(table, name, lacks):
    with pytest.raises(DefinitionError) as refusal:
        getattr(registry, table).add(name, object())
    assert lacks in refusal.value.sentence
    assert name not in getattr(registry, table).names() or lacks == "two definitions"


def test_a_preset_with_a_setting_that_does_not_exist_is_refused():
    from ganviz.presets import preset

    with pytest.raises(DefinitionError, match="learning_rate"):
        preset("typo", "Typo", "One.", learning_rate=1)


ADDED = '''
    own_setting: int = setting(OBJECTIVE, 3, "Own setting", ge=1, le=9, live=True)
    """A setting of my own."""

    mistake: str ='''
LOOK = """
import json
from ganviz.cli.flags import GENERATED
from ganviz.config import LIVE_FIELDS, RunConfig
from ganviz.ui import form
print(json.dumps([
    RunConfig(own_setting=5).own_setting, "own_setting" in GENERATED,
    "own_setting" in LIVE_FIELDS, form.facts()["fields"]["own_setting"]["why"],
    json.loads(RunConfig().to_json())["own_setting"]]))
"""


def test_a_setting_is_one_declaration(tmp_path):
    """In a copy of the package, whose one file gets one more declaration."""
    shutil.copytree(
        ROOT / "ganviz", tmp_path / "ganviz", ignore=shutil.ignore_patterns("__pycache__")
    )
    config = tmp_path / "ganviz" / "config.py"
    text = config.read_text(encoding="utf-8")
    assert text.count("\n    mistake: str =") == 1
    config.write_text(text.replace("\n    mistake: str =", ADDED), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [5, True, True, "A setting of my own.", 3]
