"""Checkpoints: bit for bit, all or nothing, and no file makes ganviz run code, hang or fall
over."""

import errno
import json
import os
import shutil
import sys

import pytest
import torch

from ganviz import disk
from ganviz.algorithms.weights import prefixed_state_dict
from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.restore import fit
from ganviz.errors import CheckpointError

CONFIG = RunConfig.parse(
    {
        "data": "digits",
        "image_size": 8,
        "generator": "mlp",
        "discriminator": "mlp",
        "g_norm": "none",
    }
)


def make_state(step=12, seed=0):
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).to(
        memory_format=torch.channels_last
    )
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 3, 6, 6)).sum().backward()
    optimizer.step()
    training = {
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
        "position": 7,
        "mixed": [1, 2.5, None, "x", True, (3, float("inf"))],
    }
    return TrainingState(
        prefixed_state_dict(generator=net, ema=net),
        training,
        {"step": step, "elapsed": 3.5, "metric": float("nan")},
    )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run" / "checkpoints"


@pytest.fixture(autouse=True)
def run_folder(folder):
    folder.parent.mkdir()


def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.stride() == b.stride() and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def test_round_trip_bit_for_bit(folder):
    state = make_state()
    path = checkpoint.save(folder, CONFIG, state)
    assert path.name == "step-000000012"
    config, loaded = checkpoint.load(folder.parent)
    assert config == CONFIG
    assert same(loaded.training, state.training)
    assert loaded.weights.keys() == state.weights.keys()
    assert all(torch.equal(loaded.weights[name], state.weights[name]) for name in state.weights)
    assert loaded.info == {"step": 12, "elapsed": 3.5, "metric": None}
    assert loaded.note == "" and loaded.step == 12 and loaded.path == path


def test_tied_weights_are_kept(folder):
    weight = torch.randn(3)
    checkpoint.save(
        folder, CONFIG, TrainingState({"generator/a": weight, "ema/a": weight}, {}, {"step": 1})
    )
    assert torch.equal(checkpoint.load(folder)[1].part("ema")["a"], weight)


def test_fit_names_the_tensor_that_differs(folder):
    net = torch.nn.Linear(3, 2)
    fit(net, {"weight": torch.zeros(2, 3), "bias": torch.ones(2)}, "generator")
    assert net.bias.tolist() == [1, 1]
    for weights, words in [
        ({"weight": torch.zeros(2, 3)}, "'bias' is missing"),
        ({"weight": torch.zeros(3, 3), "bias": torch.ones(2)}, r"'weight' is \[3, 3\] float32"),
        ({"weight": torch.zeros(2, 3), "bias": torch.ones(2).double()}, "float64 instead of"),
        (
            {"weight": torch.zeros(2, 3), "bias": torch.ones(2), "x": torch.ones(1)},
            "no tensor called 'x'",
        ),
    ]:
        with pytest.raises(CheckpointError, match=words):
            fit(net, weights, "generator")


# -- damage ----------------------------------------------------------------------------------------
FILES = (
    checkpoint.CONFIG,
    checkpoint.STATE,
    checkpoint.WEIGHTS,
    checkpoint.TRAINING,
    checkpoint.TRAINING_TENSORS,
)


@pytest.mark.parametrize("name", FILES)
def test_missing_truncated_and_flipped_files_are_named(folder, name):
    path = checkpoint.save(folder, CONFIG, make_state())
    file = path / name
    good = file.read_bytes()

    def refused():
        with pytest.raises(CheckpointError) as caught:
            checkpoint.load(path)
        assert name in caught.value.sentence

    for data in (
        good[: len(good) // 2],
        b"",
        good[:-1],
        good[:60] + bytes([good[60] ^ 1]) + good[61:],
        good + b"x",
    ):
        file.write_bytes(data)
        if name != checkpoint.STATE or data not in (good + b"x", good[:-1]):
            refused()
    file.unlink()
    refused()
    file.symlink_to("/etc/hostname")
    refused()


def test_falls_back_to_the_previous_checkpoint_and_says_so(folder):
    checkpoint.save(folder, CONFIG, make_state(10))
    newest = checkpoint.save(folder, CONFIG, make_state(20))
    (newest / checkpoint.WEIGHTS).write_bytes(b"torn")
    _, state = checkpoint.load(folder.parent)
    assert state.step == 10
    assert "step-000000020" in state.note and "step 10" in state.note
    (folder / "step-000000010" / checkpoint.TRAINING).unlink()
    with pytest.raises(CheckpointError, match="None of the 2 checkpoints"):
        checkpoint.load(folder.parent)
    assert checkpoint.load(folder.parent, training=False)[1].step == 10


def test_no_checkpoint_and_no_folder(folder):
    with pytest.raises(CheckpointError, match="holds no checkpoint yet"):
        checkpoint.load(folder.parent)
    with pytest.raises(CheckpointError, match="does not exist"):
        checkpoint.load(folder / "nowhere")


def rewrite(path, name, data=None, **changes):
    """Forge a file, with the digests that a forger would make fit."""
    import hashlib

    manifest = json.loads((path / checkpoint.STATE).read_text())
    if data is not None:
        (path / name).write_bytes(data)
        manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest.update(changes)
    manifest["sha256"] = checkpoint._digest(manifest)
    (path / checkpoint.STATE).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 99}, "schema '99'"),
        ({"format": "x"}, "not a ganviz checkpoint"),
        ({"files": []}, "damaged"),
        ({"step": -1}, "damaged"),
        ({"info": None}, "damaged"),
        ({"files": {}}, "not listed"),
    ],
)
def test_wrong_schema_and_manifest(folder, changes, words):
    path = checkpoint.save(folder, CONFIG, make_state())
    rewrite(path, None, **changes)
    with pytest.raises(CheckpointError, match=words):
        checkpoint.load(path)


