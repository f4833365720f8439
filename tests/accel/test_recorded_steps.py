"""Steps on a CPU that are replayed from a list of operations are the plain ones, bit for bit; what
cannot be is taken as usual."""

import pytest
import torch
import torch.nn.functional as F

from ganviz.accel import recorded_steps
from ganviz.accel.recorded_operations import CannotRecord, record_operations
from ganviz.accel.recorded_steps import record_steps_on_cpu
from ganviz.engine import checkpoint, recorder
from ganviz.engine.acceleration import record_short_steps
from ganviz.engine.run import Run
from ganviz.runs.store import RunStore
from tests.accel.games import GAMES, assert_same, assert_same_after

CPU = torch.device("cpu")
# Their optimisers read their rates back.
PLAIN = ("clipped", "decay")


@pytest.mark.parametrize("game", [name for name in GAMES if name not in PLAIN])
@pytest.mark.parametrize("steps_before", [0, 2])
def test_a_replayed_training_is_the_plain_one(trainer, game, steps_before):
    plain, ours = trainer("cpu", **GAMES[game]), trainer("cpu", **GAMES[game])
    for one in (plain, ours):
        for _ in range(steps_before):
            one.step()
    assert record_steps_on_cpu(ours) and ours.step_count == steps_before
    assert_same(ours, plain)  # the trial left nothing behind
    assert_same_after(ours, plain, 6)
    assert ours.read_stats() == plain.read_stats()
    gradients = [
        [
            weight.grad
            for network in one.algorithm.networks.values()
            for weight in network.parameters()
        ]
        for one in (ours, plain)
    ]
    assert all(map(torch.equal, *gradients))


@pytest.mark.parametrize("game", PLAIN)
def test_what_cannot_be_recorded_is_taken_as_usual(trainer, game):
    plain, ours = trainer("cpu", **GAMES[game]), trainer("cpu", **GAMES[game])
    assert not record_steps_on_cpu(ours) and ours.captured_step is None
    for _ in range(3):
        plain.step()
        ours.step()
    assert_same(ours, plain)


def test_live_changes_are_followed(trainer):
    game = {**GAMES["one pass"], "penalty_weight": 1.0}
    plain, ours = trainer("cpu", **game), trainer("cpu", **game)
    assert record_steps_on_cpu(ours)
    for name, value in (
        ("g_lr", 0.01),
        ("penalty_weight", 3.0),
        ("ema_decay", 0.5),
        ("g_lr", 1e-4),
    ):
        for one in (plain, ours):
            one.apply(name, value)
            one.step()
            one.step()
        assert_same(ours, plain)


def test_a_new_hook_is_called_at_one_step(trainer):
    ours = trainer("cpu")
    assert record_steps_on_cpu(ours)
    called = []
    ours.algorithm.optimizers["discriminator"].register_step_pre_hook(lambda *_: called.append(1))
    for _ in range(3):
        ours.step()
    assert called == [1]


def test_dropout_draws_what_a_plain_step_draws(trainer):
    plain, ours = trainer("cpu"), trainer("cpu")
    for one in (plain, ours):
        one.algorithm.discriminator.register_forward_pre_hook(
            lambda _, inputs: (F.dropout(inputs[0], 0.3), *inputs[1:])
        )
    before = torch.get_rng_state()
    assert record_steps_on_cpu(ours)
    assert torch.equal(torch.get_rng_state(), before)
    for one in (plain, ours):
        torch.set_rng_state(before)
        for _ in range(3):
            one.step()
    assert_same(ours, plain)


def test_memory_that_runs_out_in_the_trial_leaves_plain_steps(trainer, monkeypatch):
    plain, ours = trainer("cpu"), trainer("cpu")
    looks = []

    def some_steps(trainer):
        looks.append(trainer.step())
        if len(looks) == 2:
            raise MemoryError
        return []

    monkeypatch.setattr(recorded_steps, "_some_steps", some_steps)
    assert not record_steps_on_cpu(ours) and ours.captured_step is None and len(looks) == 2
    for one in (plain, ours):
        one.step()
    assert_same(ours, plain)


def test_steps_that_carry_something_over_are_not_replayed(trainer, monkeypatch):
    """A tensor that Python makes of a number is one and the same in all replays."""
    ours = trainer("cpu")
    step = ours.algorithm.step

    def counting(next_batch):
        ours.algorithm.stats.add("loss_d", torch.tensor(1.0).add_(1.0))
        step(next_batch)

    monkeypatch.setattr(ours.algorithm, "step", counting)
    assert not record_steps_on_cpu(ours) and ours.captured_step is None


