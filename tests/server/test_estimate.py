"""Before a training: what it takes, as far as that is known on this machine."""

import re

import pytest
import torch
from PIL import Image

from ganviz.config import RunConfig
from ganviz.data import expected_spec, load_data
from ganviz.engine import choosing
from ganviz.engine.machine_memory import MachineMemory, key
from ganviz.engine.memory_need import checkpoint_bytes
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from ganviz.runs.manager import RunManager
from ganviz.server import estimate as module
from ganviz.server.commands import Commands, Training
from ganviz.server.estimate import decoded, estimate

CPU = torch.device("cpu")
CONFIG = RunConfig.from_preset("digits-quick", steps=2000)


def test_time_is_known_once_the_like_has_been_trained_here(tmp_path, monkeypatch):
    before = estimate(CONFIG, CPU, tmp_path)
    assert "MB of memory" in before and "known after the first run" in before
    monkeypatch.setenv(choosing.SWITCH, "1")
    small = CONFIG.but(data="digits", image_size=8, steps=60, batch_size=2, g_width=1, d_width=1)
    source = load_data(small, CPU, tmp_path)
    trainer = Trainer(small, source, CPU)
    trainer.step_count = 60
    trainer.is_single_process = False
    choosing.remember_speed(trainer, source.spec, tmp_path, 90.0)
    assert "known after the first run" in estimate(small, CPU, tmp_path)
    trainer.is_single_process = True
    choosing.remember_speed(trainer, source.spec, tmp_path, 50.0)
    after = estimate(small, CPU, tmp_path)
    assert "1,000 steps took 20 s here; 60 take about 1 s" in after
    assert estimate(CONFIG, CPU, tmp_path) == before


def test_what_a_card_really_reserved_is_said_in_place_of_the_estimate(tmp_path):
    name = key(CONFIG, expected_spec(CONFIG), CPU)
    MachineMemory(tmp_path).remember(name, memory=3.25e9, seconds_per_step=0.01)
    assert re.fullmatch(
        r"Took 3.2 GB of memory; up to 5 checkpoints of \d+ MB lie on the disk; 1,000 steps took "
        r"10 s here; 2,000 take about 20 s.",
        estimate(CONFIG, CPU, tmp_path, tmp_path),
    )


def tensors(tree):
    """Bytes of all tensors in a tree."""
    if isinstance(tree, torch.Tensor):
        return tree.nbytes
    inside = tree.values() if isinstance(tree, dict) else tree
    return sum(map(tensors, inside)) if isinstance(tree, dict | list | tuple) else 0


def test_a_checkpoint_takes_what_is_said(tmp_path):
    small = CONFIG.but(data="digits", image_size=8, batch_size=4)
    trainer = Trainer(small, load_data(small, CPU, tmp_path), CPU)
    trainer.step()
    state = tensors([trainer.weights(), trainer.training_state()])
    assert checkpoint_bytes(small, expected_spec(small), CPU) == pytest.approx(state, rel=0.25)


def test_a_disk_without_room_for_them_is_told_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "room", lambda folder: 3_000_000)
    keeps = CONFIG.but(keep_checkpoints=100)
    said = estimate(keeps, CPU, tmp_path, tmp_path)
    assert "up to 102 checkpoints" in said and "has 3 MB left: keep fewer" in said


def test_decoded_pictures_are_told_and_deleted(tmp_path):
    for i in range(16):
        Image.new("RGB", (9, 9), (i, 2 * i, 3 * i)).save(tmp_path / f"{i}.png")
    settings = {"data": "folder", "data_path": str(tmp_path), "generator": "mlp"}
    config = RunConfig.parse({**settings, "discriminator": "mlp"})
    form = Training(settings={**settings, "discriminator": "mlp"})
    commands = Commands(RunManager(tmp_path / "runs", tmp_path / "data", CPU))
    assert decoded(config, tmp_path / "data") is None
    with pytest.raises(ConfigError, match="nothing to delete"):
        commands._remove_decoded(form)
    load_data(config, CPU, tmp_path / "data")
    assert "are decoded already" in commands._estimate(form)["decoded"]
    assert "decodes them again" in commands._remove_decoded(form)["sentence"]
    assert commands._estimate(form)["decoded"] == ""
    assert decoded(config.but(data_path="nowhere"), tmp_path / "data") is None
    assert decoded(CONFIG, tmp_path / "data") is None


def test_a_damaged_memory_is_not_believed(tmp_path):
    name = key(CONFIG, expected_spec(CONFIG), CPU)
    MachineMemory(tmp_path).remember(name, memory="much", seconds_per_step=-1)
    assert "known after the first run" in estimate(CONFIG, CPU, tmp_path)
