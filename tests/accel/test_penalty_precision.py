"""Passes that are differentiated twice take short numbers where a trial finds their gradients near
enough, and say so."""

from types import SimpleNamespace

import torch

from ganviz.accel import choices as ways
from ganviz.accel import penalty_precision, trial
from ganviz.accel.penalty_precision import shorten_penalised_passes, take_numbers
from ganviz.engine.run import Run

PENALISED = {
    "image_size": 16,
    "discriminator": "dcgan",
    "d_width": 4,
    "penalty": "r1+r2",
    "precision": "bf16",
    "update": "simultaneous",
    "objective": "relativistic",
}


def test_penalised_passes_take_bf16_where_their_gradients_allow_it(tiny_trainer):
    trainer = tiny_trainer(**PENALISED)
    before = {name: value.clone() for name, value in trainer.weights().items()}
    said = shorten_penalised_passes(trainer)
    assert said == ["Penalised passes are taken in bf16."]
    assert trainer.algorithm.choices.penalty_numbers == ways.BF16
    assert trainer.step_count == 0
    for name, value in trainer.weights().items():
        assert torch.equal(value, before[name]), name
    trainer.step()
    assert all(torch.isfinite(p).all() for p in trainer.weights().values())


def test_where_they_do_not_allow_it_the_lowest_resolution_or_all_keep_fp32(
    tiny_trainer, monkeypatch
):
    monkeypatch.setitem(penalty_precision.ALLOWED, ways.BF16, 1e-9)
    trainer = tiny_trainer(**PENALISED)
    said = shorten_penalised_passes(trainer)
    assert "not taken in bf16: the generator's gradient would be off by" in said[0]
    assert "two plain steps differ by 0.0%" in said[0]
    assert trainer.algorithm.choices.penalty_numbers == ways.BF16_BUT_LOWEST
    monkeypatch.setitem(penalty_precision.ALLOWED, ways.BF16_BUT_LOWEST, 1e-9)
    shorten_penalised_passes(trainer)
    assert trainer.algorithm.choices.penalty_numbers == ways.FP32


def test_the_lowest_resolution_keeps_fp32(tiny_trainer):
    trainer = tiny_trainer(**PENALISED)
    take_numbers(trainer, ways.BF16_BUT_LOWEST)
    seen = []
    for module in trainer.algorithm.discriminator.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda m, i, out: seen.append((out.shape[-1], out.dtype)))
    trainer.step()
    in_d = [dtype for side, dtype in seen if side == 4]
    assert torch.float32 in in_d and torch.bfloat16 in {d for side, d in seen if side > 4}


def test_a_step_in_full_numbers_is_held_to_them_on_a_gpu_too(tiny):
    def allowed(numbers, **settings):
        algorithm = SimpleNamespace(choices=ways.Choices(penalty_numbers=numbers))
        config = tiny(**settings)
        return trial.tolerance(
            SimpleNamespace(config=config, algorithm=algorithm, device=torch.device("cuda"))
        )

    assert allowed(ways.FP32, penalty="r1") == trial.PLAIN_OFF
    assert allowed(ways.FP32) == allowed(ways.TF32, penalty="r1") == trial.TF32_OFF
    assert allowed(ways.FP32, tf32=False) == trial.PLAIN_OFF
    assert allowed(ways.BF16, penalty="r1") == trial.BF16_OFF


def test_the_shortest_numbers_are_what_settings_and_device_have(tiny):
    def found(place, **settings):
        return penalty_precision.shortest(tiny(**settings), torch.device(place))

    assert found("cuda", penalty="r1") == ways.TF32
    assert found("cuda", penalty="r1", precision="bf16") == found("cpu", **PENALISED) == ways.BF16
    assert found("cpu", penalty="r1") == found("cuda") == ways.FP32
    assert found("cuda", penalty="r1", tf32=False) == ways.FP32


def test_full_numbers_try_nothing(tiny_trainer):
    trainer = tiny_trainer(**{**PENALISED, "precision": "fp32"})
    assert shorten_penalised_passes(trainer) == []


def test_who_looks_at_a_run_sees_no_step_of_a_trial(tiny, monkeypatch):
    shown, plain_steps = [], trial.plain_steps

    def watched(trainer, start):
        shown.append(run.status()["step"])
        steps = plain_steps(trainer, start)
        trainer.step()
        shown.append(run.status()["step"])
        start.restore()
        return steps

    monkeypatch.setattr(penalty_precision.trial, "plain_steps", watched)
    run = Run(tiny(**PENALISED, steps=2), None, torch.device("cpu"), observers=[])
    run.start().join()
    assert run.state == "finished", run.error
    assert shown == [0, 0] and run.step_count == 2
