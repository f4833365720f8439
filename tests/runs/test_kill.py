"""kill -9 at six random moments of a run; ``python -m benchmarks.survive`` does it at fifty."""

import json
import os

import pytest
import torch

from benchmarks import survive
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from tests import fresh


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 is of POSIX")
def test_six_kills_lose_nothing_that_was_saved(tmp_path, capfd):
    fresh.server()
    status = survive.main(["--kills", "6", "--json", str(tmp_path / "rounds.json")])
    result = json.loads((tmp_path / "rounds.json").read_text())
    table = capfd.readouterr().out
    assert [one for one in result["rounds"] if one["problem"] or one["torn"]] == [], table
    assert len(result["rounds"]) == 6 and result["same"] and status == 0
    assert result["rounds"][-1]["saved"] > 0


def test_a_kill_while_an_old_checkpoint_is_deleted_leaves_no_half_of_it(
    tiny, tmp_path, monkeypatch
):
    """Seen 9 times in 50 kills, before a checkpoint lost its name first."""
    for step in (1, 2, 3):
        checkpoint.save(tmp_path, tiny(), TrainingState({"w": torch.ones(2)}, {}, {"step": step}))

    def killed(path, ignore_errors=False):
        (path / checkpoint.STATE).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoint.shutil, "rmtree", killed)
        checkpoint.prune(tmp_path, keep_last=2)
    assert [path.name for path in checkpoint.list_checkpoints(tmp_path)] == [
        "step-000000002",
        "step-000000003",
    ]
    monkeypatch.setattr(checkpoint.os, "getpid", lambda: 1)  # the next process clears up
    checkpoint.prune(tmp_path, keep_last=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000002", "step-000000003"]
