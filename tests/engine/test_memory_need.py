"""What a training will take is known from shapes; what does not fit is refused without effect."""

import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from ganviz import algorithms, api, registry
from ganviz.accel.choices import Choices, in_use
from ganviz.accel.memory import PeakMemory, cgroup_free_memory
from ganviz.algorithms.adversarial import Adversarial
from ganviz.config import RunConfig
from ganviz.data import expected_spec
from ganviz.data.source import Batch
from ganviz.engine import memory_need as need_module
from ganviz.engine.memory_need import Need, check_memory, memory_need, rough_need
from ganviz.errors import ConfigError
from ganviz.runs.manager import RunManager
from tests import fresh

CPU = torch.device("cpu")
GAMES = {
    "mlp": {"preset": "digits-mlp"},
    "dcgan": {"preset": "digits-dcgan", "batch_size": 16},
    "joint r1": {"preset": "digits-quick", "batch_size": 8},
    "wgan-gp": {"preset": "ring8-wgan-gp"},
    "spectral": {"preset": "ring8-spectral"},
    "vae": {"preset": "ring8-vae"},
    "conditional": {"preset": "digits-mlp", "conditioning": "projection", "penalty": "r1"},
}


def parsed(preset, **changes):
    return RunConfig.from_preset(preset, **changes)


def held_at_most(config, spec):
    """What the tensors of two real steps hold on the CPU."""
    x = torch.rand(config.batch_size, *spec.shape) * 2 - 1
    y = torch.zeros(config.batch_size, dtype=torch.int64) if spec.classes else None
    with PeakMemory() as memory:
        algorithm = algorithms.build(config, spec, CPU)
        for _ in range(2):
            algorithm.step(lambda: Batch(x, y))
        return memory.peak


@pytest.mark.parametrize("game", GAMES)
def test_the_need_is_that_of_real_steps(game):
    config = parsed(**GAMES[game])
    spec = expected_spec(config)
    assert memory_need(config, spec).peak == pytest.approx(held_at_most(config, spec), rel=0.35)


def test_a_hundred_moves_need_what_a_few_do_and_take_no_time(monkeypatch):
    """Twenty seconds of a Train click were spent on the shapes of a hundred equal moves."""
    moves, step = [], Adversarial.discriminator_step
    monkeypatch.setattr(
        Adversarial,
        "discriminator_step",
        lambda *values, **more: moves.append(1) or step(*values, **more),
    )
    config = parsed("ring8", d_steps=100, g_steps=100)
    spec = expected_spec(config)
    need = memory_need(config, spec)
    assert len(moves) < 10
    few = config.but(d_steps=5, g_steps=5)
    assert need.peak == pytest.approx(held_at_most(few, spec), rel=0.35)


def grown():
    """What two steps on a large batch make the process grow by, after two on a small one."""
    torch.set_num_threads(1)
    before = steps(2)
    print(steps(512) - before)


def steps(size):
    """Train two steps; the most bytes that were resident so far."""
    config = parsed("digits-dcgan", batch_size=size)
    spec = expected_spec(config)
    algorithm = algorithms.build(config, spec, CPU)
    x = torch.rand(size, *spec.shape)
    for _ in range(2):
        algorithm.step(lambda: Batch(x, None))
    # Not ru_maxrss, which a child takes over from its parent.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(status["VmHWM"].split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_need_is_what_the_process_grows_by(tmp_path):
    child = fresh.Child(grown, folder=tmp_path)
    assert child.wait(120) == 0, child.err.read_text()
    config = parsed("digits-dcgan", batch_size=512)
    size, need = int(child.out.read_text()), memory_need(config, expected_spec(config)).total(CPU)
    assert 0.9 * size < need < 2.5 * size


def loads_a_compiler():
    """Prints which modules of torch's compiler trainings and estimates have loaded: a second and
    150 MB of imports; sympy alone, which a first step waits for, is half a second."""
    spec = expected_spec(parsed("ring8"))
    for optimizer, ways in (
        ("adam", Choices()),
        ("adam", Choices(fused_adam=False)),
        *((one, Choices()) for one in ("sgd", "momentum", "rmsprop")),
    ):
        for update in ("alternating", "simultaneous"):
            with in_use(ways):
                config = parsed("ring8", optimizer=optimizer, update=update)
                algorithm = algorithms.build(config, spec, CPU)
            for _ in range(2):
                algorithm.step(lambda: Batch(torch.rand(256, *spec.shape), None))
        print(optimizer, {"torch._dynamo", "sympy"} & sys.modules.keys())
    games = {}  # many presets are one game with other numbers
    for preset in registry.PRESETS.names():
        config = parsed(preset, data_path="nowhere")
        game = (config.algorithm, config.generator, config.discriminator, config.objective)
        games.setdefault((*game, config.penalty, config.optimizer), (preset, config))
    for preset, config in games.values():
        memory_need(config, expected_spec(config))
        print(preset, {"torch._dynamo"} & sys.modules.keys())


