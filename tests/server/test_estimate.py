"""Before a training: what it takes, as far as that is known on this machine."""

import torch

from ganviz.config import RunConfig
from ganviz.data import expected_spec, load_data
from ganviz.engine import choosing
from ganviz.engine.machine_memory import MachineMemory, key
from ganviz.engine.trainer import Trainer
from ganviz.server.estimate import estimate

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
    assert estimate(CONFIG, CPU, tmp_path) == (
        "Took 3.2 GB of memory; 1,000 steps took 10 s here; 2,000 take about 20 s."
    )


def test_a_damaged_memory_is_not_believed(tmp_path):
    name = key(CONFIG, expected_spec(CONFIG), CPU)
    MachineMemory(tmp_path).remember(name, memory="much", seconds_per_step=-1)
    assert "known after the first run" in estimate(CONFIG, CPU, tmp_path)
