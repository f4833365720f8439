"""EMA, statistics, event log, snapshots and frames, each against values worked out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from ganviz import device
from ganviz.accel.precision import allow_tf32
from ganviz.algorithms.ema import Ema
from ganviz.algorithms.statistics import NonFinite, Stats
from ganviz.engine.events import EventLog
from ganviz.engine.frames import Frame, FrameStore, Layout, grid_of
from ganviz.engine.snapshot import SnapshotStore, to_pictures


def test_ema_follows_the_formula_with_its_ramp():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 0.0)
    ema = Ema(network, 0.5)
    nn.init.constant_(network.weight, 1.0)
    ema.update()  # decay 1/10: 0 + 0.9 * (1 - 0)
    assert ema.network.weight.item() == pytest.approx(0.9)
    ema.update()  # decay 2/11: 0.9 + 9/11 * 0.1
    assert ema.network.weight.item() == pytest.approx(0.9 + 0.1 * 9 / 11)
    assert ema.decay_at(1000) == 0.5


def test_ema_copies_buffers():
    network = nn.BatchNorm1d(2)
    ema = Ema(network, 0.9)
    network(torch.randn(8, 2))
    ema.update()
    assert torch.equal(ema.network.running_mean, network.running_mean)
    assert not ema.network.training


def test_an_average_of_decay_0_is_the_network_until_the_decay_changes():
    network = nn.BatchNorm1d(2)
    ema = Ema(network, 0.0)
    network(torch.randn(8, 2))
    with torch.no_grad():
        network.weight.fill_(2.0)
    assert ema.network.weight.tolist() == [2.0, 2.0] and torch.equal(
        ema.network.running_mean, network.running_mean
    )
    assert (
        not ema.network.training
        and not ema.network.weight.requires_grad
        and network.weight.requires_grad
    )
    ema.load({**network.state_dict(), "weight": torch.zeros(2)})  # of a run that averaged
    assert network.weight.tolist() == [2.0, 2.0]
    ema.update()
    held = ema.network.weight

    ema.decay = 0.1
    with torch.no_grad():
        network.weight.fill_(3.0)
    assert ema.network.weight is held and held.tolist() == [2.0, 2.0]
    ema.update()
    assert held.tolist() == pytest.approx([2.9, 2.9])
    ema.decay = 0.0
    ema.update()
    assert held.tolist() == [3.0, 3.0]


def test_stats_are_means_since_the_last_read():
    stats = Stats()
    for value in (1.0, 2.0, 6.0):
        stats.add("loss", torch.tensor(value))
    assert stats.read() == {"loss": 3.0}
    assert stats.read() == {}


def test_stats_name_the_first_that_blew_up():
    stats = Stats()
    for d, g in ((1.0, 1.0), (float("inf"), 1.0), (float("nan"), float("nan")), (1.0, 1.0)):
        stats.add("loss_d", torch.tensor(d))
        stats.add("loss_g", torch.tensor(g))
    with pytest.raises(NonFinite) as error:
        stats.read()
    assert error.value.name == "loss_d" and error.value.when == 0.25


def test_every_reader_has_its_own_cursor():
    log = EventLog()
    log.append("state", 0, state="running")
    log.append("scalars", 1, loss=1.0)
    log.append("frame", 1)
    middle = log.seq
    log.append("scalars", 2, loss=2.0, extra=5.0)
    assert [event.kind for event in log.since(0)] == ["state", "frame"]
    assert log.since(middle) == []
    rows = log.rows(middle)
    assert rows["step"].tolist() == [2] and rows["loss"].tolist() == [2.0]
    everything = log.rows()
    assert everything["loss"].tolist() == [1.0, 2.0]
    assert np.isnan(everything["extra"][0]) and everything["extra"][1] == 5.0


def test_who_listens_hears_each_event_once_until_it_stops():
    log, heard = EventLog(), []
    log.append("note", 1)
    log.subscribe(heard.append)
    said = [log.append("scalars", 2, loss=1.0), log.append("frame", 2)]
    log.unsubscribe(heard.append)
    log.append("note", 3)
    assert heard == said


@pytest.mark.parametrize(
    ("changes", "kind"), [({}, "tf32"), ({"tf32": False}, "ieee"), ({"penalty": "r1"}, "ieee")]
)
def test_products_are_short_where_the_recipe_bears_it(tiny, changes, kind):
    backends = torch.backends.cuda.matmul, torch.backends.cudnn.conv
    before = [products.fp32_precision for products in backends]
    try:
        allow_tf32(tiny(**changes).short_products)  # sets, and touches no GPU
        assert [products.fp32_precision for products in backends] == [kind, kind]
    finally:
        for products, was in zip(backends, before, strict=True):
            products.fp32_precision = was


@pytest.mark.parametrize(
    ("said", "threads"), [(None, 7), ("", 7), ("3", 3), ("2,1", 2), ("0", 7), ("many", 7)]
)
def test_training_leaves_a_core_unless_told_otherwise(monkeypatch, said, threads):
    monkeypatch.setattr(device, "cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert device.cpu_threads() == threads


def test_reading_in_pieces_gives_the_whole():
    log, pieces, cursor = EventLog(), [], 0
    for step in range(3000):
        log.append("scalars", step, loss=float(step))
        if step % 700 == 0:
            pieces.append(log.rows(cursor)["step"])
            cursor = log.seq
    pieces.append(log.rows(cursor)["step"])
    assert np.concatenate(pieces).tolist() == list(range(3000))


class Constant(nn.Module):
    """A generator that draws one grey value."""

    latent_dim = 2

    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, z, y=None):
        return self.value.expand(len(z), 1, 4, 4)


def test_snapshots_show_the_newest_and_keep_their_own_copy():
    store = SnapshotStore(2, (), False, "images")
    with pytest.raises(LookupError):
        store.render(torch.zeros(1, 2))
    network = Constant(-1.0)
    for version, (value, pixel) in enumerate(((-1.0, 0), (1.0, 255), (0.0, 128)), start=1):
        nn.init.constant_(network.value, value)
        assert store.publish(network, step=version * 10)
        nn.init.constant_(network.value, 7.0)  # the trained network moves on; the snapshot must not
        pictures, step, seen = store.render(torch.zeros(3, 2))
        assert pictures.shape == (3, 4, 4, 1) and (pictures == pixel).all()
        assert (step, seen) == (version * 10, version)


def test_publishing_never_waits_for_a_viewer():
    store, network = SnapshotStore(2, (), False, "images"), Constant(0.0)
    store.publish(network, 1)
    with store._newest():
        assert store.publish(network, 2)  # writes the other copy
        assert not store.publish(network, 3)  # that one is being drawn from: give up
    assert store.publish(network, 4)
    assert store.step == 4


def test_pixels_are_rounded_and_clipped():
    x = torch.tensor([-5.0, -1.0, 0.0, 1.0, 9.0]).view(1, 1, 1, 5)
    assert to_pictures(x).flatten().tolist() == [0, 0, 128, 255, 255]


def test_grid_puts_each_picture_in_its_place():
    pictures = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1) * 10
    sheet = grid_of(pictures, Layout(2, 3, (), None))
    assert sheet[..., 0].tolist() == [[0, 64, 10, 64, 20], [64] * 5, [30, 64, 40, 64, 50]]


def test_kept_frames_thin_out_and_stay_bounded():
    store = FrameStore()
    for i in range(5000):
        elapsed = i * 0.5
        store.add(
            Frame(i, b"x", "image/png", 1, 1, 1, 1, kept=store.wants_to_keep(elapsed)), elapsed
        )
    steps = store.steps()
    assert 100 < len(steps) <= 600 and steps[0] == 0 and steps == sorted(steps)
    assert store.latest.step == 4999 and store.get(4998) is not None
    assert store.get(3) is None or 3 in steps
