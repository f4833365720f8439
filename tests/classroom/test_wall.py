"""The wall: one picture a student, taken while it is open."""

import pytest
import torch

from ganviz.classroom.wall import PLACES, Wall, WallPicture
from ganviz.errors import GanvizError


def entry(owner, run="run"):
    return WallPicture(owner, f"Animal {owner}", run, torch.zeros(4), None)


def test_a_closed_wall_takes_nothing_and_keeps_what_hangs_there():
    wall = Wall()
    with pytest.raises(GanvizError, match="takes no pictures"):
        wall.put(entry("a"))
    wall.open(True)
    wall.put(entry("a"))
    wall.open(False)
    assert len(wall.entries("run")) == 1 and not wall.view("run", "a", False)["open"]


def test_one_picture_a_student_and_the_newest_wins():
    wall = Wall()
    wall.open(True)
    for owner in ("a", "b", "a"):
        wall.put(entry(owner))
    seen = wall.view("run", "b", False)
    assert seen["handles"] == ["Animal a", "Animal b"] and seen["mine"] == 1
    assert seen["owners"] is None and wall.view("run", "x", True)["owners"] == ["a", "b"]
    assert wall.view("another run", "b", False)["handles"] == []


def test_the_presenter_takes_pictures_down_and_makes_room():
    wall = Wall()
    wall.open(True)
    for number in range(PLACES):
        wall.put(entry(str(number)))
    with pytest.raises(GanvizError, match="full"):
        wall.put(entry("late"))
    wall.put(entry("late", run="another run"))
    with pytest.raises(GanvizError, match="full"):
        wall.put(entry("late"))
    before = wall.version
    wall.remove("3")
    wall.put(entry("late"))
    assert wall.version == before + 2
    with pytest.raises(GanvizError, match="no more"):
        wall.remove("3")
    wall.clear()
    assert wall.entries("run") == []
