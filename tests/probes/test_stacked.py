"""Stacked digits: the figures are the papers', and a run on them is counted while it trains."""

import math
import struct
import time

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.data.stacked_digits import DRAWN_NOTE, name_of
from ganviz.engine.run import Run
from ganviz.probes import stacked
from ganviz.probes.stacked import MODES, Namer, Stacked, mode_figures

CPU = torch.device("cpu")
TINY = dict(batch_size=8, g_width=2, d_width=2, data_limit=400, steps=2)


def test_even_samples_read_zero_and_one_combination_reads_log_1000():
    even = mode_figures(torch.arange(MODES).repeat(3))
    assert (even["captured"], even["reverse_kl"], even["missing"]) == (MODES, 0.0, [])
    one = mode_figures(torch.full((50,), 7))
    assert one["captured"] == 1 and one["reverse_kl"] == pytest.approx(math.log(MODES), abs=1e-4)
    assert one["missing"][:2] == ["000", "001"] and name_of(7) == "007"


def test_what_26000_samples_read_of_an_even_spread_is_the_bias_that_is_printed():
    random = torch.Generator().manual_seed(0)
    found = mode_figures(torch.randint(MODES, (stacked.SAMPLES,), generator=random))
    assert found["captured"] == MODES
    assert found["reverse_kl"] == pytest.approx((MODES - 1) / (2 * stacked.SAMPLES), rel=0.15)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Few triples of drawn digits, and what names them."""
    root = tmp_path_factory.mktemp("data")
    config = RunConfig.from_preset("stacked-mnist", **TINY)
    source = load_data(config, CPU, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked, "NAMING_STEPS", 120)
        namer = Namer.of(source, root, lambda: False)
    return config, source, namer, root


def test_triples_hold_the_digits_that_they_say(drawn):
    _, source, namer, _ = drawn
    assert source.samples.shape[1:] == (3, 28, 28) and source.spec.note == DRAWN_NOTE
    digits, labels = source.modes["digits"], source.modes["digit_labels"]
    known = torch.stack([digits[:64, 0], digits[64:128, 0], digits[128:192, 0]], 1)
    wanted = labels[:64] * 100 + labels[64:128] * 10 + labels[128:192]
    right = (namer.names(known) == wanted).float().mean()
    assert right > 0.5 and namer.classifier.accuracy > 0.8
    assert namer.control["n"] == len(source.samples)


def test_a_run_is_counted_beside_real_triples(drawn, monkeypatch):
    config, _, namer, root = drawn
    monkeypatch.setattr(Namer, "of", lambda *_: namer)
    monkeypatch.setattr(Stacked, "fakes", 300)
    monkeypatch.setattr(Stacked, "make_reference", lambda self: namer)
    probe = Stacked(root)
    run = Run(config, None, CPU, root, observers=[probe])
    run.pause()
    run.start()
    run.step(1)
    while run.step_count < 1:
        assert run.state != "failed", run.error
        time.sleep(0.01)
    probe.measure()
    probe.wait()
    run.resume()
    run.join()
    assert run.state == "finished", run.error
    found = [event.data for event in run.events.since(0, ("stacked",))]
    assert found[-1]["at"] == 2 and found[-1]["n"] == 300 and found[-1]["total"] == MODES
    assert found[-1]["captured"] <= 300 and found[-1]["captured_real"] > 100
    assert ["R3GAN", "R3GAN T3", 1000, 0.029] in found[-1]["papers"]


def test_other_data_are_not_counted():
    probe = Stacked()
    probe.source = type("Source", (), {"modes": None})()
    assert not probe.applies()


def test_real_digits_are_taken_where_they_lie(tmp_path):
    images = torch.arange(12 * 28 * 28, dtype=torch.int64).remainder(256).to(torch.uint8)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(
        struct.pack(">IIII", 0x803, 12, 28, 28) + images.numpy().tobytes()
    )
    (tmp_path / "mnist" / "train-labels-idx1-ubyte").write_bytes(
        struct.pack(">II", 0x801, 12) + bytes(range(10)) + bytes([0, 1])
    )
    source = load_data(RunConfig.from_preset("stacked-mnist", **TINY), CPU, tmp_path)
    assert not source.spec.note and len(source.modes["digits"]) == 12
