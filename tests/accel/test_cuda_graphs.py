"""Steps that are recorded and replayed are the steps that would have been taken, and who looks on
sees the same.

On a processor the "recording" is the work itself, done again at each replay: that holds everything
but the graph to account. Where there is an NVIDIA GPU, the same tests run with real CUDA graphs.
"""

import copy
import gc
import math
import time
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from ganviz.accel import cuda_graphs
from ganviz.accel.precision import cudnn_benchmark
from ganviz.accel.trial import try_quicker, verdict
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from tests.accel.games import GAMES, PLACES, RECORD, again, assert_same, assert_same_after, counting

CPU = torch.device("cpu")


def dropping(network, inputs):
    return F.dropout(inputs[0], 0.3), *inputs[1:]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("steps_before", [0, 2])
def test_a_replayed_training_is_the_plain_one(trainer, place, game, steps_before):
    plain, ours = trainer(place, **GAMES[game]), trainer(place, **GAMES[game])
    for one in (plain, ours):
        for _ in range(steps_before):
            one.step()
    assert cuda_graphs.capture_steps(ours, RECORD[place]) is None
    assert ours.captured_step and ours.step_count == steps_before
    assert_same(ours, plain)  # the trial left nothing behind
    assert_same_after(ours, plain, 6)
    assert ours.algorithm.steps_done == plain.algorithm.steps_done == 6 + steps_before
    assert ours.algorithm.ema.updates == plain.algorithm.ema.updates
    mine, theirs = ours.read_stats(), plain.read_stats()  # those before the trial as well
    assert mine.keys() == theirs.keys()
    assert mine == pytest.approx(
        theirs, rel=1e-6 if place == "cpu" else 1e-2, abs=1e-6 if place == "cpu" else 1e-3
    )


def test_no_garbage_is_collected_while_a_step_is_captured(trainer):
    """A graph of before would be destroyed meanwhile, which CUDA refuses."""
    ours, seen = trainer("cpu"), []

    def watched(work, generators):
        seen.append(gc.isenabled())
        return work

    assert gc.isenabled() and cuda_graphs.capture_steps(ours, watched) is None
    assert seen == [False] and gc.isenabled()


@pytest.mark.parametrize("place", PLACES)
def test_dropout_of_a_replay_is_that_of_the_plain_step(trainer, place):
    """Networks of others draw from torch's own generator, which nothing of ours sets back."""
    ours = trainer(place)
    ours.algorithm.discriminator.register_forward_pre_hook(dropping)
    device = ours.device
    states = torch.cuda.get_rng_state if device.type == "cuda" else torch.get_rng_state
    before = states()
    assert cuda_graphs.capture_steps(ours, RECORD[place]) is None
    assert torch.equal(states(), before), "the trial left torch's generator as it was"


@pytest.mark.parametrize("place", PLACES)
def test_a_saved_replay_goes_on_as_a_plain_training(trainer, place):
    ours, plain = trainer(place), trainer(place)
    assert cuda_graphs.capture_steps(ours, RECORD[place]) is None
    for _ in range(3):
        ours.step()
    plain.load(*copy.deepcopy((ours.weights(), ours.training_state())))
    for _ in range(3):
        ours.step()
        plain.step()
    assert_same(ours, plain)


@pytest.mark.parametrize("place", PLACES)
def test_weights_that_no_loss_reaches_keep_no_step_from_being_captured(trainer, place):
    """As a head of D that this game does not use."""
    ours, plain = trainer(place), trainer(place)
    for one in (ours, plain):
        unused = torch.nn.Parameter(torch.ones(3, device=place))
        one.algorithm.optimizers["discriminator"].param_groups[0]["params"].append(unused)
    assert cuda_graphs.capture_steps(ours, RECORD[place]) is None
    assert_same_after(ours, plain, 4)


@pytest.mark.parametrize("place", PLACES)
def test_loaded_weights_end_a_recording(trainer, place):
    ours, plain = trainer(place), trainer(place)
    assert cuda_graphs.capture_steps(ours, RECORD[place]) is None
    for one in (ours, plain):
        one.load(*copy.deepcopy((one.weights(), one.training_state())))
        one.step()
    assert ours.captured_step is None
    assert_same(ours, plain)


@pytest.mark.parametrize("place", PLACES)
def test_live_changes_are_followed(trainer, place):
    """By the same recording, or by another one where a step becomes another kind of work."""
    game = {"penalty": "r1", "d_norm": "none", "penalty_weight": 0.5}
    ours, plain, captures = trainer(place, **game), trainer(place, **game), []

    assert cuda_graphs.capture_steps(ours, counting(captures, place)) is None
    for change, value, wanted in (
        ("g_lr", 0.01, 1),
        ("penalty_weight", 2.0, 1),
        ("ema_decay", 0.5, 1),
        ("d_steps", 3, 2),
        ("penalty_weight", 0.0, 3),
    ):
        for one in (ours, plain):
            one.apply(change, value)
            one.step()
            one.step()
        assert ours.captured_step and len(captures) == wanted, change
    assert_same(ours, plain)


