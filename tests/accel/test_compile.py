"""Compiled networks are tried out first, and the trial leaves nothing behind."""

import pytest
import torch

from ganviz.accel import compile as compiled
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError

CPU = torch.device("cpu")


def raises(graph, inputs):
    raise RuntimeError("no C++ compiler was found\nand a long report")


def is_wrong(graph, inputs):
    return lambda *values: tuple(1.1 * out for out in graph(*values))


@pytest.fixture
def trainer(tiny):
    def make(**changes):
        config = tiny(**changes)
        return Trainer(config, load_data(config, CPU, "unused"), CPU)

    yield make
    torch._dynamo.reset()


GAMES = {
    "gan": {},
    "hinge": {"objective": "hinge", "d_steps": 2},
    "batch norm": {"g_norm": "batch", "d_norm": "batch"},
    "vae": {"algorithm": "vae", "likelihood": "gaussian"},
}


@pytest.mark.parametrize("game", GAMES)
def test_a_compiled_run_learns_what_a_plain_one_learns(trainer, monkeypatch, game):
    monkeypatch.setattr(compiled, "BACKEND", "aot_eager")
    plain, ours = trainer(**GAMES[game]), trainer(**GAMES[game])
    for one in (plain, ours):
        one.step()
    before = {name: value.clone() for name, value in ours.weights().items()}
    assert compiled.compile_networks(ours) is None
    assert isinstance(ours.algorithm.generator, torch._dynamo.OptimizedModule)
    assert ours.step_count == 1 and all(
        torch.equal(before[name], value) for name, value in ours.weights().items()
    )
    for _ in range(5):
        plain.step()
        ours.step()
    theirs = plain.weights()
    for name, value in ours.weights().items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-5)
    assert len(ours.algorithm.stats._values) == len(plain.algorithm.stats._values)


@pytest.mark.parametrize(
    ("backend", "named"), [(raises, "no C++ compiler was found"), (is_wrong, "off by")]
)
def test_what_cannot_be_trusted_is_not_used(trainer, monkeypatch, backend, named):
    monkeypatch.setattr(compiled, "BACKEND", backend)
    plain, ours = trainer(), trainer()
    sentence = compiled.compile_networks(ours)
    assert named in sentence and "not compiled" in sentence and "\n" not in sentence
    for _ in range(5):
        plain.step()
        ours.step()
    theirs = plain.weights()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.weights().items())


def test_a_run_says_why_it_goes_on_without(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "BACKEND", raises)
    run = Run(tiny(compiled=True, steps=5), data_root=tmp_path, device=CPU).start()
    run.join()
    assert run.state == "finished", run.error
    notes = [
        event.data["sentence"]
        for event in run.events.since(0, ("note",))
        if event.data["level"] == "warning"
    ]
    assert len(notes) == 1 and notes[0].endswith("they train as usual.")


@pytest.mark.parametrize(
    "changes", [{"penalty": "r1"}, {"update": "simultaneous", "d_norm": "none"}]
)
def test_what_is_differentiated_twice_is_not_compiled(changes, tiny):
    with pytest.raises(ConfigError, match="differentiate twice") as caught:
        RunConfig.parse({**tiny().model_dump(), "compiled": True, **changes})
    assert caught.value.field == "compiled"
