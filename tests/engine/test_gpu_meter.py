"""The meter of a GPU reads rarely, and says nothing where it cannot."""

import torch

from ganviz.engine import gpu_meter
from ganviz.engine.gpu_meter import GpuMeter, gpu_load

CUDA = torch.device("cuda")


def test_many_viewers_cause_one_reading(monkeypatch):
    readings, now = [], [0.0]
    monkeypatch.setattr(gpu_meter, "read", lambda device: readings.append(1) or {"load": 40})
    monkeypatch.setattr(gpu_meter.time, "monotonic", lambda: now[0])
    meter = GpuMeter(CUDA)
    assert [meter.load() for _ in range(30)] == [{"load": 40}] * 30 and len(readings) == 1
    now[0] += gpu_meter.HOLDS
    meter.load()
    assert len(readings) == 2


def test_without_the_binding_it_is_silent_for_good(monkeypatch):
    asked = []

    def missing(device):
        asked.append(1)
        raise ModuleNotFoundError("pynvml")

    monkeypatch.setattr(gpu_meter, "read", missing)
    meter = GpuMeter(CUDA)
    assert meter.load() is None and meter.load() is None and len(asked) == 1


def test_a_processor_has_no_meter():
    assert gpu_load(torch.device("cpu")) is None
