"""The ways to compute are chosen by measuring once, remembered, written into the run, and kept by
whoever resumes it. The clock is the tests' own."""

import json
import warnings

import pytest
import torch

from ganviz import device as devices
from ganviz.accel import choices as ways
from ganviz.accel.choices import Choices
from ganviz.algorithms.adversarial import Adversarial
from ganviz.data import expected_spec, load_data
from ganviz.engine import autotune, choosing
from ganviz.engine.machine_memory import FILE, key
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from ganviz.runs.resume import resumed
from ganviz.runs.store import RunStore

CPU = torch.device("cpu")
SMALL = {"generator": "dcgan", "discriminator": "dcgan", "g_width": 2, "d_width": 2, "steps": 0}


class Clock:
    """Tells the seconds that steps were said to take."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def timed(monkeypatch):
    """A clock, and a function that says how long a step under some choices takes."""
    clock = Clock()
    clock.cost = lambda choices: 0.001

    def step(self, next_batch):
        next_batch()
        clock.now += clock.cost(self.choices)

    monkeypatch.setattr(Adversarial, "step", step)
    monkeypatch.setenv(choosing.SWITCH, "1")
    return clock


def choose(config, root, clock, **more):
    return choosing.choose(config, expected_spec(config), CPU, root, clock=clock, **more)


def test_the_quickest_ways_are_taken_and_remembered(timed, tiny, tmp_path):
    timed.cost = lambda c: 0.002 + 0.001 * (c.channels_last) + 0.001 * (not c.fused_adam)
    config = tiny(**SMALL)
    first = choose(config, tmp_path, timed)
    assert first.source == "measured"
    assert first.choices == Choices(channels_last=False)
    assert first.worth["channels_last"] == pytest.approx(1.5)
    assert first.worth["fused_adam"] == pytest.approx(2 / 3)
    rows = {row["title"]: row for row in first.description()["rows"]}
    assert rows["Pictures in memory"]["taken"] == "channel by channel"
    assert rows["Adam"]["taken"] == "one kernel" and rows["Adam"]["worth"] == 1.5
    before = timed.now
    timed.cost = lambda c: 1.0
    again = choose(config, tmp_path, timed)
    assert (again.source, again.choices, again.worth) == ("remembered", first.choices, first.worth)
    assert timed.now == before
    assert choose(tiny(**{**SMALL, "g_width": 4}), tmp_path, timed).source == "measured"


def test_passes_under_a_penalty_are_timed_in_the_numbers_that_they_may_take(timed, tiny, tmp_path):
    """Kernels that are quick in one kind of numbers are slow in another."""
    seen = set()

    def cost(choices):
        seen.add(choices.penalty_numbers)
        return 0.002 + 0.001 * (choices.channels_last == (choices.penalty_numbers == ways.BF16))

    timed.cost = cost
    penalised = {**SMALL, "penalty": "r1", "precision": "bf16", "d_norm": "none"}
    chosen = choose(tiny(**penalised), tmp_path, timed)
    assert seen == {ways.BF16} and chosen.choices == Choices(channels_last=False)
    seen.clear()
    assert choose(tiny(**SMALL), tmp_path, timed).choices == Choices()
    assert seen == {ways.FP32}


def test_trying_is_bounded(timed, tiny, tmp_path):
    """By about a second, and by a share of a short run; equal ways are left as they are."""
    config = tiny(**SMALL)
    for cost in (0.0005, 0.03, 0.3):
        before = timed.now
        timed.cost = lambda c, cost=cost: cost
        found, _ = autotune.measure(config, expected_spec(config), CPU, timed)
        assert found == Choices()
        assert timed.now - before < autotune.BUDGET + 10 * cost
    timed.cost, before = lambda c: 0.001, timed.now
    short = config.but(steps=100)
    autotune.measure(short, expected_spec(short), CPU, timed)
    assert timed.now - before < 0.05


@pytest.mark.parametrize("can_be_captured", [True, False])
def test_where_a_run_replays_its_steps_replays_are_timed(
    tiny, tmp_path, monkeypatch, can_be_captured
):
    """Plain steps on a GPU wait for Python, and say nothing of what its kernels take."""
    monkeypatch.setenv(choosing.SWITCH, "1")
    clock, replayed, captures = Clock(), [], []

    def step(self, next_batch, plain=Adversarial.step):
        clock.now += 0.02 if self.choices.channels_last else 0.01
        plain(self, next_batch)

    def capture(work, generators):
        captures.append(work)
        if not can_be_captured:
            raise RuntimeError("an operation that cannot be captured")
        work()
        algorithm = work.__self__._algorithm

        def replay():
            replayed.append(algorithm.choices.channels_last)
            clock.now += 0.001 if algorithm.choices.channels_last else 0.002
            return torch.zeros(sum(shape.numel() for _, shape, _ in work.__self__._layout))

        return replay

    monkeypatch.setattr(Adversarial, "step", step)
    monkeypatch.setattr(autotune, "cuda_graph", capture)
    monkeypatch.setattr(autotune, "_are_replayed", lambda config, device: True)
    chosen = choose(tiny(**SMALL), tmp_path, clock)
    assert chosen.source == "measured" and len(captures) >= 2
    assert chosen.choices.channels_last is can_be_captured
    expected = 0.5 if can_be_captured else 2.0
    assert chosen.worth["channels_last"] == pytest.approx(expected)
    assert set(replayed) == ({True, False} if can_be_captured else set())


def test_where_it_cannot_be_remembered_the_usual_ways_stay(timed, tiny, tmp_path):
    timed.cost = lambda c: 0.002 + 0.001 * c.channels_last
    (tmp_path / "data").write_text("a file where the folder belongs")
    chosen = choose(tiny(**SMALL), tmp_path / "data", timed)
    assert chosen.choices == Choices() and "cannot be remembered" in chosen.sentences[0]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("an old driver\nand more")])
def test_what_goes_wrong_while_trying_ends_in_the_usual_ways(
    timed, tiny, tmp_path, monkeypatch, error
):
    def broken(self, next_batch):
        raise error

    monkeypatch.setattr(Adversarial, "step", broken)
    chosen = choose(tiny(**SMALL), tmp_path, timed)
    assert chosen.choices == Choices() and chosen.source == "usual"
    assert "could not be tried" in chosen.sentences[0] and "\n" not in chosen.sentences[0]


def test_a_damaged_memory_is_measured_anew(timed, tiny, tmp_path):
    config = tiny(**SMALL)
    choose(config, tmp_path, timed)
    path = tmp_path / FILE
    table = json.loads(path.read_text())
    (entry,) = table.values()
    entry["ways"]["channels_last"] = "perhaps"
    path.write_text(json.dumps(table))
    assert choose(config, tmp_path, timed).source == "measured"
    path.write_text("{" * 100)
    assert choose(config, tmp_path, timed).source == "measured"


def test_another_machine_chooses_anew_and_says_so(timed, tiny, tmp_path):
    config = tiny(**SMALL)
    here = choose(config, tmp_path, timed)
    kept = {**here.saved(), "ways": Choices(joint_passes=False).as_table()}
    same = choose(config, tmp_path, timed, kept=kept)
    assert same.source == "kept" and not same.choices.joint_passes and not same.sentences
    other = choose(config, tmp_path, timed, kept={**kept, "machine": "a slide rule"})
    assert other.choices.joint_passes and "a slide rule" in other.sentences[0]
    assert choose(config, tmp_path, timed, kept={}).choices == Choices()


def test_resumed_with_its_own_ways_a_run_is_the_uninterrupted_one(tiny, tmp_path, monkeypatch):
    """Whatever the clock would say by then."""
    found = Choices(
        optimized_convolutions=False, channels_last=False, joint_passes=False, fused_adam=False
    )
    monkeypatch.setenv(choosing.SWITCH, "1")
    monkeypatch.setattr(choosing, "measure", lambda *_: (found, {"channels_last": 1.2}))
    config = tiny(**{**SMALL, "steps": 8}, d_norm="layer", penalty="r1")
    runs = [
        Run(c, RunStore(tmp_path / name), CPU, tmp_path)
        for name, c in (("whole", config), ("parts", config.but(steps=4)))
    ]
    for run in runs:
        run.start().join()
        assert run.state == "finished", run.error
        assert run.trainer.algorithm.choices == found
        assert run.chosen.source in ("measured", "remembered")
    monkeypatch.setattr(choosing, "measure", lambda *_: (Choices(), {}))
    (tmp_path / FILE).unlink()
    later = resumed(tmp_path / "parts", 4, CPU, tmp_path)
    later.start().join()
    assert later.chosen.source == "kept" and later.step_count == 8
    whole = runs[0].trainer.weights()
    for name, value in later.trainer.weights().items():
        assert torch.equal(value, whole[name]), name
    told = [event.data for event in later.events.since(0, ("choices",))]
    assert told[-1]["source"] == "kept" and told[-1]["rows"][0]["worth"] == 1.2


def test_choices_come_through_a_checkpoint_and_nothing_else_does():
    found = Choices(penalty_numbers=ways.TF32, optimized_linear=True)
    assert Choices.from_table(json.loads(json.dumps(found.as_table()))) == found
    assert Choices.from_table({}) == Choices()
    for bad in (None, [], {"fused_adam": 1}, {"penalty_numbers": "fp8"}):
        assert Choices.from_table(bad) is None


def test_a_config_is_named_by_its_work_alone(tiny):
    spec = expected_spec(tiny())
    same = {key(tiny(**c), spec, CPU) for c in ({}, {"steps": 9}, {"seed": 3}, {"g_lr": 0.1})}
    assert len(same) == 1
    assert key(tiny(batch_size=8), spec, CPU) not in same
    # the thread that trains and one that reads have different numbers of threads
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        assert key(tiny(), spec, CPU) in same
    finally:
        torch.set_num_threads(threads)


def test_a_driver_that_is_too_old_is_named_and_the_processor_trains(tiny, tmp_path, monkeypatch):
    def is_available():
        warnings.warn(
            "CUDA initialization: The NVIDIA driver is too old. (Triggered at x)", stacklevel=1
        )
        return False

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    devices.gpu_problem.cache_clear()
    try:
        assert devices.pick_device("auto").type != "cuda"
        with pytest.raises(ConfigError, match="driver is too old"):
            devices.pick_device("cuda")
        chosen = choosing.choose(tiny(), expected_spec(tiny()), CPU, tmp_path)
        assert "driver is too old" in chosen.sentences[-1]
    finally:
        devices.gpu_problem.cache_clear()


def test_no_room_for_a_trial_of_numbers_ends_in_full_ones(tiny, tmp_path, monkeypatch):
    def full(trainer):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(choosing, "shorten_penalised_passes", full)
    config = tiny(penalty="r1")
    trainer = Trainer(config, load_data(config, CPU, tmp_path), CPU)
    chosen = choosing.choose(config, expected_spec(config), CPU, tmp_path)
    choosing.settle(chosen, trainer, resumed=False)
    assert chosen.choices.penalty_numbers == ways.FP32 and "no room" in chosen.sentences[-1]
