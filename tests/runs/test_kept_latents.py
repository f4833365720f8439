"""Directions and paths that are kept with a run."""

import contextlib
import threading

import pytest

from ganviz.runs import kept_latents
from ganviz.runs.kept_latents import keep, read_kept
from ganviz.runs.listing import RunError


def test_what_would_not_be_read_again_is_refused_and_the_rest_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_latents, "MOST_BYTES", 2000)
    keep(tmp_path, "directions", "first", {"vector": "A" * 800})
    with pytest.raises(RunError, match="take some away"):
        keep(tmp_path, "paths", "second", {"keys": "A" * 1600})
    assert [one["name"] for one in read_kept(tmp_path)["directions"]] == ["first"]


def test_two_that_are_kept_at_the_same_time_are_both_kept(tmp_path, monkeypatch):
    read, first = kept_latents.read_kept, threading.Barrier(2)

    def slow(folder):
        found = read(folder)
        with contextlib.suppress(threading.BrokenBarrierError):
            first.wait(0.3)
        return found

    monkeypatch.setattr(kept_latents, "read_kept", slow)
    keeping = [
        threading.Thread(target=keep, args=(tmp_path, "paths", name, {})) for name in ("a", "b")
    ]
    for thread in keeping:
        thread.start()
    for thread in keeping:
        thread.join(20)
    assert sorted(one["name"] for one in read(tmp_path)["paths"]) == ["a", "b"]
