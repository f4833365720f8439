"""What the presenter shows reaches everybody else, part by part."""

from ganviz.classroom import Classroom, Visitor
from ganviz.classroom.follow import Follow, PresenterView

VIEWER, PRESENTER = Visitor("v"), Visitor("p", presenter=True)


def test_viewers_see_what_the_presenter_shows_and_are_let_go():
    classroom = Classroom()
    follow = Follow(classroom)
    follow.show(PresenterView(address={"tab": "runs", "open": "one"}))
    follow.show(PresenterView(step=7))
    shown = {"address": {"tab": "runs", "open": "one"}, "step": 7}
    # a presenter who comes back lands where the class is
    for visitor in (VIEWER, PRESENTER):
        assert classroom.view(visitor)["follow"] == {"free": False, "shown": shown}
    follow.let_go(True)
    assert classroom.view(VIEWER)["follow"] == {"free": True, "shown": None}
    assert classroom.view(PRESENTER)["follow"]["shown"] == shown


def test_the_address_names_the_runs_that_viewers_may_then_see():
    address = {"tab": "runs", "run": "a@3", "compare": "b,c", "open": "", "at": "d", "z": "e"}
    assert PresenterView(address=address).runs() == ["a@3", "b", "c", "d"]
