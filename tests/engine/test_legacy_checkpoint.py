"""Checkpoints of ganviz 0.1 still open, through a reader that no crafted file makes run code, hang
or take memory."""

import io
import os
import pickle
import zipfile

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.errors import CheckpointError

CONFIG = RunConfig.parse(
    {
        "data": "digits",
        "image_size": 8,
        "generator": "mlp",
        "discriminator": "mlp",
        "g_norm": "none",
    }
)
TRAINING = {"rng": torch.arange(5), "position": 7, "mixed": [1, 2.5, None, "x", True]}


@pytest.fixture
def path(tmp_path):
    state = TrainingState({"ema/w": torch.ones(2)}, TRAINING, {"step": 12})
    return checkpoint.save(tmp_path, CONFIG, state)


def test_an_old_checkpoint_opens(path, to_schema_1):
    to_schema_1(path)
    config, state = checkpoint.load(path)
    assert config == CONFIG and state.step == 12
    assert torch.equal(state.training.pop("rng"), TRAINING["rng"])
    assert state.training == {key: value for key, value in TRAINING.items() if key != "rng"}


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/ganviz-was-here",)


def archive(payload, protocol=2, compression=zipfile.ZIP_STORED, extra=()):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as file:
        file.writestr(
            "archive/data.pkl",
            payload if isinstance(payload, bytes) else pickle.dumps(payload, protocol),
        )
        file.writestr("archive/version", "3\n")
        for name, data in extra:
            file.writestr(name, data)
    return packed.getvalue()


def loop():
    """Nine lists of ten times the next: a billion items in a hundred bytes."""
    inner = []
    for _ in range(9):
        inner = [inner] * 10
    return {"x": inner}


def view_of_a_petabyte():
    packed = io.BytesIO()
    torch.save({"x": torch.zeros(1).expand(2**45)}, packed)
    return packed.getvalue()


BOMBS = {
    "a system call": (archive({"x": Bomb()}), "runs no code"),
    "a system call, protocol 4": (archive({"x": Bomb()}, 4), "runs no code"),
    "a bare pickle": (pickle.dumps({"x": Bomb()}), "not a file that ganviz wrote"),
    "a second pickle": (
        archive({}, extra=[("archive/constants.pkl", pickle.dumps(Bomb()))]),
        "not a file of plain tensors",
    ),
    "a zip bomb": (archive({"x": "0" * 10**7}, compression=zipfile.ZIP_DEFLATED), "compressed"),
    "nesting": (archive(loop()), "nested without end"),
    "a petabyte": (view_of_a_petabyte(), "larger than its data"),
    "a set": (archive({"x": {1, 2}}, 2), "runs no code"),
    "no table": (archive([1, 2]), "not a table"),
    "an endless pickle": (archive(b"(" * 100_000), "refused"),
    "nothing": (archive(b""), "refused"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_crafted_training_files_are_refused_and_run_nothing(path, to_schema_1, name):
    data, words = BOMBS[name]
    to_schema_1(path, data)
    with pytest.raises(CheckpointError, match=words) as caught:
        checkpoint.load(path)
    assert "training.pt" in caught.value.sentence
    assert not os.path.exists("/tmp/ganviz-was-here")
