"""Polls: one vote each, hidden until closed, voted on again, and then answered."""

import csv
import io

import pytest

from ganviz.classroom.polls import MAX_KEPT, Answer, Poll, PollBook, sound_polls
from ganviz.classroom.results import COLUMNS, to_csv
from ganviz.errors import GanvizError


def poll(name="one", **more):
    return Poll(name, "How many modes?", ("None", "One", "Eight"), **more)


def test_one_vote_a_voter_hidden_until_the_vote_is_closed():
    one = poll()
    one.vote("ann", 0)
    one.vote("ann", 2)
    one.vote("bob", 2)
    seen = one.view("ann")
    assert (seen["state"], seen["voters"], seen["mine"], seen["counts"]) == ("open", 2, [2], None)
    with pytest.raises(GanvizError, match="no such choice"):
        one.vote("ann", 3)
    one.close()
    assert one.view("eve")["counts"] == [[0, 0, 2]] and one.view("eve")["mine"] == [None]
    with pytest.raises(GanvizError, match="closed"):
        one.vote("ann", 0)


def test_the_class_votes_again_without_seeing_the_first_vote_and_then_sees_both():
    one = poll()
    with pytest.raises(GanvizError, match="Close this vote"):
        one.vote_again()
    one.vote("ann", 0)
    one.close()
    one.vote_again()
    assert one.view("ann")["counts"] is None and one.view("ann")["mine"] == [0, None]
    one.vote("ann", 1)
    one.reveal(Answer(1, "one mode", "Since D saw one sample at a time.", 1200))
    seen = one.view("ann")
    assert seen["counts"] == [[1, 0, 0], [0, 1, 0]] and seen["state"] == "answered"
    assert seen["answer"]["choice"] == 1 and seen["answer"]["figure"] == "one mode"
    with pytest.raises(GanvizError, match="known already"):
        one.vote_again()


def test_there_are_two_rounds():
    one = poll()
    one.close()
    one.vote_again()
    one.close()
    assert one.view("")["last_round"]
    with pytest.raises(GanvizError, match="voted twice"):
        one.vote_again()


@pytest.mark.parametrize(
    ("ask", "choices", "why"),
    [
        (" ", ("a", "b"), "empty"),
        ("x" * 201, ("a", "b"), "too long"),
        ("Which?", ("a",), "2 to 5"),
        ("Which?", tuple("abcdef"), "2 to 5"),
        ("Which?", ("a", "a "), "the same"),
        ("Which?", ("a", ""), "empty"),
    ],
)
def test_a_question_of_the_presenters_own_is_bounded(ask, choices, why):
    with pytest.raises(GanvizError, match=why):
        Poll("free", ask, choices)


def test_a_question_stands_on_one_line_and_hides_nothing():
    one = Poll("free", "Why\n\u202eso?\x00", ("a\tb", "c"))
    assert one.ask == "Why so?" and one.choices == ("a b", "c")


def test_what_is_kept_names_nobody_and_comes_back():
    one = poll(lesson="mode-collapse", run="run-1")
    one.vote("ann", 1)
    assert "ann" not in str(one.to_table()) and one.to_table()["rounds"] == [None]
    one.reveal(Answer(1, "one", "Why."))
    back = Poll.from_table(one.to_table())
    assert back.to_table() == one.to_table() and back.state == "answered"


def test_a_book_has_one_question_at_hand():
    book, one = PollBook(), poll()
    book.ask(one)
    assert book.at_hand("one") is one
    with pytest.raises(GanvizError, match="is open"):
        book.ask(poll("two"))
    one.vote("ann", 1)
    one.close()
    book.ask(poll("two"))
    with pytest.raises(GanvizError, match="Another question"):
        book.at_hand("one")
    book.put_away()
    assert [each.id for each in book.kept()] == ["one"], "nobody voted on the other"


def test_a_damaged_file_brings_back_what_is_sound():
    good = poll().to_table()
    broken = ({"rounds": [[1]]}, {"choices": ["a"]}, {"answer": {"x": 1}}, {"ask": ""})
    found = sound_polls([good, {}, 3, *({**good, **change} for change in broken)])
    assert [one.id for one in found] == ["one"] and sound_polls("nonsense") == []
    assert len(sound_polls([good] * 2 * MAX_KEPT)) == MAX_KEPT


def test_results_are_a_table_without_handles_or_formulas():
    one = Poll("one", "=1+1", ("-a", "b"), lesson="the-game")
    one.vote("ann", 1)
    one.close()
    one.vote_again()
    one.vote("ann", 0)
    one.reveal(Answer(0, "0.5", "Why.", 7))
    guess = {"lesson": "the-game", "question": "Q?", "choice": "b", "right": True}
    game = {"step": 9, "pairs": [[3, 4], [1, 4]]}
    text = to_csv([one], [guess], [game])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS and "ann" not in text
    assert [row["count"] for row in rows] == ["0", "1", "1", "0", "1", "3", "1"]
    assert rows[0]["question"] == "'=1+1" and rows[0]["choice"] == "'-a"
    assert [row["right"] for row in rows[:2]] == ["True", "False"] and rows[0]["step"] == "7"
    assert rows[-1]["of"] == "4"
