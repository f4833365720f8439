"""Run folders that somebody made to do harm: links, pipes, damaged summaries, files without end."""

import json
import os
import shutil

import pytest

from ganviz.config import RunConfig
from ganviz.config_file import load_config
from ganviz.engine import checkpoint
from ganviz.engine.events import Event
from ganviz.errors import ConfigError, GanvizError
from ganviz.runs import listing, trained
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import RunError, list_runs, run_info
from ganviz.runs.store import RunStore

from .conftest import TINY, within

SECRET = "the key to everything"
POSIX = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")


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
    "best": {"best": {"fid": 10**30}},
    "a huge time": {"updated": HUGE},
    "half a character in the settings": {"settings": {"steps": HUGE, "preset": "\ud800"}},
    "shape": {"facts": {"spec": {"shape": [HUGE, -1]}}},
    "numbers for tables": {"facts": {"series": 7, "equilibrium": [1], "spec": "nonsense"}},
    "texts for numbers": {"layout": {"rows": HUGE, "cols": "x", "labels": {}}},
    "tables for texts": {"state": {}, "sentence": [], "figures": [], "facts": 3},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_summary_takes_nothing_down(run, client, damage):
    """Of the table, of the run itself, of its sliders, and of the run beside it."""
    shutil.copytree(run, run.parent / "sound")
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({**summary, **DAMAGES[damage]}))
    table = client.get("/gv/library")
    assert table.status_code == 200
    assert {row["id"] for row in table.json()["runs"]} == {"kept", "sound"}
    for address in ("/gv/library/kept", "/gv/library/kept/history", "/gv/latent/info?run=kept"):
        answer = client.get(address)
        assert answer.status_code in (200, 404, 409, 422), (address, answer.text)
    answer = client.post("/gv/latent", json={"run": "kept", "seed": 1})
    assert answer.status_code in (200, 409), answer.text
    assert client.post("/gv/latent", json={"run": "sound", "seed": 1}).status_code == 200


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
