"""Every lesson has notes for the teacher, and they name set-ups that exist."""

import pytest

from ganviz.lessons import TEACHERS_NOTES, teachers_notes
from ganviz.registry import LESSONS, PRESETS
from ganviz.server.lessons import QUOTED, labelled, notes


def test_every_lesson_has_notes_and_all_notes_a_lesson():
    assert sorted(TEACHERS_NOTES) == sorted(LESSONS.names())
    with pytest.raises(ValueError, match="already"):
        teachers_notes("the-game", (), (), "", "")


@pytest.mark.parametrize("name", LESSONS.names())
def test_notes_are_short_sentences_about_set_ups_of_the_lesson(name):
    found = TEACHERS_NOTES[name]
    words = (*found.ask, *found.wrong, found.five, found.twenty)
    assert found.ask and found.wrong
    assert all(one.endswith((".", "?")) and len(one) <= 240 for one in words)
    quoted = {preset for one in words for preset in QUOTED.findall(one)}
    assert quoted - {"better"} <= set(PRESETS.names())
    assert all(labelled(one) in str(notes(name)).replace("\\'", "'") for one in (found.five,))
