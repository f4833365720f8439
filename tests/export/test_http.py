"""Exports over HTTP: one at a time, progress for whoever asks, and a file to download."""

import threading
import time
import zipfile

import pytest

from ganviz.errors import GanvizError
from ganviz.server import exports


def follow(client, run="own-run"):
    """The answers until the export has ended."""
    said = []
    end = time.monotonic() + 60
    while not said or said[-1]["state"] == "working":
        said.append(client.get(f"/gv/library/{run}/export").json())
        assert time.monotonic() < end, said[-1]
        time.sleep(0.02)
    return said


@pytest.fixture
def waiting(monkeypatch):
    """Exports that wait for `release` before they end; ``release.drawing`` is set when one has
    begun and shows no sign of life any more."""
    release = threading.Event()
    release.drawing = threading.Event()

    def make(folder, out, asked, notify):
        notify(0.25, "Drawing frame 3 of 12.")
        release.drawing.set()
        release.wait(20)
        out.write_bytes(b"film")

    monkeypatch.setattr(exports, "_make", make)
    yield release
    release.set()


def test_a_film_is_made_and_downloaded(client):
    idle = {
        "state": "idle",
        "wanted": None,
        "fraction": 0.0,
        "sentence": "",
        "field": None,
        "url": None,
        "files": [],
    }
    answer = client.get("/gv/library/own-run/export").json()
    formats = answer.pop("formats")
    assert answer == idle
    assert [one["kind"] for one in formats] == [
        *("mp4", "gif", "webp", "page"),
        *("report", "dataset"),
    ]
    assert all(one["label"] and one["why"].endswith(".") for one in formats)
    begun = client.post(
        "/gv/library/own-run/export", json={"kind": "gif", "fps": 4, "seconds": 0.5}
    )
    assert begun.status_code == 202 and begun.json()["ok"]
    done = follow(client)[-1]
    assert done | {"files": 0, "formats": formats} == {
        "state": "done",
        "wanted": {"kind": "gif", "fps": 4, "seconds": 0.5},
        "fraction": 1.0,
        "sentence": "Ready to download.",
        "field": None,
        "url": done["files"][0]["url"],
        "files": 0,
        "formats": formats,
    }
    answer = client.get(done["url"])
    assert answer.content.startswith(b"GIF89a") and answer.headers["content-type"] == "image/gif"
    assert answer.headers["content-disposition"] == 'attachment; filename="own-run.gif"'
    assert (
        answer.headers["x-content-type-options"] == "nosniff"
        and len(answer.content) == done["files"][0]["bytes"]
    )


def test_what_was_exported_before_is_offered_again(client, own_run):
    """A new server knows nothing of it but what lies on the disk; what is no plain file of it is
    not handed out, so it is not offered either."""
    folder = own_run / exports.FOLDER
    folder.mkdir()
    (folder / "own-run.gif").write_bytes(b"GIF89a")
    (folder / "own-run.mp4").symlink_to(own_run / "log.jsonl")
    (offered,) = client.get("/gv/library/own-run/export").json()["files"]
    assert offered["name"] == "own-run.gif" and offered["bytes"] == 6
    assert client.get(offered["url"]).content == b"GIF89a"


def test_a_page_comes_as_a_zip(client, own_run):
    client.post("/gv/library/own-run/export", json={"kind": "page"})
    done = follow(client)[-1]
    assert done["state"] == "done", done
    (own_run / "page.zip").write_bytes(client.get(done["url"]).content)
    with zipfile.ZipFile(own_run / "page.zip") as packed:
        assert packed.testzip() is None and "own-run-page/index.html" in packed.namelist()


def test_one_at_a_time(client, waiting):
    assert client.post("/gv/library/own-run/export", json={"kind": "mp4"}).status_code == 202
    second = client.post("/gv/library/own-run/export", json={"kind": "page"})
    assert (
        second.status_code == 409
        and second.json()["busy"]
        and "ask again when it is ready" in second.json()["sentence"]
    )
    now = client.get("/gv/library/own-run/export").json()
    assert now["state"] == "working" and now["wanted"] == {"kind": "mp4"} and now["url"] is None
    assert waiting.drawing.wait(20)
    said = client.post("/gv/library/own-run/export/stop", json={}).json()["sentence"]
    assert client.get("/gv/library/own-run/export").json()["sentence"] == said
    waiting.set()
    assert follow(client)[-1]["state"] == "done"
    assert client.post("/gv/library/own-run/export", json={"kind": "webp"}).status_code == 202
    assert follow(client)[-1]["wanted"] == {"kind": "webp"}


