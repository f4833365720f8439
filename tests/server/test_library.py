"""The table of runs over HTTP: everything a page does with a kept run, and what it is refused."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.config import RunConfig
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import RunInfo
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, library, routes
from tests.tiny import DIGITS, OFTEN

TINY = {**DIGITS, **OFTEN, "batch_size": 8, "g_hidden": (12,), "d_hidden": (12,), "steps": 12}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    root = tmp_path_factory.mktemp("library")
    manager = RunManager(root / "runs", root / "data", torch.device("cpu"))
    for seed in (1, 2):
        assert manager.start(RunConfig.parse({**TINY, "seed": seed})).join(60)
    with TestClient(Gate(Starlette(routes=routes(manager))), base_url="http://localhost") as client:
        yield manager, client
    manager.close(30)


def ids(client):
    return [run["id"] for run in client.get("/gv/library").json()["runs"]]


def test_the_table_names_every_run(kept):
    _, client = kept
    rows = client.get("/gv/library").json()["runs"]
    assert len(rows) >= 2
    assert rows[0]["step"] == 12 and rows[0]["state"] == "finished" and rows[0]["data_label"]
    assert all(row["changed"] == [] for row in rows), "own settings differ from no preset"
    picture = client.get(rows[0]["thumb"])
    assert picture.status_code == 200 and picture.headers["content-type"] == "image/png"


def test_detail_holds_pictures_and_checkpoints(kept):
    _, client = kept
    run = client.get(f"/gv/library/{ids(client)[-1]}").json()
    assert run["frames"][-1] == 12 and run["checkpoints"] == [12]
    assert run["run"]["config"]["latent_dim"] == 4
    assert client.get(run["frame"]["url"]).status_code == 200


def test_history_holds_the_curves(kept):
    _, client = kept
    told = client.get(f"/gv/library/{ids(client)[-1]}/history").json()
    assert told["history"]["step"][-1] == 12 and told["config"]["latent_dim"] == 4


def test_all_but_the_curves_is_there_before_the_log_is_read(kept, monkeypatch):
    """A log of a million rows takes seconds to read: the replay is not to wait for it."""
    let_go, read_on = threading.Event(), FolderRun._read_on
    monkeypatch.setattr(FolderRun, "_read_on", lambda self: let_go.wait(30) and read_on(self))
    fresh = RunManager(
        kept[0].runs_root, kept[0].data_root, torch.device("cpu")
    )  # it has opened nothing yet
    with (
        TestClient(Gate(Starlette(routes=routes(fresh))), base_url="http://localhost") as client,
        ThreadPoolExecutor(1) as pool,
    ):
        run = ids(client)[-1]
        shown = client.get(f"/gv/library/{run}").json()
        assert shown["frames"][-1] == 12 and client.get(shown["frame"]["url"]).status_code == 200
        told = pool.submit(client.get, f"/gv/library/{run}/history")
        assert not wait([told], 0.3).done
        let_go.set()
        assert told.result(30).json()["history"]["step"][-1] == 12
    fresh.close()


def test_rename_and_notes(kept):
    _, client = kept
    run = ids(client)[-1]
    assert client.post(
        f"/gv/library/{run}", json={"action": "rename", "name": "  my  run "}
    ).json()["ok"]
    assert client.post(
        f"/gv/library/{run}", json={"action": "notes", "notes": "<b>bold</b>"}
    ).json()["ok"]
    detail = client.get(f"/gv/library/{run}").json()
    assert detail["name"] == "my run" and detail["notes"] == "<b>bold</b>"
    assert (
        client.post(f"/gv/library/{run}", json={"action": "rename", "name": "x" * 81}).status_code
        == 422
    )


def test_delete_has_a_way_back(kept):
    _, client = kept
    run = ids(client)[-1]
    gone = client.post(f"/gv/library/{run}", json={"action": "delete"}).json()
    assert gone["ok"] and run not in ids(client)
    assert client.get(f"/gv/library/{run}").status_code in (404, 422)
    assert (
        client.post(
            f"/gv/library/{run}", json={"action": "restore", "trashed": gone["trashed"]}
        ).json()["run"]
        == run
    )
    assert run in ids(client)


def test_resume_and_fork(kept):
    manager, client = kept
    run = ids(client)[-1]
    answer = client.post(f"/gv/library/{run}", json={"action": "resume"})
    assert answer.status_code == 422 and "how many more" in answer.json()["error"]
    assert (
        client.post(f"/gv/library/{run}", json={"action": "resume", "more_steps": 3}).json()["run"]
        == run
    )
    assert manager.current.join(60) and manager.current.step_count == 15
    fork = client.post(
        f"/gv/library/{run}", json={"action": "fork", "settings": {"g_lr": 0.01}}
    ).json()
    assert fork["ok"] and fork["run"] != run
    assert manager.current.join(60) and manager.current.config.g_lr == 0.01
    refused = client.post(
        f"/gv/library/{run}", json={"action": "fork", "settings": {"latent_dim": 9}}
    ).json()
    assert refused["field"] == "latent_dim"
    for nonsense in ("x", None, "", [1], {"a": 1}, 10**400):
        body = json.dumps({"action": "fork", "settings": {"g_lr": nonsense}})
        answer = client.post(
            f"/gv/library/{run}", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422 and answer.json()["field"] == "g_lr", answer.text


def test_an_evaluation_is_shown_also_where_the_log_was_read_before(kept):
    manager, client = kept
    run = ids(client)[-1]
    figures = {"at": 12, "n": 50, "n_kept": 50, "fid_inception": 3.5, "kid_inception": "much"}
    file = manager.runs_root / run / "evaluation.json"
    file.write_text(json.dumps({"evaluations": [{"at": 1}, {**figures, "classes": [1]}, 3]}))
    shown = client.get(f"/gv/library/{run}/history").json()["probes"]["evaluation"]
    assert shown["step"] == 12 and shown["data"] == {
        name: value for name, value in figures.items() if value != "much"
    }
    file.write_text("[[")
    assert "evaluation" not in client.get(f"/gv/library/{run}/history").json()["probes"]
    file.unlink()


def test_a_run_begins_with_a_kept_ones_networks(kept):
    manager, client = kept
    run = ids(client)[-1]
    config = client.get(f"/gv/library/{run}").json()["run"]["config"]
    settings = {**config, "steps": 2, "seed": 9, "name": ""}
    del settings["preset"]
    body = {"preset": config["preset"], "settings": settings, "replace": True}
    refused = client.post("/gv/train", json={**body, "begin_with": "none"})
    assert refused.status_code in (404, 409, 422) and not refused.json()["ok"]
    refused = client.post("/gv/train", json={**body, "begin_with": f"{run}@7777"})
    assert "keeps no checkpoint of step 7777" in refused.json()["sentence"]
    answer = client.post("/gv/train", json={**body, "begin_with": run}).json()
    assert answer["ok"] and manager.current.join(60) and manager.current.step_count == 2
    notes = [event.data["sentence"] for event in manager.current.events.since(0, ("note",))]
    assert any(note.startswith("Taken over from ") for note in notes)


@pytest.mark.parametrize("run", ["..", "nothing-here", "%2e%2e%2fetc"])
def test_no_way_out_of_the_folder(kept, run):
    _, client = kept
    answer = client.get(f"/gv/library/{run}")
    assert answer.status_code in (404, 422) and answer.json()["error"]


def test_another_site_may_not_delete(kept):
    _, client = kept
    run = ids(client)[0]
    answer = client.post(
        f"/gv/library/{run}", json={"action": "delete"}, headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403 and run in ids(client)
    plain = client.post(
        f"/gv/library/{run}", content='{"action":"delete"}', headers={"Content-Type": "text/plain"}
    )
    assert plain.status_code == 415


def test_a_row_that_cannot_be_sent_says_so_instead_of_hiding_the_others(tmp_path, monkeypatch):
    def dumps(line):
        if line["steps"]:
            raise ValueError("not for JSON")

    monkeypatch.setattr(library.encode, "dumps", dumps)
    line = library._sound_row(RunInfo("a", tmp_path, "A", "", "", 7, 0, "stopped", "", 0.0, 0.0))
    assert line["id"] == "a" and line["sentence"] == "The files of this run are damaged."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"of_a_newer_version": 1}, "do not fit this version"),
        ({"objective": "my-own"}, "its module imported"),
        ({"g_lr": "fast"}, "do not fit this version"),
    ],
)
def test_a_run_of_other_settings_is_not_said_to_be_missing(kept, tmp_path, change, words):
    """It stands in the table: of a newer version, or with a definition of somebody's own."""
    folder = tmp_path / "runs" / "other"
    shutil.copytree(kept[0].runs_root / ids(kept[1])[-1], folder)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | change))
    manager = RunManager(folder.parent, tmp_path, torch.device("cpu"))
    client = TestClient(Gate(Starlette(routes=routes(manager))), base_url="http://localhost")
    assert ids(client) == ["other"]
    for answer in (
        client.get("/gv/library/other"),
        client.get("/gv/library/other/history"),
        client.get("/gv/latent/info?run=other"),
        client.post("/gv/explore/samples", json={"run": "other", "z": "AAAA"}),
        client.post("/gv/library/other", json={"action": "resume"}),
    ):
        assert answer.status_code in (409, 422) and words in answer.json()["error"], answer.text
