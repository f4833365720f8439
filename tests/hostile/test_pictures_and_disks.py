"""Pictures that somebody made to do harm, disks that are full, and clocks that jump."""

import io
import json
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz.api import follow, make_run
from ganviz.config import RunConfig
from ganviz.config_file import load_config
from ganviz.data import load_data
from ganviz.errors import DataError
from ganviz.runs import trained
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import list_runs

from .conftest import TINY


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


def loaded(folder, data_root):
    """The pictures in ``folder`` as a run would load them."""
    config = RunConfig.parse({**TINY, "data": "folder", "data_path": str(folder), "holdout": 0.0})
    return load_data(config, torch.device("cpu"), data_root)


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
    source = loaded(folder, tmp_path)
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
    source = loaded(folder, tmp_path)
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
        loaded(folder, tmp_path)


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
