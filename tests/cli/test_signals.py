"""Signals and closed terminals: the run is saved, and a sentence says how to go on."""

import os
import re
import signal
import time

import pytest

from ganviz import pacing
from ganviz.cli import commands as cli
from ganviz.cli import main
from ganviz.engine import checkpoint
from ganviz.errors import CheckpointError
from ganviz.runs.listing import run_info
from ganviz.stop_signals import StopSignals
from tests import fresh

from .conftest import TINY

needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send")


def wait_until_it_trains(folder, status):
    """Until a picture of a step beyond the first is kept. ``status()``: None while the process
    lives."""
    end = time.monotonic() + 120
    while len(list(folder.glob("frames/*"))) < 2:
        assert status() is None and time.monotonic() < end
        time.sleep(0.1)


@needs_signals
@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["SIGINT"], 0),
        (["SIGINT", "SIGINT"], 0),
        (["SIGTERM", "SIGTERM"], 128 + 15),
        (["SIGHUP"], 128 + 1),
    ],
    ids=["interrupt", "interrupt twice", "terminate twice", "hang-up"],
)
def test_signals_save_and_say_how_to_go_on(tmp_path, names, status):
    """``timeout`` and batch systems send theirs to a process and to its group, all at once."""
    folder = tmp_path / "x"
    arguments = ["train", *TINY, "--steps", "0", "--out", str(folder)]
    child = fresh.Child(main, arguments, folder=tmp_path, COLUMNS="200", NO_COLOR="1")
    try:
        wait_until_it_trains(folder, lambda: child.status)
        for name in names:
            child.send_signal(getattr(signal, name))
        assert child.wait(60) == status, child.err.read_text()
    finally:
        child.kill()
    out, err = child.out.read_text(), child.err.read_text()
    assert (
        f"ganviz resume {folder}" in out
        and "Stopped after" in out
        and "Stopping after the step in progress" in err
    )
    assert re.search(r"^step \d", err, re.M)  # plain lines, as the output is no terminal
    info = run_info(folder)
    assert info.state == "stopped" and info.resumable and info.step > 0


def in_a_terminal(name, arguments):
    """The command line in a session of its own, whose terminal is called ``name``."""
    os.setsid()
    terminal = os.open(name, os.O_RDWR)  # a session without one takes the first that it opens
    for stream in range(3):
        os.dup2(terminal, stream)
    os.close(terminal)
    return main(arguments)


@needs_signals
def test_a_terminal_that_is_closed_saves_the_run(tmp_path):
    """And nothing that is printed to it afterwards gets in the way."""
    folder = tmp_path / "x"
    ours, theirs = os.openpty()
    arguments = ["train", *TINY, "--steps", "0", "--out", str(folder)]
    child = fresh.Child(in_a_terminal, os.ttyname(theirs), arguments, folder=tmp_path)
    try:
        wait_until_it_trains(folder, lambda: child.status)
        os.close(theirs)
        os.close(ours)
        assert child.wait(60) == 128 + signal.SIGHUP
    finally:
        child.kill()
    assert run_info(folder).state == "stopped" and run_info(folder).step > 0


def into_a_closed_pipe(arguments):
    """The command line, whose output nobody reads any more."""
    ours, theirs = os.pipe()
    for stream in (1, 2):
        os.dup2(theirs, stream)
    os.close(theirs)
    os.close(ours)
    return main(arguments)


@needs_signals
def test_a_reader_who_goes_ends_no_training(tmp_path):
    folder = tmp_path / "x"
    arguments = ["train", *TINY, "--steps", "30", "--out", str(folder)]
    assert fresh.Child(into_a_closed_pipe, arguments, folder=tmp_path).wait(60) == 0
    assert run_info(folder).state == "finished" and list(folder.glob("checkpoints/step-*30"))


def onto_a_full_disk(arguments):
    """The command line, whose output cannot be written."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, 1)
    os.close(full)
    return main(arguments)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_words_that_cannot_be_written_end_in_a_sentence(tmp_path):
    child = fresh.Child(onto_a_full_disk, ["cache", "--data-root", str(tmp_path)], folder=tmp_path)
    assert child.wait(60) == 1
    assert child.err.read_text() == "The output could not be written: No space left on device.\n"


def test_weights_that_were_not_saved_are_not_offered(ganviz, tmp_path, monkeypatch):
    def full(*arguments, **settings):
        raise CheckpointError("The checkpoint was not saved: the disk is full.")

    monkeypatch.setattr(checkpoint, "save", full)
    status, out, err = ganviz("train", *TINY, "--steps", "3", "--out", tmp_path / "x")
    assert status == 1 and "Draw from it" not in out
    assert "The checkpoint was not saved: the disk is full." in err
    assert err.endswith("The weights of step 3 were not saved; there are none.\n")


@needs_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_clears_away_what_was_begun(ganviz, run_folder, tmp_path, monkeypatch, number):
    from ganviz.runs.trained import TrainedGenerator

    batches = TrainedGenerator.batches

    # who runs the tests behind nohup or in the background has these ignored
    before = signal.signal(number, signal.SIG_DFL)

    def terminated(self, *arguments):
        yield next(batches(self, *arguments))
        os.kill(os.getpid(), number)
        time.sleep(20)

    monkeypatch.setattr(TrainedGenerator, "batches", terminated)
    status, _, err = ganviz("sample", run_folder, "--n", "9999", "--out", tmp_path / "x.npz")
    signal.signal(number, before)
    assert status == 128 + number and not os.listdir(tmp_path)
    assert err.endswith("Interrupted; what was not finished is not kept.\n")


def test_an_interrupt_while_modules_load_is_a_sentence(ganviz, monkeypatch):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "make_app", interrupt)
    status, _, err = ganviz("train", *TINY)
    assert status == 130 and err == "Interrupted; what was not finished is not kept.\n"


def test_a_signal_long_after_the_first_ends_at_once(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(pacing, "REPEATED_SIGNAL_INTERVAL", -1.0)
    stop = StopSignals()
    stop.handle(signal.SIGINT, None)
    assert stop.number == signal.SIGINT and not ended
    stop.handle(signal.SIGINT, None)
    assert ended == [130]
