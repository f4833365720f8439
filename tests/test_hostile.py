"""Run folders and picture folders that somebody made to do harm, disks that are full, and clocks
that jump."""

import io
import json
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.api import follow, make_run
from ganviz.config import RunConfig, load_config
from ganviz.data import load_data
from ganviz.engine import checkpoint
from ganviz.engine.events import Event
from ganviz.errors import ConfigError, DataError, GanvizError
from ganviz.runs import listing, trained
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import RunError, list_runs, run_info
from ganviz.runs.store import RunStore
from ganviz.server import Gate, routes

TINY = {
    "data": "digits",
    "image_size": 8,
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (8,),
    "d_hidden": (8,),
    "g_norm": "none",
    "latent_dim": 4,
    "batch_size": 8,
    "steps": 20,
    "tick_seconds": 0.02,
    "sample_seconds": 0.05,
}
SECRET = "the key to everything"
POSIX = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "runs" / "kept"
    assert follow(make_run(RunConfig.parse(TINY), folder, "cpu", "data")).state == "finished"
    return folder


@pytest.fixture
def client(run):
    opened = {}
    manager = SimpleNamespace(
        current=None,
        device=torch.device("cpu"),
        runs_root=run.parent,
        library=lambda: list_runs(run.parent),
        get=lambda name: opened.setdefault(name, FolderRun(run.parent / name)),
    )
    with TestClient(Gate(Starlette(routes=routes(manager))), base_url="http://localhost") as client:
        yield client


def within(seconds, action):
    """What ``action`` returns or raises; it must not take longer."""
    outcome = []

    def act():
        try:
            outcome.append((action(), None))
        except Exception as error:
            outcome.append((None, error))

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(seconds)
    assert outcome, f"it hangs: {action}"
    value, error = outcome[0]
    if error:
        raise error
    return value


# -- links and pipes in a run folder ---------------------------------------------------------------
@POSIX
@pytest.mark.parametrize(
    "name",
    ["thumb.png", "reals.png", "frames/000000020.png", "log.jsonl", "notes.json", "summary.json"],
)
def test_links_out_of_a_run_folder_give_nothing_away(run, client, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(secret)
    for address in ("", "/kept", "/kept/thumb.png", "/kept/export"):
        assert SECRET not in client.get(f"/gv/library{address}").text, address
    for address in ("reals.png", "frames/20.png"):
        assert SECRET not in client.get(f"/gv/runs/kept/{address}").text, address
    assert secret.read_text() == SECRET


@POSIX
@pytest.mark.parametrize(
    "name", ["log.jsonl", "config.json", "summary.json", "notes.json", "live.json", "thumb.png"]
)
def test_a_pipe_in_a_run_folder_does_not_hang_the_table(run, name):
    if name == "log.jsonl":
        (run / "summary.json").unlink()  # then the log is asked how the run stands
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    within(20, lambda: list_runs(run.parent))
    try:
        kept = within(20, lambda: FolderRun(run))
    except GanvizError:
        return
    within(20, kept.status)


@POSIX
def test_a_pipe_in_place_of_the_lock_hangs_nobody(run):
    """The table asks for the lock of every run that does not say that it has ended."""
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({**summary, "state": "running"}))
    (run / "live.json").unlink(missing_ok=True)
    os.mkfifo(run / "live.json")
    (kept,) = within(20, lambda: list_runs(run.parent))
    assert kept.state == "interrupted"
    with pytest.raises(ConfigError, match="not a plain file"):
        within(20, lambda: RunStore(run))


@POSIX
@pytest.mark.parametrize("name", ["log.jsonl", "train.log", "summary.json", "thumb.png"])
def test_a_pipe_in_place_of_a_file_does_not_hold_up_a_training(run, name):
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)

    def write():
        store = RunStore(run)
        store.append(Event(1, "scalars", 1, 1.0, {"loss_d": 1.0}))
        store.write_traceback("what happened")
        store.append(Event(2, "state", 1, 1.0, {"state": "stopped", "sentence": "Stopped."}))

    within(20, write)