def test_a_kind_of_step_that_cannot_be_recorded_says_so_once(trainer):
    ours, plain, said, captures = trainer("cpu"), trainer("cpu"), [], []

    def once(work, generators):
        captures.append(1)
        return again(work, generators) if len(captures) == 1 else refuses(work, generators)

    assert cuda_graphs.capture_steps(ours, once, said.append) is None
    for one in (ours, plain):
        one.step()
        one.apply("d_steps", 2)
        for _ in range(3):
            one.step()
    assert ours.captured_step is None
    assert [sentence for sentence in said if "when stream is capturing" in sentence] == said
    assert len(said) == 1
    assert_same(ours, plain)


def test_no_room_for_another_kind_of_step_ends_in_plain_ones(trainer, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    ours, plain, said = trainer("cpu"), trainer("cpu"), []
    assert cuda_graphs.capture_steps(ours, again, said.append) is None
    monkeypatch.setattr(cuda_graphs.trial, "plain_steps", full)
    for one in (ours, plain):
        one.step()
        one.apply("d_steps", 2)
        one.step()
    assert ours.captured_step is None and len(said) == 1 and "no room" in said[0]
    assert_same(ours, plain)


def test_a_difference_that_plain_steps_show_as_well_refuses_nothing(trainer):
    """Atomics, kernels that are chosen anew: the discriminator's gradient comes out otherwise each
    time."""
    ours, said, chance = trainer("cpu"), [], torch.Generator().manual_seed(0)
    for weight in ours.algorithm.discriminator.parameters():
        weight.register_hook(lambda g: g * (1 + 0.1 * torch.rand((), generator=chance)))
    assert cuda_graphs.capture_steps(ours, again, said.append) is None
    assert ours.captured_step
    assert "as two plain steps differ by" in said[0]


@pytest.mark.parametrize("place", PLACES)
def test_who_measures_a_step_from_the_inside_sees_it(trainer, place):
    ours, plain, seen = trainer(place), trainer(place), []
    assert cuda_graphs.capture_steps(ours, RECORD[place]) is None
    for step in range(6):
        hook = None
        if step in (1, 4):
            hook = ours.algorithm.optimizers["generator"].register_step_post_hook(
                lambda *_, step=step: seen.append(step)
            )
        ours.step()
        plain.step()
        if hook:
            hook.remove()
    assert seen == [1, 4]
    assert_same(ours, plain)


@pytest.mark.parametrize("place", PLACES)
def test_a_hook_that_stays_is_served_once_and_the_replay_goes_on(trainer, place):
    ours, seen, replays = trainer(place), [], []

    def counted(work, generators):
        replay = (RECORD[place] or cuda_graphs.cuda_graph)(work, generators)
        return lambda: replays.append(1) or replay()

    assert cuda_graphs.capture_steps(ours, counted) is None
    replays.clear()
    pre_hook = ours.algorithm.optimizers["generator"].register_step_pre_hook(
        lambda *_: seen.append(len(replays))
    )
    for _ in range(5):
        ours.step()
    pre_hook.remove()
    assert seen[0] == 0 and len(replays) == 4  # on a CPU the work itself calls it again


def wrong(trainer):
    def record(work, generators):
        def replay():
            seen = work()
            for weight in trainer.algorithm.discriminator.parameters():
                weight.grad *= 1.1
            return seen

        return replay

    return record


def refuses(work, generators):
    raise RuntimeError("operation not permitted when stream is capturing\nand a long report")


def test_a_hook_does_not_keep_a_recording_from_being_tried(trainer):
    ours = trainer("cpu")
    for optimizer in ours.algorithm.optimizers.values():
        optimizer.register_step_post_hook(lambda *_: None)
    assert "off by 10" in cuda_graphs.capture_steps(ours, wrong(ours))


@pytest.mark.gpu
def test_a_capture_that_fails_half_way_leaves_dropout_as_it_was(trainer):
    def fails(work, generators):
        def half():
            work()
            raise RuntimeError("half way")

        return cuda_graphs.cuda_graph(half, generators)

    ours, plain = trainer("cuda"), trainer("cuda")
    for one in (ours, plain):
        one.algorithm.discriminator.register_forward_pre_hook(dropping)
    random = torch.cuda.get_rng_state()
    assert "half way" in cuda_graphs.capture_steps(ours, fails)
    torch.cuda.set_rng_state(random)
    for _ in range(3):
        ours.step()
    torch.cuda.set_rng_state(random)
    for _ in range(3):
        plain.step()
    assert_same(ours, plain)


@pytest.mark.parametrize(("record", "timed"), [(again, False), (refuses, True)])
def test_cudnn_times_kernels_for_a_recording_and_not_for_those_who_look_on(trainer, record, timed):
    ours, seen = trainer("cpu"), []

    def watched(work, generators):
        seen.append(torch.backends.cudnn.benchmark)
        return record(work, generators)

    ours.algorithm.choices = replace(ours.algorithm.choices, cudnn_benchmark=True)
    with cudnn_benchmark(False):
        cuda_graphs.capture_steps(ours, watched)
        assert (seen, torch.backends.cudnn.benchmark) == ([True], timed)


def test_no_room_for_a_later_recording_leaves_plain_steps_as_they_were_chosen(trainer, monkeypatch):
    ours, rewind = trainer("cpu"), Trainer.rewind
    ours.algorithm.choices = replace(ours.algorithm.choices, cudnn_benchmark=True)
    with cudnn_benchmark(False):
        assert cuda_graphs.capture_steps(ours, again) is None
        ours.captured_step = None

        def full(*_):
            monkeypatch.setattr(Trainer, "rewind", rewind)
            raise torch.OutOfMemoryError("CUDA out of memory")

        monkeypatch.setattr(Trainer, "rewind", full)
        said = try_quicker(ours, lambda one: cuda_graphs.capture_steps(one, again))
        assert said and ours.captured_step is None and torch.backends.cudnn.benchmark
    before = ours.step_count
    ours.step()
    assert ours.steps_to_show == ours.step_count == before + 1


@pytest.mark.parametrize(
    ("record", "named"), [(lambda _: refuses, "when stream is capturing"), (wrong, "off by 10")]
)
def test_a_recording_that_cannot_be_trusted_is_not_used(trainer, record, named):
    ours, plain = trainer("cpu"), trainer("cpu")
    sentence = cuda_graphs.capture_steps(ours, record(ours))
    assert (
        named in sentence and sentence.endswith("they are taken as usual.") and "\n" not in sentence
    )
    assert ours.captured_step is None
    for _ in range(4):
        ours.step()
        plain.step()
    assert_same(ours, plain)


@pytest.mark.parametrize(
    ("off", "between", "sentence"),
    [
        (math.nan, math.nan, "gradient is not a finite number, however the step is taken"),
        (math.nan, 0.0, "gradient would not be a finite number"),
        (math.inf, 0.0, "gradient would be that of other weights"),
        (1.0, 0.02, "gradient would be off by 100.0%, where two plain steps differ by 2.0%"),
    ],
)
def test_what_is_wrong_with_a_replay_is_said_in_words(off, between, sentence):
    said = verdict({"generator": off}, {"generator": between}, 0.1)
    assert said == (f"the generator's {sentence}", None)


def test_a_run_without_a_gpu_says_so_and_trains(tiny, tmp_path):
    run = Run(tiny(cuda_graphs=True, steps=5), data_root=tmp_path, device=CPU).start()
    run.join()
    assert run.state == "finished", run.error
    notes = [
        event.data["sentence"]
        for event in run.events.since(0, ("note",))
        if event.data["level"] == "warning"
    ]
    assert len(notes) == 1 and "need an NVIDIA GPU" in notes[0]


def test_another_number_of_d_steps_is_recorded_anew(tiny, tmp_path, monkeypatch):
    recorded = []
    monkeypatch.setattr(cuda_graphs, "cuda_graph", lambda work, _: recorded.append(1) or work)
    monkeypatch.setattr(cuda_graphs, "_missing_device", lambda trainer: None)
    run = Run(tiny(cuda_graphs="on", steps=0), data_root=tmp_path, device=CPU)
    run.pause()
    run.start()
    run.set(d_steps=2, g_lr=0.02)
    run.step(3)
    while run.step_count < 3:
        assert run.state != "failed", run.error
        time.sleep(0.01)
    run.stop()
    run.join()
    assert len(recorded) == 2 and run.trainer.captured_step
    plain = Trainer(
        RunConfig.parse({**run.config.model_dump(), "cuda_graphs": "off"}),
        load_data(run.config, CPU, tmp_path),
        CPU,
    )
    for _ in range(3):
        plain.step()
    assert_same(run.trainer, plain)


@pytest.mark.gpu
@pytest.mark.parametrize("preset", ["digits-mlp", "digits-dcgan", "digits-quick"])
def test_a_replayed_run_is_watched_while_it_records(preset, tmp_path):
    """The painter and a viewer use the GPU in threads of their own, also while a step is recorded
    anew."""
    config = RunConfig.from_preset(
        preset, cuda_graphs=True, steps=400, sample_seconds=0.05, tick_seconds=0.05
    )
    run = Run(config, data_root=tmp_path, device=torch.device("cuda")).start()
    z, y, changed = (
        torch.randn(4, config.latent_dim),
        torch.arange(4) if config.conditional else None,
        0,
    )
    while run.active:
        if run.snapshots.version:
            run.snapshots.render(z, y)
        if run.step_count >= changed + 100:
            changed = run.step_count
            run.set(g_lr=config.g_lr)
    assert run.state == "finished", run.error
    warnings = [
        event.data["sentence"]
        for event in run.events.since(0, ("note",))
        if event.data["level"] == "warning"
    ]
    assert not [sentence for sentence in warnings if "CUDA graph" in sentence], warnings