def test_unknown_settings_are_refused(folder):
    path = checkpoint.save(folder, CONFIG, make_state())
    rewrite(path, checkpoint.CONFIG, b'{"batch_sise": 3}')
    with pytest.raises(CheckpointError, match="batch_sise"):
        checkpoint.load(path)


def test_nan_weights_are_neither_saved_nor_loaded(folder):
    from safetensors.torch import save

    path = checkpoint.save(folder, CONFIG, make_state(1))
    bad = make_state(2)
    bad.weights["generator/0.bias"][0] = float("nan")
    with pytest.raises(CheckpointError, match=r"generator/0\.bias"):
        checkpoint.save(folder, CONFIG, bad)
    assert [p.name for p in checkpoint.list_checkpoints(folder)] == [path.name]
    rewrite(path, checkpoint.WEIGHTS, save({"ema/w": torch.tensor([1.0, float("inf")])}))
    with pytest.raises(CheckpointError, match="NaN or infinite"):
        checkpoint.load(path)


TREES = {
    "not JSON": (b"cos\nsystem\n", "not the JSON"),
    "deep": (b"[" * 100_000, "not the JSON"),
    "nested": (b'{"tuple": [' * 70 + b"1" + b"]}" * 70, "nested without end"),
    "no table": (b"[1, 2]", "not a table"),
    "a foreign tag": (b'{"call": "os.system"}', "does not write"),
    "a tensor that is not there": (b'{"dict": [["x", {"tensor": "y"}]]}', "damaged"),
    "a key that is no key": (b'{"dict": [[1.5, 2]]}', "damaged"),
    "pairs that are none": (b'{"dict": [1, 2]}', "damaged"),
    "a number that is none": (b'{"dict": [["x", {"float": "many"}]]}', "damaged"),
    "a petabyte": (b'{"dict": [["x", {"tensor": "rng", "stride": [1099511627776]}]]}', "damaged"),
    "one number many times": (b'{"dict": [["x", {"tensor": "rng", "stride": [0]}]]}', "damaged"),
    "a stride of another tensor": (
        b'{"dict": [["x", {"tensor": "rng", "stride": [1, 1]}]]}',
        "damaged",
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_crafted_training_trees_are_refused(folder, name):
    data, words = TREES[name]
    path = checkpoint.save(folder, CONFIG, make_state())
    rewrite(path, checkpoint.TRAINING, data)
    with pytest.raises(CheckpointError, match=words) as caught:
        checkpoint.load(path)
    assert checkpoint.TRAINING in caught.value.sentence


def test_a_new_checkpoint_holds_json_and_safetensors_only(folder):
    path = checkpoint.save(folder, CONFIG, make_state())
    assert sorted(file.name for file in path.iterdir()) == sorted(FILES)
    for file in path.iterdir():
        data = file.read_bytes()
        header = (
            data if file.suffix == ".json" else data[8 : 8 + int.from_bytes(data[:8], "little")]
        )
        json.loads(header)


def test_huge_files_are_refused_unread(folder, monkeypatch):
    path = checkpoint.save(folder, CONFIG, make_state())
    with open(path / checkpoint.CONFIG, "ab") as file:
        file.truncate(2**40)  # sparse: takes no disk
    with pytest.raises(CheckpointError, match=r"config\.json.*larger"):
        checkpoint.load(path)


# -- all or nothing --------------------------------------------------------------------------------
def test_a_crash_before_the_rename_leaves_the_old_one(folder, monkeypatch):
    first = checkpoint.save(folder, CONFIG, make_state(1))

    def crash(beside, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(disk, "_put", crash)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(folder, CONFIG, make_state(2))
    monkeypatch.undo()
    assert checkpoint.list_checkpoints(folder) == [first]
    assert os.listdir(folder) == [first.name]


def test_a_crash_between_the_renames_loses_nothing(folder, monkeypatch):
    """Replacing a checkpoint of the same step takes two renames; a power cut in between leaves the
    old one aside."""
    checkpoint.save(folder, CONFIG, make_state(5, seed=1))
    rename, calls = os.rename, []

    def only_the_first_works(source, target):
        calls.append(source)
        if len(calls) >= 2:
            raise OSError(errno.EIO, "power cut")
        rename(source, target)

    monkeypatch.setattr(os, "rename", only_the_first_works)
    with pytest.raises(CheckpointError, match="power cut"):
        checkpoint.save(folder, CONFIG, make_state(5, seed=2))
    monkeypatch.undo()
    assert [path.name for path in checkpoint.list_checkpoints(folder)] == ["step-000000005.old"]
    expected = make_state(5, seed=1).weights["ema/0.weight"]
    assert torch.equal(checkpoint.load(folder)[1].weights["ema/0.weight"], expected)
    checkpoint.save(folder, CONFIG, make_state(5, seed=2))
    checkpoint.prune(folder, 3)
    assert [path.name for path in checkpoint.list_checkpoints(folder)] == ["step-000000005"]


def test_replacing_the_same_step(folder):
    checkpoint.save(folder, CONFIG, make_state(5, seed=1))
    checkpoint.save(folder, CONFIG, make_state(5, seed=2))
    assert os.listdir(folder) == ["step-000000005"]
    assert torch.equal(
        checkpoint.load(folder)[1].weights["ema/0.weight"],
        make_state(5, seed=2).weights["ema/0.weight"],
    )


def test_prune_keeps_the_last_the_protected_and_a_good_one(folder):
    for step in range(1, 7):
        checkpoint.save(folder, CONFIG, make_state(step))
    (folder / ".step-000000009.1-abc.tmp").mkdir()
    for step in (5, 6):
        (folder / f"step-{step:09d}" / checkpoint.STATE).unlink()
    checkpoint.prune(folder, 2, {"step-000000002"})
    assert sorted(os.listdir(folder)) == [f"step-{step:09d}" for step in (2, 4, 5, 6)]
    assert checkpoint.newest(folder).name == "step-000000004"


def test_space_is_asked_for_before_the_disk_is_full(folder, monkeypatch):
    checkpoint.save(folder, CONFIG, make_state(1))
    usage = shutil.disk_usage(folder)._replace(free=checkpoint.RESERVE + 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CheckpointError, match=r"needs 1\.\d MB .* has 67\.1 MB left"):
        checkpoint.save(folder, CONFIG, make_state(2))
    monkeypatch.undo()
    assert os.listdir(folder) == ["step-000000001"]


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(folder, monkeypatch):
    checkpoint.save(folder, CONFIG, make_state(1))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="the disk is full"):
        checkpoint.save(folder, CONFIG, make_state(2))
    monkeypatch.undo()
    assert os.listdir(folder) == ["step-000000001"]


def test_a_deleted_run_folder_is_not_brought_back(folder):
    shutil.rmtree(folder.parent)
    with pytest.raises(CheckpointError, match="the folder is gone"):
        checkpoint.save(folder, CONFIG, make_state(2))
    assert not folder.parent.exists()


def test_only_plain_values_are_saved(folder):
    for value in (object(), {1.5: 2}, {"x": {1, 2}}):
        with pytest.raises(TypeError):
            checkpoint.save(folder, CONFIG, TrainingState({}, {"value": value}, {"step": 1}))
    assert not checkpoint.list_checkpoints(folder) and not os.listdir(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a thing of Unix")
def test_a_refused_write_of_tensors_is_a_sentence(folder):
    """Another library writes them, with errors of its own."""
    import resource

    checkpoint.save(folder, CONFIG, make_state(1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (folder / "step-000000001" / checkpoint.TRAINING_TENSORS).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 100, limits[1]))
    try:
        with pytest.raises(CheckpointError, match=r"not saved in .*: (?i:file too large)\.$"):
            checkpoint.save(folder, CONFIG, make_state(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(folder) == ["step-000000001"]


def test_who_may_read_one_file_may_read_all(folder):
    path = checkpoint.save(folder, CONFIG, make_state(1))
    assert len({file.stat().st_mode for file in path.iterdir()}) == 1