# -- operations ------------------------------------------------------------------------------------
def test_a_replay_reads_what_there_is_and_draws_on():
    weight = torch.ones(3, 2, requires_grad=True)
    held, random = torch.zeros(2), torch.Generator().manual_seed(7)

    def work():
        weight.grad = None
        noise = torch.randn(4, 3, generator=random)
        first, second = (noise @ weight).chunk(2)
        loss = (first * second).relu().sum()
        loss.backward()
        held.add_(weight.grad.sum(0))
        return torch.cat([loss.detach().view(1), held])

    replay = record_operations(work, [random])
    with torch.no_grad():
        weight.mul_(0.5)
    state, before = random.get_state(), held.clone()
    replayed = [replay().clone(), replay().clone(), weight.grad.clone()]
    random.set_state(state)
    held.copy_(before)
    plain = [work().clone(), work().clone(), weight.grad.clone()]
    assert all(map(torch.equal, replayed, plain)) and not torch.equal(plain[0], plain[1])


def test_numbers_that_are_read_back_cannot_be_recorded():
    with pytest.raises(CannotRecord, match="reads numbers back"):
        record_operations(lambda: torch.ones(2) * torch.ones(2).sum().item(), [])


# -- runs ------------------------------------------------------------------------------------------
def test_a_run_replays_its_short_steps_unless_that_is_off(tiny, tmp_path, wait_until, monkeypatch):
    monkeypatch.setattr(recorder, "LEAST_LEFT", 0.0)
    ends = []
    for wanted in ("auto", "off"):
        store = RunStore(tmp_path / wanted)
        run = Run(tiny(steps=300, cuda_graphs=wanted, tick_seconds=0.02), store, CPU, tmp_path)
        run.start()
        wait_until(lambda run=run: run.step_count > 100)
        trained = run.between_steps(lambda trainer: trainer.captured_step is not None)
        assert trained.result(60) == (wanted == "auto")
        assert run.join(60) and run.state == "finished", run.error
        ends.append(checkpoint.load(store.folder)[1])
    assert ends[0].step == ends[1].step == 300
    for name, value in ends[0].weights.items():
        assert torch.equal(value, ends[1].weights[name]), name


def test_other_ways_are_left_alone(trainer):
    for ours in (
        trainer("cpu", cuda_graphs="off"),
        trainer("cpu", cuda_graphs="on"),
        trainer("cpu", compiled=True),
    ):
        record_short_steps(ours)
        assert ours.captured_step is None
    ours = trainer("cpu")
    record_short_steps(ours)
    assert ours.captured_step


def test_who_measures_a_step_does_not_see_those_of_a_trial(trainer):
    ours, seen = trainer("cpu", d_steps=1), []

    def watch():
        return ours.algorithm.optimizers["discriminator"].register_step_pre_hook(
            lambda *_: seen.append(ours.step_count)
        )

    handle = watch()
    assert not record_short_steps(ours) and ours.captured_step is None and seen == []
    handle.remove()
    assert record_short_steps(ours) and ours.captured_step
    # Nor where a step becomes another kind of work, which is recorded anew.
    ours.apply("d_steps", 2)
    handle = watch()
    ours.step()
    ours.step()
    assert seen == [0, 0, 1, 1]
    handle.remove()
    ours.step()
    assert ours.captured_step and ours.step_count == 3 and seen == [0, 0, 1, 1]


def test_a_change_that_ends_a_recording_begins_another(tiny, tmp_path, wait_until):
    config = tiny(**GAMES["burn-in"], steps=0, tick_seconds=0.02)
    run = Run(config, None, CPU, tmp_path)
    run.start()
    captured = []

    def is_recorded():
        captured.append(run.between_steps(lambda trainer: trainer.captured_step).result(60))
        return captured[-1] is not None

    wait_until(is_recorded)
    first = captured[-1]
    run.set(burn_in_beta2=0.99)
    wait_until(lambda: is_recorded() and captured[-1] is not first)
    run.stop()
    assert run.join(60) and run.state == "stopped", run.error


@pytest.mark.parametrize(("bound", "value"), [("SHORT", 0.0), ("LEAST_LEFT", 1e6)])
def test_long_steps_are_left_alone_and_so_is_a_run_that_soon_ends(
    bound, value, tiny, tmp_path, monkeypatch
):
    monkeypatch.setattr(recorder, bound, value)
    monkeypatch.setattr(recorder, "record_short_steps", lambda trainer: pytest.fail("not worth it"))
    run = Run(tiny(steps=200, tick_seconds=0.02), None, CPU, tmp_path)
    run.start()
    assert run.join(60) and run.state == "finished", run.error
