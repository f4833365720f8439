"""What is declared is used, and nobody asks for a definition's name: its traits say what it is."""

import ast
import re
from pathlib import Path

import pytest

from ganviz import assets_folder, registry
from ganviz.config import RunConfig, in_effect, meta
from ganviz.data.source import DataSpec
from ganviz.errors import ConfigError
from ganviz.models import build_discriminator, build_generator
from ganviz.ui import form
from tests.syntax import PACKAGE, nodes_of

DECLARING = ("config.py", "settings.py", "rules.py", "form.py")
TABLES = (
    registry.DATASETS,
    registry.GENERATORS,
    registry.DISCRIMINATORS,
    registry.OBJECTIVES,
    registry.PENALTIES,
    registry.ALGORITHMS,
    registry.MISTAKES,
    registry.PRESETS,
)
NAMES = {name for table in TABLES for name in table.names()} - {"none"}
# A layer's kind, spelled like the discriminator of two convolutions; a kind of file, like a data
# set.
OTHER_MEANING = {("probes/facts.py", "conv"), ("runs/sample_files.py", "folder")}


def sources():
    """(path within the package, nodes of its syntax) of every module."""
    for file, nodes in nodes_of(PACKAGE).items():
        yield file.relative_to(PACKAGE).as_posix(), nodes


def is_config(node):
    """``config``, ``self.config``, ``self._config``, ``run.config``: a value called so."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name.lstrip("_") in ("config", "mine", "parent", "spec_config")


def reads_of(nodes):
    """The attributes that ``nodes`` read of a config."""
    return {
        node.attr for node in nodes if isinstance(node, ast.Attribute) and is_config(node.value)
    }


def properties():
    """For each property of `RunConfig`, the settings that it reads."""
    tree, *_ = nodes_of(PACKAGE)[PACKAGE / "config.py"]
    (config,) = (node for node in tree.body if getattr(node, "name", "") == "RunConfig")
    return {
        function.name: {
            node.attr
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self"
        }
        for function in config.body
        if isinstance(function, ast.FunctionDef) and function.decorator_list
    }


def test_every_setting_is_read_by_the_code_that_it_steers():
    read = set().union(
        *(reads_of(nodes) for path, nodes in sources() if Path(path).name not in DECLARING)
    )
    behind = properties()
    for _ in behind:
        read |= {setting for name in read & behind.keys() for setting in behind[name]}
    assert set(RunConfig.model_fields) - read == set()


def test_every_setting_has_a_sentence_and_a_group():
    for name in RunConfig.model_fields:
        about = meta(name)
        assert about["why"].endswith(".") and about["why"] != about["label"], name
        assert about["group"] and about["label"]


class Watched:
    """A config that notes which settings are read of it."""

    def __init__(self, config):
        self.config, self.read = config, set()

    def __getattr__(self, name):
        self.read.add(name)
        return getattr(self.config, name)


NETWORKS = [
    (field, name)
    for field, table in (
        ("generator", registry.GENERATORS),
        ("discriminator", registry.DISCRIMINATORS),
    )
    for name in table.names()
]


@pytest.mark.parametrize(("field", "name"), NETWORKS)
def test_a_network_reads_what_it_says(field, name):
    """Of the settings that mean something for some networks only, it reads those that it names."""
    table = registry.GENERATORS if field == "generator" else registry.DISCRIMINATORS
    some = {setting for _, entry in table for setting in entry.reads}
    config = Watched(
        RunConfig.parse(
            {field: name, "image_size": 16, "g_width": 4, "d_width": 4, "g_norm": "none"}
        )
    )
    build = build_generator if field == "generator" else build_discriminator
    build(config, DataSpec("digits", "images", (1, 16, 16), 64))
    assert config.read & some == set(table.get(name).reads)


def asked_names(nodes):
    """The names of definitions that ``nodes`` compare something with."""
    for node in nodes:
        prefix = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
            "startswith",
            "endswith",
        )
        if isinstance(node, ast.Compare) or prefix:
            texts = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
            yield from texts & NAMES
            if prefix:
                yield from (text for text in texts if begins_a_name(text))


def begins_a_name(text):
    return isinstance(text, str) and len(text) > 2 and any(name.startswith(text) for name in NAMES)


def test_nobody_asks_for_the_name_of_a_definition():
    asked = {
        (path, name)
        for path, nodes in sources()
        for name in asked_names(nodes)
        if (path, name) not in OTHER_MEANING
    }
    assert asked == set()


def test_the_choice_decides_which_settings_mean_something():
    def visible(**changes):
        return in_effect(RunConfig.parse({"g_norm": "none", **changes}).model_dump())

    gan, points = visible(), visible(data="ring8", generator="mlp", discriminator="mlp")
    assert {"upsample", "g_width", "objective", "d_lr", "image_size"} <= gan
    assert {"g_hidden", "beta", "likelihood_sigma", "ls_targets", "data_path"}.isdisjoint(gan)
    assert {"g_hidden", "d_hidden", "activation"} <= points
    assert {"upsample", "g_width", "flip", "conditioning"}.isdisjoint(points)
    vae = visible(algorithm="vae", objective="least-squares", penalty="r1")
    assert {"likelihood", "beta"} <= vae
    assert {"objective", "penalty", "penalty_weight", "ls_targets", "d_lr", "pac"}.isdisjoint(vae)
    assert "likelihood_sigma" in visible(algorithm="vae", likelihood="gaussian")
    assert {"objective", "d_lr"} <= visible(algorithm="vae", mistake="gan-loss")
    assert {"activation"} <= visible(discriminator="conv")
    assert "penalty_weight" in visible(penalty="r1") and "beta1" not in visible(optimizer="sgd")


def page_scripts():
    files = assets_folder().rglob("*.js")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_the_page_uses_all_that_it_is_sent_of_the_form():
    """No text is written for people and shown to nobody."""
    facts, scripts = form.facts(), page_scripts()
    field = facts["fields"]["objective"]
    entry = field["entries"]["hinge"]
    sent = {
        *facts,
        *field,
        *entry,
        *entry["formulas"][0],
        *facts["groups"][0],
        *facts["presets"]["ring8-r1"],
    }
    assert {name for name in sent if not re.search(rf"\b{name}\b", scripts)} == set()


def test_every_formula_reaches_the_page_as_mathml():
    fields = form.facts()["fields"]
    for field, attributes in (("objective", ("formula_d", "formula_g")), ("penalty", ("formula",))):
        for name, entry in getattr(registry, meta(field)["of"]):
            written = [getattr(entry, one) for one in attributes if getattr(entry, one)]
            shown = fields[field]["entries"][name]["formulas"]
            assert len(shown) == len(written), name
            for one in shown:
                assert one["label"] and one["mathml"].startswith("<math"), name
                assert "\\" not in one["mathml"], "a command that the converter does not know"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("steps", "many", "Steps (steps): give a whole number; it is 'many'."),
        ("steps", 2.5, "Steps (steps): give a whole number; it is '2.5'."),
        ("steps", True, "Steps (steps): give a whole number; it is 'true'."),
        ("g_lr", "fast", "give a number; it is 'fast'."),
        ("g_lr", False, "give a number; it is 'false'."),
    ],
)
def test_a_number_is_asked_for_in_plain_words(field, value, words):
    with pytest.raises(ConfigError) as refusal:
        RunConfig.parse({field: value})
    assert refusal.value.field == field and words in refusal.value.sentence
