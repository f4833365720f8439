"""What a viewer of the live socket receives, and what a run appends for it."""

import json
import threading
import time
from contextlib import contextmanager


def receive(viewer):
    """The next message, but for those about the class."""
    while (message := receive_any(viewer))["type"] == "class":
        pass
    return message


def receive_any(viewer):
    return json.loads(viewer.recv(timeout=20))


def receive_until(viewer, cursor):
    """Messages up to the one that brings the viewer to ``cursor``."""
    messages = [receive(viewer)]
    while cursor_of(messages[-1]) < cursor:
        messages.append(receive(viewer))
    return messages


def cursor_of(message):
    return message["cursor"] if message["type"] == "delta" else message["history"]["cursor"]


def steps(messages):
    """The steps of all rows in ``messages``."""
    tables = [m["columns"] if m["type"] == "delta" else m["history"]["columns"] for m in messages]
    return [step for table in tables for step in table.get("step", [])]


def append_rows(run, first, last):
    """Rows ``first`` to ``last``, and a note after every tenth."""
    for step in range(first, last + 1):
        run.events.append("scalars", step, loss_d=step / 7, loss_g=0.5)
        if step % 10 == 0:
            run.events.append("note", step, sentence=f"note {step}", level="info")


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@contextmanager
def appending_rows(run, first, last):
    """The same from another thread, while the block runs."""

    def slowly():
        for step in range(first, last + 1):
            append_rows(run, step, step)
            time.sleep(0.002)

    thread = threading.Thread(target=slowly)
    thread.start()
    yield
    thread.join()
