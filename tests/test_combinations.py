"""Objectives x networks x kinds of data: what is legal can be built, what is not is refused in a
sentence that names the field; and a set that holds every legal pair of choices trains."""

import itertools
from functools import cache

import pytest
import torch
from allpairspy import AllPairs

from ganviz import registry
from ganviz.config import RunConfig, meta
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
    "blocks": 1,
    "g_hidden": (16,),
    "d_hidden": (16,),
    "g_norm": "none",
    "steps": 1000,
}
# what every rule lets pass, so that a combination is refused for its own choices only
PLAIN = {
    **SMALL,
    "generator": "mlp",
    "discriminator": "mlp",
    "d_norm": "none",
    "likelihood": "gaussian",
}
DATA = {"images": "digits", "points": "ring8"}


def names(table):
    return [name for name in table.names() if "mistake" not in name]


NETWORKS = list(
    itertools.product(
        names(registry.OBJECTIVES), names(registry.GENERATORS), names(registry.DISCRIMINATORS), DATA
    )
)
STABILISERS = list(
    itertools.product(
        names(registry.PENALTIES),
        ("none", "batch", "layer", "spectral"),
        ("none", "concat", "projection", "auxiliary"),
        ("alternating", "simultaneous"),
    )
)


@pytest.fixture(scope="module")
def sources():
    """Random stand-ins of the right shapes: the networks do not care."""
    random = torch.Generator().manual_seed(0)
    points = torch.randn(64, 2, generator=random)
    return {
        "images": pictures(16, random),
        "small images": pictures(8, random),
        "points": DataSource(DataSpec("ring8", "points", (2,), 64), points),
    }


def pictures(size, random):
    values = torch.randint(0, 256, (64, 1, size, size), dtype=torch.uint8, generator=random)
    spec = DataSpec("digits", "images", (1, size, size), 64, tuple("0123456789"))
    return DataSource(spec, values, torch.arange(64) % 10)


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


def build(config, source):
    """The networks and optimisers of ``config``: their outputs have the right shapes."""
    algorithm = Trainer(config, source, CPU).algorithm
    assert algorithm.networks


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


@pytest.mark.parametrize("objective", names(registry.OBJECTIVES))
def test_legal_networks_can_be_built_and_illegal_ones_are_refused(objective, sources):
    for case in NETWORKS:
        if case[0] != objective:
            continue
        _, generator, discriminator, kind = case
        fits = all(
            kind in table.get(name).kinds
            for table, name in (
                (registry.GENERATORS, generator),
                (registry.DISCRIMINATORS, discriminator),
            )
        )
        if fits:
            build(config_of(*case), sources[kind])
        else:
            with pytest.raises(ConfigError) as refusal:
                config_of(*case)
            refused(refusal.value)


@pytest.mark.parametrize("penalty", names(registry.PENALTIES))
def test_legal_stabilisers_can_be_built_and_illegal_ones_are_refused(penalty, sources):
    for case in STABILISERS:
        if case[0] != penalty:
            continue
        changes = dict(zip(("penalty", "d_norm", "conditioning", "update"), case, strict=True))
        illegal = (
            changes["d_norm"] == "batch"
            and (penalty != "none" or changes["update"] == "simultaneous")
        ) or (changes["conditioning"] == "auxiliary" and changes["update"] == "simultaneous")
        if illegal:
            with pytest.raises(ConfigError) as refusal:
                config_of("non-saturating", "mlp", "mlp", "images", **changes)
            refused(refusal.value)
        else:
            build(config_of("non-saturating", "mlp", "mlp", "images", **changes), sources["images"])


# -- every pair of choices trains -----------------------------------------------------------------
# what chooses how fast the same mathematics runs, what is drawn, or has tests of its own
ELSEWHERE = {"preset", "data", "mistake", "compiled", "cuda_graphs", "tf32", "colour", "image_size"}
# legal with few others: tests/algorithms/test_private.py
ELSEWHERE |= {"private"}
# N(0, 1) weights are there to be seen blowing up
SPOILT = {"normal1", "mlp-relu-mistake"}
KINDS = list(itertools.product(DATA.values(), registry.ALGORITHMS.names()))


def is_legal(settings):
    try:
        RunConfig.parse({**PLAIN, **settings})
    except ConfigError:
        return False
    return True


def choices(data, algorithm):
    """Every setting that is a choice and means something here, with its legal options."""
    settled = {"data": data, "algorithm": algorithm}
    table = {}
    for field in RunConfig.model_fields:
        about = meta(field)
        if field in ELSEWHERE or field in settled:
            continue
        if about["kind"] == "bool":
            table[field] = [False, True]
        elif about["kind"] == "choice":
            table[field] = [name for name in about["choices"] if name not in SPOILT]
        elif about["kind"] == "many":
            table[field] = [(), tuple(about["choices"])]
    table |= {"pac": [1, 2], "label_smoothing": [0.0, 0.1], "weight_clip": [0.0, 0.1]}
    for field in list(table):
        ways = meta(field)["when"] or [{}]
        means = any(algorithm in way.get("algorithm", (algorithm,)) for way in ways)
        table[field] = [one for one in table[field] if is_legal({**settled, field: one})]
        if not means or len(table[field]) < 2:
            del table[field]
    return table


@cache
def pairwise(data, algorithm):
    """Legal settings that together hold nearly every pair of choices."""
    settled, table = {"data": data, "algorithm": algorithm}, choices(data, algorithm)

    def settings(row):
        return {**settled, **dict(zip(table, row, strict=False))}

    rows = AllPairs(list(table.values()), filter_func=lambda row: is_legal(settings(row)))
    return [settings(row) for row in rows]


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_the_rows_hold_nearly_every_legal_pair(kind):
    """A pair may be missing where every row that would hold it is illegal."""
    held = {pair for row in pairwise(*kind) for pair in itertools.combinations(row.items(), 2)}
    settled, table = dict(zip(("data", "algorithm"), kind, strict=True)), choices(*kind)
    legal = {
        ((one, x), (other, y))
        for one, other in itertools.combinations(table, 2)
        for x, y in itertools.product(table[one], table[other])
        if is_legal({**settled, one: x, other: y})
    }
    assert len(legal & held) >= 0.9 * len(legal)
    for field, options in table.items():
        assert {row[field] for row in pairwise(*kind)} == set(options), field


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_every_pair_of_choices_trains(kind, sources, subtests):
    source = sources[registry.DATASETS.get(kind[0]).kind]
    for settings in pairwise(*kind):
        with subtests.test(**settings):
            # the smaller pictures take half the time; not every network goes down to them
            small = kind[0] == "digits" and is_legal({**settings, "image_size": 8})
            # a decoder without tanh, pushed by sums over pixels, blows up under plain SGD
            unbounded = kind[1] == "vae" and settings.get("generator") == "r3gan"
            calm = {"g_lr": 1e-7, "d_lr": 1e-7} if unbounded else {}
            size = {"image_size": 8} if small else {}
            config = RunConfig.parse({**PLAIN, **settings, **calm, **size})
            train(config, sources["small images"] if small else source)


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
