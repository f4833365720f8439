"""Work beside the training: one piece at a time, and what it raises is raised once."""

import threading

import pytest

from ganviz.engine.background_thread import BackgroundThread


@pytest.fixture
def thread():
    thread = BackgroundThread("test", lambda: None)
    yield thread
    thread.close()


def test_a_piece_begins_when_the_one_before_is_done(thread):
    done, go_on = [], threading.Event()
    thread.begin(lambda: done.append(go_on.wait(30)))
    assert thread.is_busy and not done
    thread.check()  # nothing is wrong so far, and nothing is waited for
    go_on.set()
    thread.begin(lambda: done.append("second"))
    thread.wait()
    assert done == [True, "second"] and not thread.is_busy


def test_what_went_wrong_is_told_once(thread):
    def fail():
        raise OSError("the disk is gone")

    for look in (thread.check, thread.wait, lambda: thread.begin(lambda: None)):
        thread.begin(fail)
        while thread.is_busy:
            pass
        with pytest.raises(OSError, match="the disk is gone"):
            look()
        thread.wait()
