"""Training from Python: the result, what is kept, and going on as if nothing had happened."""

import subprocess
import sys

import pytest
import torch

import ganviz
from ganviz.api import TrainingFailed, as_config, make_resumed
from ganviz.engine import checkpoint
from ganviz.errors import CheckpointError, ConfigError, DataError
from tests.tiny import DIGITS

TINY = {**DIGITS, "steps": 20, "tick_seconds": 0.02}
DCGAN = {
    **TINY,
    "image_size": 16,
    "generator": "dcgan",
    "discriminator": "dcgan",
    "g_width": 4,
    "d_width": 4,
    "g_norm": "batch",
    "flip": True,
    "steps": 8,
}
PENALISED = {
    **TINY,
    "conditioning": "projection",
    "objective": "relativistic",
    "penalty": "r1+r2",
    "update": "simultaneous",
}
VAE = {**TINY, "algorithm": "vae"}


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import ganviz, sys; print(ganviz.__version__, "
        "sorted({'torch', 'numpy', 'pydantic', 'gradio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [ganviz.__version__, "[]"]
    assert set(ganviz.__all__) <= set(dir(ganviz))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ganviz.nothing  # noqa: B018


def test_a_run_in_memory():
    result = ganviz.train(TINY, device="cpu")
    assert (result.state, result.step, result.folder) == ("finished", 20, None)
    assert result.history["step"][-1] == 20 and len(result.history["loss_g"]) == len(
        result.history["step"]
    )
    assert result.samples(5, seed=1).shape == (5, 1, 8, 8)
    assert "Finished" in result.sentence and result.config.steps == 20


def test_a_run_on_disk_is_what_load_finds(tmp_path):
    result = ganviz.train(
        {"preset": "digits-mlp", **TINY, "steps": 5}, out=tmp_path / "x", device="cpu"
    )
    assert result.config.preset == "digits-mlp" and result.folder == tmp_path / "x"
    assert torch.equal(ganviz.load(tmp_path / "x").sample(4, seed=9), result.samples(4, seed=9))
    with pytest.raises(ConfigError, match="already holds a run"):
        ganviz.train(TINY, out=tmp_path / "x", device="cpu")


def test_wrong_settings_and_devices_are_named():
    for call, words in (
        (lambda: ganviz.train({"batch_sise": 3}), "called 'batch_sise'; did you mean 'batch_size'"),
        (lambda: ganviz.train({3: 4}), "no setting called '3'"),
        (lambda: ganviz.train(TINY, batchsize=3), "did you mean 'batch_size'"),
        (lambda: ganviz.train(ganviz.RunConfig(), data_path="x"), "set data to .folder. as well"),
        (lambda: ganviz.train(TINY, steps="ten"), r"Steps \(steps\).*'ten'"),
        (lambda: ganviz.train("digits-mlp", seed=None), r"\(seed\).*'None'"),
        (lambda: ganviz.train("digits-quik"), "'digits-quik'. Did you mean 'digits-quick'"),
        (lambda: ganviz.train({"preset": ["x"]}), "no preset called"),
        (lambda: ganviz.train({"data": 5}), r"\(data\)"),
        (lambda: ganviz.train(None), "config is a RunConfig"),
        (lambda: ganviz.train(TINY, out=5), "out is the path"),
        (lambda: ganviz.train(TINY, data_root=None), "data_root is the path"),
        (lambda: ganviz.train(TINY, start_from=5), "start_from is the path"),
        (lambda: ganviz.train(TINY, device="toaster"), "no device called 'toaster'"),
        (lambda: ganviz.train(TINY, device=3.5), "no device called 3.5"),
        (lambda: ganviz.RunConfig(steps="ten"), r"Steps \(steps\)"),
        (lambda: ganviz.RunConfig(batchsize=3), "did you mean"),
        (lambda: ganviz.RunConfig.from_preset(5), "no preset called 5"),
        (lambda: ganviz.resume(None), "folder is the path"),
        (lambda: ganviz.resume("x", steps="ten"), "steps is a whole number from 1 to"),
        (lambda: ganviz.resume("x", steps=0), "it is 0"),
        (lambda: ganviz.resume("x", data_path=3), "data_path is the path"),
        (lambda: ganviz.load(None), "path is the path"),
        (lambda: ganviz.load("x", device="toaster"), "no device"),
        (lambda: ganviz.load("x", step="last"), "step is a whole number of at least 0"),
    ):
        with pytest.raises(ConfigError, match=words):
            call()
    assert ganviz.RunConfig(g_hidden=[8]).but(steps=3).g_hidden == (8,)


def test_a_setting_may_be_a_keyword():
    assert ganviz.train(TINY, device="cpu", steps=2).step == 2
    assert as_config("digits-mlp", steps=7) == as_config({"preset": "digits-mlp", "steps": 7})
    assert as_config(as_config("digits-mlp"), steps=7).steps == 7


def test_a_refusal_leaves_no_folder(tmp_path):
    with pytest.raises(CheckpointError):
        ganviz.train(TINY, out=tmp_path / "new" / "x", device="cpu", start_from=tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "mine").mkdir()
    with pytest.raises(DataError):
        ganviz.train({**TINY, "data": "folder", "data_path": "/no"}, out=tmp_path / "mine")
    assert (tmp_path / "mine").is_dir()


def test_a_failed_run_raises_and_holds_its_result(tmp_path):
    with pytest.raises(TrainingFailed, match="blew up") as caught:
        ganviz.train(
            {
                **TINY,
                "g_lr": 10.0,
                "d_lr": 10.0,
                "optimizer": "sgd",
                "objective": "wasserstein",
                "steps": 3000,
            },
            out=tmp_path / "x",
            device="cpu",
        )
    assert caught.value.result.state == "failed"


def test_a_mistake_that_fails_is_named_as_the_cause(tmp_path):
    with pytest.raises(
        TrainingFailed, match=r"set the mistake .D returns a hidden layer. to 'None'"
    ):
        ganviz.train(
            {"preset": "minimax-gan-mistake", "data": "digits", "steps": 200},
            out=tmp_path / "x",
            device="cpu",
        )


@pytest.mark.parametrize(
    "settings", [TINY, DCGAN, PENALISED, VAE], ids=["mlp", "dcgan", "penalised", "vae"]
)
def test_resumed_is_uninterrupted_bit_for_bit(tmp_path, settings):
    steps = settings["steps"]
    whole = tmp_path / "whole"
    ganviz.train(settings, out=whole, device="cpu")
    parts = tmp_path / "parts"
    ganviz.train({**settings, "steps": steps // 2}, out=parts, device="cpu")
    result = ganviz.resume(parts, steps - steps // 2, device="cpu")
    assert (result.state, result.step, result.folder) == ("finished", steps, parts)
    assert len(result.history["step"]) and result.samples(2).shape[0] == 2
    first, second = (checkpoint.load(folder)[1] for folder in (whole, parts))
    assert first.step == second.step == steps
    assert all(torch.equal(first.weights[name], second.weights[name]) for name in first.weights)
    rows = ganviz.load(parts).sample(2)
    assert torch.equal(rows, ganviz.load(whole).sample(2))


def test_what_cannot_be_resumed(tmp_path):
    with pytest.raises(CheckpointError, match="does not exist"):
        make_resumed(tmp_path / "nowhere", None, "cpu", "data")
    folder = ganviz.train({**TINY, "steps": 2}, out=tmp_path / "x", device="cpu").folder
    with pytest.raises(ConfigError, match="say how many more"):
        make_resumed(folder, None, "cpu", "data")
    with pytest.raises(CheckpointError, match="to resume it"):
        make_resumed(folder / "checkpoints" / "step-000000002", 5, "cpu", "data")


def test_a_checkpoint_of_other_networks_fails_with_a_sentence(tmp_path):
    """The files are whole and agree with their digests, but not with each other."""
    from ganviz.api import follow
    from ganviz.config import RunConfig

    folder = ganviz.train({**TINY, "steps": 2}, out=tmp_path / "x", device="cpu").folder
    _, state = checkpoint.load(folder)
    checkpoint.save(folder / "checkpoints", RunConfig.parse({**TINY, "g_hidden": (17,)}), state)
    result = follow(make_resumed(folder, 5, "cpu", "data"))
    assert result.state == "failed" and "does not fit this generator" in result.sentence
    state.training["algorithm"] = {}
    checkpoint.save(folder / "checkpoints", RunConfig.parse(TINY), state)
    result = follow(make_resumed(folder, 5, "cpu", "data"))
    assert result.state == "failed" and "does not fit these settings" in result.sentence