def test_what_is_done_has_its_file(client, waiting, monkeypatch):
    """Also where an export ends while the files are listed."""
    listed = exports._listed

    def ends_meanwhile(folder, run):
        files = listed(folder, run)
        waiting.set()
        while not listed(folder, run) or any(
            one.name == "ganviz-export" for one in threading.enumerate()
        ):
            time.sleep(0.01)
        return files

    assert client.post("/gv/library/own-run/export", json={"kind": "mp4"}).status_code == 202
    monkeypatch.setattr(exports, "_listed", ends_meanwhile)
    early, late = (client.get("/gv/library/own-run/export").json() for _ in range(2))
    assert (early["state"], early["files"], early["url"]) == ("working", [], None)
    assert late["state"] == "done" and late["url"] == late["files"][0]["url"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (GanvizError("The disk is full."), "The disk is full."),
        (ValueError("a bug"), "ValueError"),
        (GanvizError("There is no folder x.", "data_path"), "There is no folder x."),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failure_is_told_and_the_next_may_begin(client, monkeypatch, error, told):
    def fail(folder, out, asked, notify):
        raise error

    monkeypatch.setattr(exports, "_make", fail)
    for _ in range(2):
        assert client.post("/gv/library/own-run/export", json={"kind": "mp4"}).status_code == 202
        ended = follow(client)[-1]
        assert ended["state"] == "failed" and ended["url"] is None
        assert told in ended["sentence"] and ended["field"] == getattr(error, "field", None)


def test_what_a_dead_process_left_is_removed(client, own_run, waiting):
    left = own_run / "exports" / ".ganviz-page-x"
    left.mkdir(parents=True)
    (left / "half.js").write_text("")
    (own_run / "exports" / ".film.tmp").write_text("")
    waiting.set()
    client.post("/gv/library/own-run/export", json={"kind": "mp4"})
    follow(client)
    assert [one.name for one in (own_run / "exports").iterdir()] == ["own-run.mp4"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "exe"},
        {"kind": "mp4", "fps": 0},
        {"kind": "mp4", "out": "/etc/passwd"},
        {"kind": "gif", "seconds": 1e9},
        [],
        "mp4",
    ],
)
def test_other_wishes_are_refused(client, body):
    assert client.post("/gv/library/own-run/export", json=body).status_code in (400, 422)


def test_foreign_pages_and_unknown_runs_are_refused(client):
    wish = {"kind": "mp4"}
    assert (
        client.post(
            "/gv/library/own-run/export", json=wish, headers={"Origin": "http://evil.example"}
        ).status_code
        == 403
    )
    assert client.post("/gv/library/own-run/export", data=wish).status_code == 415
    assert client.post("/gv/library/nobody/export", json=wish).status_code == 404
    assert client.get("/gv/library/nobody/export").status_code == 404


def test_only_finished_exports_are_served(client, own_run):
    folder = own_run / "exports"
    folder.mkdir()
    (folder / ".half.mp4").write_bytes(b"x")
    (folder / "page.html").write_text("<script>")
    (folder / "link.mp4").symlink_to(own_run / "config.json")
    for name in (
        ".half.mp4",
        "page.html",
        "link.mp4",
        "missing.mp4",
        "..%2Fconfig.json",
        "%2e%2e%2flog.jsonl",
        "a%00.mp4",
    ):
        assert client.get(f"/gv/library/own-run/exports/{name}").status_code == 404, name


def test_an_exports_folder_that_leads_elsewhere_is_refused(client, own_run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (own_run / "exports").symlink_to(tmp_path / "elsewhere")
    client.post("/gv/library/own-run/export", json={"kind": "gif"})
    assert follow(client)[-1]["state"] == "failed" and not list((tmp_path / "elsewhere").iterdir())


def test_an_export_can_be_stopped(client, own_run, monkeypatch):
    def wait_for_the_stop(folder, out, asked, notify):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            notify(0.5, "Drawing.")
            time.sleep(0.01)

    monkeypatch.setattr(exports, "_make", wait_for_the_stop)
    assert client.post("/gv/library/own-run/export/stop", json={}).status_code == 409
    client.post("/gv/library/own-run/export", json={"kind": "dataset", "n": 200})
    assert client.post("/gv/library/own-run/export/stop", json={}).json()["ok"]
    done = follow(client)[-1]
    assert (done["state"], done["sentence"]) == ("failed", "The export was stopped.")
    # a run that is deleted takes its export along
    client.post("/gv/library/own-run/export", json={"kind": "mp4"})
    while client.get("/gv/library/own-run/export").json()["fraction"] < 0.5:
        time.sleep(0.01)
    trash = own_run.rename(own_run.with_name("trash"))
    while any(one.name == "ganviz-export" for one in threading.enumerate()):
        time.sleep(0.01)
    trash.rename(own_run)
    assert follow(client)[-1]["sentence"] == "The export was stopped."
    for n in (0, 10**9, "many"):
        asked = {"kind": "dataset", "n": n}
        assert client.post("/gv/library/own-run/export", json=asked).status_code == 422
