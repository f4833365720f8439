"""A trained generator from its folder, and samples as files."""

import numpy as np
import pytest
import torch

import ganviz
from ganviz.engine.checkpoint import TrainingState, load, save
from ganviz.errors import CheckpointError, ConfigError
from ganviz.registry import OBJECTIVES
from ganviz.runs.trained import from_state, load_generator, parse_spec


@pytest.fixture(scope="module")
def generator(trained_run):
    return load_generator(trained_run)


def test_it_is_the_moving_average_in_eval_mode(generator, trained_run):
    weights = load(trained_run)[1].part("ema")
    assert weights and all(
        torch.equal(generator.network.state_dict()[name], value) for name, value in weights.items()
    )
    assert not generator.training and not any(p.requires_grad for p in generator.parameters())
    assert generator.step == 40 and generator.latent_dim == 4 and len(generator.classes) == 10


def test_samples_depend_on_the_seed_alone(generator):
    state = torch.get_rng_state()
    x = generator.sample(300, seed=3)
    assert x.shape == (300, 1, 8, 8) and x.abs().max() <= 1
    assert torch.equal(x, generator.sample(300, seed=3)) and not torch.equal(
        x, generator.sample(300, seed=4)
    )
    assert torch.allclose(x[:7], generator.sample(7, seed=3), atol=1e-5)
    assert torch.equal(torch.get_rng_state(), state)


def test_classes_by_name_index_or_one_for_each(generator):
    assert generator.labels(12).tolist() == [*range(10), 0, 1]
    assert generator.labels(2, "7").tolist() == generator.labels(2, 7).tolist() == [7, 7]
    assert generator.labels(2, [3, 4]).tolist() == [3, 4]
    assert not torch.equal(generator.sample(1, y=0), generator.sample(1, y=1))
    for wrong in ("ten", 10, -1, [1, 2, 3], [1, 10], 3.0, [3.0, 4.5], ["3", "4"], {}, [True] * 2):
        with pytest.raises(ConfigError, match="class"):
            generator.labels(2, wrong)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 0}, "n is a whole number of at least 1; it is 0"),
        ({"n": "ten"}, "it is 'ten'"),
        ({"n": 2.5}, "it is 2.5"),
        ({"seed": None}, "seed is a whole number"),
        ({"seed": 2**64}, "seed is a whole number"),
        ({"psi": float("nan")}, "psi is a number such as 0.7; it is nan"),
        ({"psi": float("inf")}, "it is inf"),
        ({"psi": "0.7"}, "psi is a number"),
    ],
)
def test_wrong_arguments_get_a_sentence(generator, arguments, words):
    with pytest.raises(ConfigError, match=words):
        generator.sample(**arguments)
    if "n" not in arguments:
        for draw in (generator.at, generator.picture):
            with pytest.raises(ConfigError, match=words):
                draw(**arguments)


def test_numbers_of_other_libraries_are_numbers(generator):
    one, other = np.int64(3), torch.tensor(3)
    assert torch.equal(
        generator.sample(one, seed=one, psi=np.float32(0.5)), generator.sample(3, 3, psi=0.5)
    )
    assert torch.equal(
        generator.sample(other, y=np.array([1, 2, 3])), generator.sample(3, y=[1, 2, 3])
    )
    with pytest.raises(ConfigError, match="z is text"):
        generator.at(z=5)


def test_psi_zero_is_one_sample(generator):
    x = generator.sample(4, y=1, psi=0)
    assert torch.allclose(x, x[:1].expand_as(x), atol=1e-6)


def test_by_the_package_and_from_one_checkpoint(trained_run, generator):
    path = trained_run / "checkpoints" / "step-000000040"
    assert torch.equal(ganviz.load(path).sample(3), generator.sample(3))


def test_wrong_networks_are_refused_by_name(trained_run):
    config, state = load(trained_run, training=False)
    with pytest.raises(CheckpointError, match="does not fit this generator"):
        from_state(config.but(g_hidden=(4096, 4096, 4096)), state)
    name = next(name for name in state.weights if name.startswith("ema/"))
    with pytest.raises(CheckpointError, match="is missing"):
        from_state(
            config,
            TrainingState({k: v for k, v in state.weights.items() if k != name}, {}, state.info),
        )
    with pytest.raises(CheckpointError, match="does not say what data"):
        from_state(config, TrainingState(state.weights, {}, {"step": 1}))


@pytest.mark.parametrize(
    "table",
    [
        None,
        [],
        {},
        {"name": "x", "kind": "images", "shape": [1, 8]},
        {"name": "x", "kind": "images", "shape": [1, 8, 10**9]},
        {"name": "x", "kind": "sound", "shape": [1, 8, 8]},
        {"name": "x", "kind": "points", "shape": [2], "classes": [1]},
    ],
)
def test_a_spec_that_is_none(table):
    assert parse_spec(table) is None


def test_a_definition_that_is_not_imported_is_named(trained_run, tmp_path):
    """The version of ganviz has nothing to do with it."""
    config, state = load(trained_run)
    OBJECTIVES.add("own-loss", OBJECTIVES.get("hinge"))
    try:
        path = save(tmp_path, config.but(objective="own-loss"), state)
    finally:
        del OBJECTIVES._items["own-loss"]
    with pytest.raises(CheckpointError) as caught:
        ganviz.load(path)
    assert "objective called 'own-loss'" in str(caught.value)
    assert "import its module first" in str(caught.value) and "version" not in str(caught.value)
