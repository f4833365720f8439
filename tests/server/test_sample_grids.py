"""Sample grids are handed out by their step, also to pages that are late."""

import asyncio
from types import SimpleNamespace

import pytest

from ganviz.engine.frames import RECENT, Frame, FrameStore
from ganviz.server.guard import Refused
from ganviz.server.sample_grids import SampleGrids


def test_a_page_that_is_late_gets_the_newest_grid_instead():
    frames = FrameStore()
    for step in range(RECENT + 5):
        kept = step % 3 == 0
        frames.add(Frame(step, b"{}", "application/json", 1, 1, 8, 8, kept=kept), step)
    run = SimpleNamespace(id="one", in_memory=True, active=True, frames=frames)
    grids = SampleGrids(SimpleNamespace(current=run))

    def answer(step):
        return asyncio.run(grids.frame(SimpleNamespace(path_params={"run": "one", "step": step})))

    assert answer("3").status_code == 200, "it is kept"
    late = answer("2")
    assert (late.status_code, late.headers["location"]) == (307, f"{RECENT + 4}.json")
    assert late.headers["cache-control"] == "no-store"
    run.active = False
    for step in ("2", "x", "-1", "99"):
        with pytest.raises(Refused, match="No picture of step"):
            answer(step)
