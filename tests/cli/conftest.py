"""The command line in this process, and a tiny run that it has trained."""

import os

import pytest

from ganviz.cli import commands as cli

TINY = [
    "--preset",
    "digits-mlp",
    "--data",
    "digits",
    "--image-size",
    "8",
    "--g-hidden",
    "16",
    "--d-hidden",
    "16,8",
    "--batch-size",
    "16",
    "--device",
    "cpu",
    "--tick-seconds",
    "0.02",
]
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "COLUMNS": "200",
    "NO_COLOR": "1",
    "PYTHONUNBUFFERED": "1",
}


@pytest.fixture
def ganviz(capfd, monkeypatch):
    """Runs the command line in this process: (status, standard output, standard error)."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments):
        status = cli.main([str(argument) for argument in arguments])
        return status, *capfd.readouterr()

    return run


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "x"
    assert cli.main(["train", *TINY, "--steps", "10", "--out", str(folder)]) == 0
    return folder
