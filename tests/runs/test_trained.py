"""A trained generator from its folder, and samples as files."""

import numpy as np
import pytest
import torch
from PIL import Image

import ganviz
from ganviz.engine.checkpoint import TrainingState, load
from ganviz.errors import CheckpointError, ConfigError, GanvizError
from ganviz.runs.sheets import scatter, write_samples
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
    for wrong in ("ten", 10, -1, [1, 2, 3], [1, 10]):
        with pytest.raises(ConfigError, match="class"):
            generator.labels(2, wrong)
    with pytest.raises(ConfigError):
        generator.sample(0)


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


def test_a_grid_goes_through_the_classes_by_column(generator, tmp_path):
    out = write_samples(generator, tmp_path / "new" / "grid.png", 30)
    with Image.open(out) as picture:
        assert picture.size == (10 * 9 - 1, 3 * 9 - 1)
    with Image.open(write_samples(generator, tmp_path / "one.webp", 10, y="3")) as picture:
        assert picture.size == (4 * 9 - 1, 3 * 9 - 1)


def test_single_pictures_and_raw_values(generator, tmp_path):
    folder = write_samples(generator, f"{tmp_path}/singles/", 12, seed=5)
    names = sorted(path.name for path in folder.iterdir())
    assert names[0] == "00-class0.png" and names[11] == "11-class1.png" and len(names) == 12
    values = np.load(write_samples(generator, tmp_path / "raw.npy", 12, seed=5))
    assert values.shape == (12, 1, 8, 8) and values.dtype == np.float32
    pixels = np.asarray(Image.open(folder / names[0]))
    assert np.abs(pixels / 127.5 - 1 - values[0, 0]).max() < 0.01


def test_what_cannot_be_written(generator, tmp_path):
    with pytest.raises(ConfigError, match=r"\.png, \.jpg"):
        write_samples(generator, tmp_path / "grid.exe", 4)
    with pytest.raises(ConfigError, match="too many for one picture"):
        write_samples(generator, tmp_path / "grid.png", 10_000_000)
    (tmp_path / "file").write_text("x")
    with pytest.raises(GanvizError, match="were not written"):
        write_samples(generator, tmp_path / "file" / "grid.png", 4)


def test_points_become_a_scatter():
    picture = np.asarray(scatter(np.array([[1.0, 1.0], [np.nan, 0.0], [-1.0, -1.0]])))
    middle = picture.shape[0] // 2
    assert (
        picture[:middle, middle + 1 :].min() < 200 and picture[:middle, : middle - 1].min() == 255
    )
    assert scatter(np.zeros((0, 2))).size == scatter(np.full((3, 2), np.inf)).size
