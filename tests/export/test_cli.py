"""The command line: films, pages and the runtime."""

import pytest

from ganviz import pacing
from ganviz.cli import main
from ganviz.export import model, runtime


@pytest.fixture
def say(capsys):
    """A function that runs a command: (status, standard output, standard error)."""

    def run(*arguments):
        status = main(list(map(str, arguments)))
        return status, *capsys.readouterr()

    return run


def test_a_film_and_a_page_by_the_runs_name(kept_run, tmp_path, say, monkeypatch):
    monkeypatch.setattr(runtime, "found", lambda: False)
    monkeypatch.setattr(model, "available", lambda: False)
    monkeypatch.setattr(pacing, "PROGRESS_LINE_INTERVAL", 0.0)
    status, out, said = say(
        "export",
        kept_run.name,
        "--runs-root",
        kept_run.parent,
        "--film",
        tmp_path / "film.gif",
        "--fps",
        4,
        "--seconds",
        0.5,
        "--page",
        tmp_path / "page.zip",
    )
    assert status == 0 and "film.gif (0." in out and "page.zip (1." in out and "MB" in out
    assert {one.name for one in tmp_path.iterdir()} == {"film.gif", "page.zip"}
    assert "%  Drawing frame " in said and "%  Copying the pictures." in said
    # what such a page lacks is no secret of the page
    assert "pip install onnxscript; ganviz fetch-runtime" in said


def test_what_is_missing_is_said(kept_run, tmp_path, say):
    assert say("export", kept_run)[0] == 2 and "--film FILE.mp4" in say("export", kept_run)[2]
    status, _, said = say("export", kept_run, "--film", tmp_path / "film.avi")
    assert status == 2 and ".mp4, .gif or .webp" in said
    assert say("export", tmp_path / "nothing", "--film", tmp_path / "film.mp4")[0] == 1


def test_the_runtime_from_a_file_that_is_none(tmp_path, say):
    (tmp_path / "x.tgz").write_bytes(b"not it")
    status, _, said = say("fetch-runtime", "--from", tmp_path / "x.tgz")
    assert status != 0 and "SHA-512" in said


def test_trackers_are_checked_before_a_run_is_made(tmp_path, say):
    status, _, said = say("train", "--report-to", "mlflow", "--out", tmp_path / "run")
    assert status == 2 and "tensorboard, trackio, wandb" in said and not (tmp_path / "run").exists()
