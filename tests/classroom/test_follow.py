"""What the presenter shows reaches everybody else, part by part."""

from ganviz.classroom import Classroom, Visitor
from ganviz.classroom.follow import Follow, PresenterView

VIEWER, PRESENTER = Visitor("v"), Visitor("p", presenter=True)


def test_viewers_see_what_the_presenter_shows_and_are_let_go():
    classroom = Classroom()
    follow = Follow(classroom)
    follow.show(PresenterView(tab="runs", run="one"))
    follow.show(PresenterView(step=7))
    assert classroom.view(VIEWER)["follow"] == {
        "free": False,
        "shown": {"tab": "runs", "run": "one", "step": 7},
    }
    assert classroom.view(PRESENTER)["follow"]["shown"] is None
    follow.let_go(True)
    assert classroom.view(VIEWER)["follow"]["free"]