def test_no_estimate_and_no_training_loads_a_compiler(tmp_path):
    child = fresh.Child(loads_a_compiler, folder=tmp_path)
    assert child.wait(120) == 0, child.err.read_text()
    said = child.out.read_text().splitlines()
    assert "rmsprop set()" in said and len(said) > 20
    assert [line for line in said if not line.endswith(" set()")] == []


@pytest.mark.parametrize("preset", ["digits-quick", "sngan", "r3gan", "mlp-gan", "ring8-best"])
def test_the_rough_figure_is_far_above_the_need(preset):
    config = parsed(preset)
    need = memory_need(config, expected_spec(config)).total(CPU)
    assert rough_need(config, expected_spec(config)) > 2 * need


@pytest.fixture
def free(monkeypatch):
    """A function that sets how much memory is free."""
    monkeypatch.setattr(need_module, "_known", OrderedDict())
    return lambda size: monkeypatch.setattr(need_module, "free_memory", lambda device: int(size))


def test_what_does_not_fit_is_refused_with_a_batch_that_does(free):
    config = parsed("digits-dcgan", batch_size=16_384)
    free(2e9)
    with pytest.raises(ConfigError) as caught:
        check_memory(config, CPU)
    assert caught.value.field == "batch_size" and "16,384" in caught.value.sentence
    fits = int(caught.value.sentence.partition("A batch size of ")[2].split()[0].replace(",", ""))
    assert 512 <= fits < 16_384
    check_memory(config.but(batch_size=fits), CPU)
    check_memory(config, CPU, reclaimable=40 * 10**9)


def test_networks_that_no_batch_makes_fit_say_so(free):
    free(1e8)
    config = parsed("digits-mlp", g_hidden=(4096,) * 8)
    with pytest.raises(ConfigError, match="No smaller batch fits"):
        check_memory(config, CPU)


def test_a_fitting_batch_keeps_the_other_rules(free):
    free(8e7)
    config = parsed("ring8-pac", batch_size=49_152, pac=3, d_hidden=(512, 512))
    with pytest.raises(ConfigError, match="No smaller batch fits"):
        check_memory(config, CPU)


def test_networks_that_need_real_numbers_are_not_refused(free, monkeypatch):
    free(1)
    monkeypatch.setattr(
        need_module, "memory_need", lambda *_: (_ for _ in ()).throw(NotImplementedError("meta"))
    )
    check_memory(parsed("digits-mlp"), CPU)


def test_a_refused_run_leaves_nothing_behind(free, tmp_path):
    free(1)
    with pytest.raises(ConfigError, match="memory"):
        api.make_run(parsed("digits-mlp"), tmp_path / "out", "cpu", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_refused_run_does_not_end_the_one_that_trains(free, tmp_path):
    manager = RunManager(tmp_path / "runs", tmp_path, CPU)
    run = manager.start(parsed("ring8", steps=0, batch_size=8))
    while run.step_count == 0:
        assert not run.join(0.02), run.error
    free(1)
    with pytest.raises(ConfigError, match="memory"):
        manager.start(parsed("digits-dcgan", batch_size=65_536), replace=True)
    assert manager.current is run and run.active
    assert len(list((tmp_path / "runs").iterdir())) == 1
    run.stop()
    assert run.join(60)


def test_a_containers_limit_counts(tmp_path):
    assert cgroup_free_memory(tmp_path, tmp_path / "own") is None
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("5\n")
    assert cgroup_free_memory(tmp_path, tmp_path / "own") is None
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 600\ninactive_file 50\n")
    assert cgroup_free_memory(tmp_path, tmp_path / "own") == 350
    (tmp_path / "memory" / "job").mkdir(parents=True)
    (tmp_path / "memory" / "job" / "memory.limit_in_bytes").write_text("100")
    (tmp_path / "memory" / "job" / "memory.usage_in_bytes").write_text("90")
    (tmp_path / "own").write_text("4:memory:/job\n0::/\n")
    assert cgroup_free_memory(tmp_path, tmp_path / "own") == 10


def test_the_need_of_a_run_counts_viewers_and_checkpoints():
    need = Need(peak=100, state=40, generator=10, probes=5)
    assert need.total(CPU) == 200 + 3 * 10 + 2 * 40 + 5
