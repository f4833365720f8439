"""A recorded step is the step: its losses and gradients are those that were used, and nothing of
the training changes for being recorded."""

import pytest
import torch

from ganviz.accel.cuda_graphs import capture_steps
from ganviz.probes.step_recorder import StepRecorder
from ganviz.registry import OBJECTIVES

GAMES = {
    **{name: {"objective": name} for name, _ in OBJECTIVES},
    "r1": {"penalty": "r1", "penalty_weight": 0.1},
    "simultaneous": {"update": "simultaneous"},
    "several": {"d_steps": 3, "g_steps": 2},
    "packed": {"pac": 2},
}


def recorded(lab, **changes):
    """A trainer and its third step's recording."""
    trainer = lab(points=True, **changes).trainer
    for _ in range(2):
        trainer.step()
    trainer.read_stats()
    recorder = StepRecorder(trainer)
    recorder.begin()
    trainer.step()
    return trainer, recorder.collect()


@pytest.mark.parametrize("game", GAMES)
def test_figures_are_those_of_the_step(lab, game):
    trainer, recording = recorded(lab, **GAMES[game])
    stats, algorithm = trainer.read_stats(), trainer.algorithm
    d, g = recording.moves["discriminator"], recording.moves["generator"]
    assert recording.step == 3
    assert recording.counts["discriminator"] == trainer.config.d_steps
    if game != "several":
        assert float(d.loss) == pytest.approx(stats["loss_d"], rel=1e-6, abs=1e-6)
        assert float(g.loss) == pytest.approx(stats["loss_g"], rel=1e-6, abs=1e-6)
        for player, move in recording.moves.items():
            used = torch.stack([p.grad.norm() for p in algorithm.networks[player].parameters()])
            torch.testing.assert_close(move.layers[0].norm(), used.norm(), rtol=1e-6, atol=1e-9)
    if game != "simultaneous":
        # D has not moved since, so that G's gradient at the fakes can be had again
        x = g.fake.clone().requires_grad_()
        loss = algorithm.objective.g(g.real_logits, algorithm.discriminator(x, None))
        (again,) = torch.autograd.grad(loss, x)
        torch.testing.assert_close(g.fake_gradient, again, rtol=1e-5, atol=1e-7)
        assert torch.equal(g.fake, d.fake)


def test_a_recorded_run_is_bit_identical(lab):
    pictures = {"points": False, "augment": ("translation",), "instance_noise": 0.1}
    captured = {"points": True, "d_steps": 2}
    for changes in ({"points": True, "penalty": "wgan-gp"}, pictures, captured):
        recorded_one, plain = lab(**changes).trainer, lab(**changes).trainer
        if changes is captured:
            # the work itself stands in for its capture: a recorded step is taken as usual
            assert capture_steps(recorded_one, lambda work, generators: work) is None
        recorder = StepRecorder(recorded_one)
        for _ in range(4):
            recorder.begin()
            recorded_one.step()
            assert recorder.collect().moves["generator"].z is not None
            plain.step()
        assert vars(recorded_one.algorithm).keys() == vars(plain.algorithm).keys()
        for name, weights in plain.weights().items():
            assert torch.equal(weights, recorded_one.weights()[name]), name


def test_what_plays_no_game_says_why(lab):
    recorder = StepRecorder(lab(algorithm="vae").trainer)
    recorder.begin()
    assert "no game" in recorder.why_not and recorder.collect() is None
