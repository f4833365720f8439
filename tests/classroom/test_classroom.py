"""Who is in a room, what its pieces show, and what is kept with a run."""

import json
import os
import threading
import time

import pytest

from ganviz.classroom import ClassFile, Classroom, Room, Visitor
from ganviz.classroom.animals import ANIMALS
from ganviz.errors import GanvizError


def test_everybody_in_a_room_has_a_handle_of_their_own():
    room = Room()
    visitors = [room.join() for _ in range(len(ANIMALS) + 5)]
    assert len({visitor.handle for visitor in visitors}) == len(visitors)
    assert len({visitor.id for visitor in visitors}) == len(visitors)
    assert not any(visitor.presenter for visitor in visitors)


def test_who_was_sent_out_stays_out_and_presenters_cannot_be():
    room = Room()
    otter, presenter = room.join(), room.join(presenter=True)
    room.remove(otter.id)
    assert room.member(otter.id) is None
    for wrong in (presenter.id, otter.id, "nobody"):
        with pytest.raises(GanvizError, match="no such viewer"):
            room.remove(wrong)
    assert room.member(presenter.id) == presenter


def test_a_locked_room_takes_presenters_only():
    room = Room()
    early = room.join()
    room.locked = True
    with pytest.raises(GanvizError, match="locked"):
        room.join()
    room.join(presenter=True)
    assert room.member(early.id) == early
    room.locked = False
    room.join()


def test_a_member_is_here_while_a_page_of_it_is_open():
    room = Room()
    visitor = room.join()
    room.opened(visitor)
    room.opened(visitor)
    room.closed(visitor)
    assert [member.here for member in room.members()] == [True]
    room.closed(visitor)
    assert [member.here for member in room.members()] == [False]


def test_an_address_is_known_no_longer_than_its_member():
    for leave in (lambda room, one: room.empty(), lambda room, one: room.remove(one.id)):
        room = Room()
        gone = room.join(address="192.0.2.7")
        leave(room, gone)
        room.readmit()
        # its page connects again before it hears of it
        room.opened(gone, "192.0.2.7")
        other = room.join(address="192.0.2.7")
        room.remove(other.id)
        with pytest.raises(GanvizError, match="sent this browser out"):
            room.join(address="192.0.2.7")


def test_each_visitor_sees_its_own_view_of_a_piece():
    classroom = Classroom()
    classroom.add("secret", lambda visitor: "key" if visitor.presenter else None)
    assert classroom.view(Visitor("a", presenter=True)) == {"secret": "key"}
    assert classroom.view(Visitor("b")) == {"secret": None}
    with pytest.raises(ValueError, match="already"):
        classroom.add("secret", lambda visitor: None)


def test_changes_are_heard_until_the_listener_leaves():
    classroom, heard = Classroom(), []
    listener = heard.append
    classroom.subscribe(lambda: listener("change"))
    classroom.changed()
    assert len(heard) == 1


def test_the_pieces_of_a_class_share_a_file_and_keep_out_of_each_others_way(tmp_path):
    first, second = ClassFile(tmp_path), ClassFile(tmp_path)
    threads = [
        threading.Thread(target=one.write, args=(name, {"n": name}))
        for one, name in ((first, "poll"), (second, "game"))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.read("game") == {"n": "game"}
    assert second.read("poll") == {"n": "poll"}
    assert os.listdir(tmp_path) == ["class.json"]


def test_no_thread_undoes_what_another_one_adds_to_a_table(tmp_path):
    def add(number):
        def edit(table):
            time.sleep(0.002)
            return {**table, str(number): number}

        ClassFile(tmp_path).change("questions", edit)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ClassFile(tmp_path).read("questions")) == 8


def test_a_damaged_class_file_is_an_empty_one(tmp_path):
    (tmp_path / "class.json").write_text("{")
    kept = ClassFile(tmp_path)
    assert kept.read("poll") == {}
    kept.write("poll", {"votes": 3})
    assert json.loads((tmp_path / "class.json").read_text()) == {"poll": {"votes": 3}}
    with pytest.raises(GanvizError, match="not kept"):
        ClassFile(tmp_path / "gone").write("poll", {})