HUGE = 10**400
DAMAGES = {
    "step": {"step": HUGE},
    "step, a float": {"step": 1e308},
    "negative": {"step": -1, "created": -5.0},
    "times": {"created": 1e308, "updated": HUGE},
    "figures": {"figures": {"loss_d": HUGE, "loss_g": 1e308, "fid": [1], "kid": {"a": 1}}},
    "steps": {"settings": {"steps": HUGE, "name": 5, "preset": ["x"]}},
    "facts": {"facts": {"equilibrium": {"loss_d": HUGE}, "series": [1, None], "device": HUGE}},
    "no spec": {"facts": {}},
    "half a character": {"sentence": "\ud800", "settings": {"name": "\udfff x"}},
    "layout": {"layout": {"rows": HUGE, "cols": -3, "labels": [HUGE]}},
    "tables for texts": {"state": {}, "sentence": [], "figures": [], "facts": 3},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_summary_takes_nothing_down(run, client, damage):
    """Of the table, of the run itself, and of its sliders."""
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({**summary, **DAMAGES[damage]}))
    shutil.copytree(run, run.parent / "sound")
    (run.parent / "sound" / "summary.json").write_text(json.dumps(summary))
    table = client.get("/gv/library")
    assert table.status_code == 200 and len(table.json()["runs"]) == 2
    for address in ("/gv/library/kept", "/gv/library/kept/history", "/gv/latent/info?run=kept"):
        answer = client.get(address)
        assert answer.status_code < 500, (address, answer.text)
    answer = client.post("/gv/latent", json={"run": "kept", "seed": 1})
    assert answer.status_code < 500, answer.text


def test_names_cannot_hide_or_turn_what_stands_beside_them(run):
    listing.rename(run.parent, "kept", "a\0b\u202egnp.exe\u2066 \ud800 c\n d")
    assert run_info(run).name == "abgnp.exe c d"
    (run / "notes.json").write_text(json.dumps({"name": "x\u202ey" + "z" * 500}))
    assert run_info(run).name.startswith("xyz") and len(run_info(run).name) == 80
    listing.rename(run.parent, "kept", "\u202e\0")
    assert run_info(run).name == "kept"


def test_a_name_in_the_settings_is_cleaned_as_well():
    assert RunConfig.parse({**TINY, "name": "a\0b\u202e c"}).name == "ab c"


def test_a_step_without_a_checkpoint_is_named(run):
    with pytest.raises(RunError, match=r"keeps no checkpoint of step 7\. .* 20"):
        FolderRun(run, at=7)


@pytest.mark.parametrize("name", ["config.json", "summary.json", "log.jsonl"])
def test_files_without_end_are_not_read_into_memory(run, name):
    with open(run / name, "r+b") as file:
        file.truncate(2**36)  # sparse: takes no disk
    if name == "log.jsonl":
        within(20, lambda: run_info(run))
        return
    within(20, lambda: list_runs(run.parent))
    if name == "config.json":
        with pytest.raises(ConfigError, match="larger"):
            within(20, lambda: FolderRun(run))
        with pytest.raises(ConfigError, match="larger"):
            within(20, lambda: load_config(run / name))
    else:
        within(20, lambda: FolderRun(run))


