"""Everybody draws, and the presenter chooses."""

from types import SimpleNamespace

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.classroom import Classroom
from ganviz.classroom.drawings import MOST_DRAWINGS, ClassDrawing, Drawings
from ganviz.errors import GanvizError
from ganviz.runs.manager import RunManager
from ganviz.server import routes
from ganviz.server.visitor_scope import with_visitor


@pytest.fixture
def school(tmp_path):
    """``ask(who, path, **body)`` of a class of a presenter and two viewers, and the ``classroom``
    and its ``visitors``."""
    classroom = Classroom()
    manager = RunManager(tmp_path / "runs", tmp_path / "data", torch.device("cpu"))
    visitors = {"presenter": classroom.room.join(presenter=True)}
    visitors |= {name: classroom.room.join() for name in ("ann", "bob")}
    app = Starlette(routes=routes(manager, classroom))

    def ask(who, path, **body):
        async def as_visitor(scope, receive, send):
            await app(with_visitor(scope, visitors[who]), receive, send)

        client = TestClient(as_visitor)
        return (
            client.post(f"/gv/{path}", json=body)
            if path != "lab/drawings"
            else client.get(f"/gv/{path}")
        )

    yield SimpleNamespace(ask=ask, classroom=classroom, visitors=visitors)
    manager.close()


def test_students_send_one_drawing_each_and_the_presenter_alone_sees_them(school):
    for who, text in (("ann", "10,0,0"), ("bob", "10,50,50"), ("ann", "10,0,0,90,90")):
        assert school.ask(who, "lab/drawings/put", drawing=text).json()["ok"]
    assert school.ask("ann", "lab/drawings").status_code == 403
    sent = school.ask("presenter", "lab/drawings").json()["drawings"]
    assert [one["text"] for one in sent] == ["10,0,0,90,90", "10,50,50"]
    view = school.classroom.view(school.visitors["presenter"])["drawings"]
    assert view == {"count": 2, "sent": False}
    assert school.ask("ann", "lab/drawings/clear").status_code == 403
    assert school.ask("presenter", "lab/drawings/clear").json()["ok"]
    assert school.ask("presenter", "lab/drawings").json()["drawings"] == []


@pytest.mark.parametrize("text", ["", "10,0", "10,999,0", "_".join(["10,0,0"] * 10_000)])
def test_what_is_no_drawing_is_refused_in_a_sentence_and_changes_nothing(school, text):
    refused = school.ask("ann", "lab/drawings/put", drawing=text)
    assert refused.status_code == 422 and refused.json()["error"].endswith(".")
    assert school.ask("presenter", "lab/drawings").json()["drawings"] == []


def test_there_is_room_for_so_many():
    drawings = Drawings()
    for owner in range(MOST_DRAWINGS):
        drawings.put(str(owner), ClassDrawing("Otter", "10,0,0"))
    drawings.put("0", ClassDrawing("Otter", "10,1,1"))
    with pytest.raises(GanvizError, match="room"):
        drawings.put("late", ClassDrawing("Newt", "10,0,0"))