# -- pictures --------------------------------------------------------------------------------------
def huge_png():
    """A whole PNG of 100 megapixels in 14 KB."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    side = 10_000
    rows = zlib.compress(bytes(side * (side // 8 + 1)), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_hundred_megapixels_are_never_unpacked(run, tmp_path):
    (run / "frames" / "000000020.png").write_bytes(huge_png())
    kept = FolderRun(run)
    assert kept.frames.get(20) is None and kept.frames.get(0) is not None
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "huge.png").write_bytes(huge_png())
    for index in range(16):
        Image.fromarray(np.full((9, 9), index, np.uint8)).save(folder / f"{index}.png")
    began = time.process_time()
    source = load_data(
        RunConfig.parse({**TINY, "data": "folder", "data_path": str(folder)}),
        torch.device("cpu"),
        tmp_path,
    )
    assert (
        source.spec.count == 16
        and "huge.png" in source.spec.note
        and time.process_time() - began < 2
    )


def test_ten_thousand_tiny_files(run, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    packed = io.BytesIO()
    Image.new("L", (1, 1), 128).save(packed, "PNG")
    for index in range(10_000):
        (folder / f"{index}.png").write_bytes(packed.getvalue() if index % 100 == 0 else b"")
    began = time.process_time()
    source = load_data(
        RunConfig.parse({**TINY, "data": "folder", "data_path": str(folder)}),
        torch.device("cpu"),
        tmp_path,
    )
    assert (
        source.spec.count == 100
        and len(source.spec.note) < 2000
        and time.process_time() - began < 15
    )
    for index in range(2000):
        (run / "frames" / f"{index + 100:09d}.png").write_bytes(b"")
        (run.parent / f"stray-{index}").write_bytes(b"")
    began = time.process_time()
    assert [info.id for info in list_runs(run.parent)] == ["kept"]
    assert FolderRun(run).frames.get(20) is not None and time.process_time() - began < 2


def test_a_folder_of_links_to_elsewhere_is_no_data(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "pictures"
    outside.mkdir()
    folder.mkdir()
    for index in range(20):
        Image.new("L", (8, 8), index).save(outside / f"{index}.png")
        (folder / f"{index}.png").symlink_to(outside / f"{index}.png")
    with pytest.raises(DataError):
        load_data(
            RunConfig.parse({**TINY, "data": "folder", "data_path": str(folder)}),
            torch.device("cpu"),
            tmp_path,
        )


# -- weights ---------------------------------------------------------------------------------------
def test_weights_that_are_not_numbers_are_refused_by_name(run):
    import hashlib

    from safetensors.torch import load, save

    folder = checkpoint.newest(run / "checkpoints")
    weights = load((folder / checkpoint.WEIGHTS).read_bytes())
    weights["ema/first.weight"][0, 0] = float("nan")
    content = save(weights)
    manifest = json.loads((folder / checkpoint.STATE).read_text())
    manifest["files"][checkpoint.WEIGHTS] = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    manifest["sha256"] = checkpoint._digest(manifest)
    (folder / checkpoint.WEIGHTS).write_bytes(content)
    (folder / checkpoint.STATE).write_text(json.dumps(manifest))
    with pytest.raises(GanvizError, match=r"ema/first\.weight.*NaN"):
        trained.load_generator(run)


# -- disks and clocks ------------------------------------------------------------------------------
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_whole_run_on_a_disk_that_fills_up(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("this machine mounts no tmpfs")
    try:
        config = RunConfig.parse({**TINY, "steps": 400, "image_size": 32, "sample_seconds": 0.05})
        run = make_run(config, disk / "run", "cpu", "data")
        run.frames.wants_to_keep = lambda elapsed: True
        result = follow(run)
        assert result.state == "finished" and result.step == 400
        warnings = [
            event.data["sentence"]
            for event in run.events.since(0, ("note",))
            if event.data["level"] == "warning"
        ]
        assert warnings and all(
            "went on" in one or "goes on" in one or "disk" in one for one in warnings
        )
        for line in (disk / "run" / "log.jsonl").read_bytes().split(b"\n")[:-1]:
            json.loads(line)
        assert load_config(disk / "run" / "config.json") == config
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_clock_that_jumps_changes_nothing(run, tmp_path, monkeypatch):
    true, jumps = time.time, iter(range(10**9))

    def jumping():
        return true() + (-1) ** next(jumps) * 10**7

    monkeypatch.setattr(time, "time", jumping)
    result = follow(make_run(RunConfig.parse(TINY), tmp_path / "runs" / "jumped", "cpu", "data"))
    assert result.state == "finished" and result.step == 20
    kept = FolderRun(tmp_path / "runs" / "jumped")
    status = kept.status()
    assert status["state"] == "finished" and status["step"] == 20 and status["elapsed"] >= 0
    assert {info.id for info in list_runs(tmp_path / "runs")} == {"kept", "jumped"}
    ours, theirs = (
        trained.load_generator(tmp_path / "runs" / name).sample(4) for name in ("kept", "jumped")
    )
    assert torch.equal(ours, theirs)


# -- one damaged run among others ------------------------------------------------------------------
@pytest.mark.parametrize(
    "damage",
    [
        {"step": 10**400},
        {"step": 1e308},
        {"best": {"fid": 10**30}},
        {"figures": {"loss_d": 10**400}},
        {"updated": 10**400},
        {"created": -1e308},
        {"settings": {"steps": 10**400, "preset": "\ud800", "name": "\ud800"}},
        {"sentence": "\ud800"},
        {"facts": {}},
        {"facts": {"spec": {"shape": [10**400, -1]}}},
        {"facts": {"series": 7, "equilibrium": [1], "spec": "nonsense"}},
        {"layout": {"rows": 10**400, "cols": "x", "labels": {}}},
    ],
)
def test_one_damaged_summary_takes_nothing_else_down(run, client, tmp_path, damage):
    healthy = run.parent / "healthy"
    shutil.copytree(run, healthy)
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({**summary, **damage}))
    table = client.get("/gv/library")
    assert table.status_code == 200
    assert {row["id"] for row in table.json()["runs"]} == {"kept", "healthy"}
    for address in ("/gv/library/kept", "/gv/library/kept/history", "/gv/latent/info?run=kept"):
        assert client.get(address).status_code in (200, 404, 409, 422), address
    for run_id in ("kept", "healthy"):
        answer = client.post("/gv/latent", json={"seed": 1, "run": run_id})
        assert answer.status_code in (200, 409) if run_id == "kept" else answer.status_code == 200
