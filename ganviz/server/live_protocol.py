"""The protocol of the live socket: what a page and the server say to each other, message by
message.

A page opens ``/gv/live?run=ID&epoch=E&cursor=N``, all three optional. Without ``run`` it follows
whatever run is current. With the ``epoch`` and ``cursor`` of an earlier connection it gets only
what it missed, where that still means something; else everything anew. Every message is one JSON
object in a text frame; numbers that JSON has no word for (NaN, infinities) are null.

From the server:

``{"type": "hello", ...}``: all that a page needs to show the run, after connecting, when the run
changes or has been prepared, and for the asking.

- ``epoch``: names the server process and the run (and how often the run's log was rewound): a
  cursor belongs to it.
- ``server``: ``version``, ``device``, ``device_label``.
- ``run``: id, name, config, series, equilibrium, spec, conditional, latent_dim, reals; null while
  there is none.
- ``status``: state, sentence, error, step, steps, images_per_second, elapsed, left (seconds or
  null), device, gpu (null, or load in percent and used and total bytes); what the status line
  shows.
- ``history``: ``cursor``, and ``columns``: name -> values, thinned to what a chart can show.
- ``frame``: the newest sample grid (url, step, rows, cols, width, height, kept) or null;
  ``frames``: the steps of all kept ones.
- ``events``: the newest ones of the kinds of which a page gets each; ``probes``: of the other kinds
  the newest; ``measured``: what probes measured so far, as columns.
- ``snapshot``: the version of the generator that latent requests draw from; 0: none yet.

``{"type": "delta", ...}``: what happened since the page's cursor. ``cursor`` (the new one),
``columns`` (the rows since then), ``events``, ``probes``, ``frame`` (null: no new one), ``status``,
``snapshot``. It comes at most every `pacing.DELTA_INTERVAL`; a page that is slow gets fewer and
larger ones. More than a chart can show comes as a new hello instead.

``{"type": "class", "state": {...}}``: what the page's visitor may see of the class, piece by piece
(see `ganviz.classroom`): after connecting all pieces, then those that changed, at most every
`pacing.CLASS_INTERVAL`, the newest state only.

``{"type": "error", "error": sentence}``: the run of ``?run=`` does not exist; the socket then
closes with `UNKNOWN_RUN`. A socket that cannot keep up closes with `TOO_SLOW`: connect again with
the cursor; that of somebody who is in the class no longer with `SENT_OUT`. One that the gate
refuses never opens, and a browser hides why: ``GET /gv/why`` says it.

From the page: ``{"type": "history"}`` asks for a hello. Anything else is passed over; a frame of
more than `MAX_FRAME_BYTES` closes the socket. Commands do not come this way: they are ``POST
/gv/...``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from ganviz.engine.events import EventLog
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server import describe, encode

# of the kinds of which a page gets each, a hello holds so many
MAX_EVENTS = 50
# the largest frame that is taken from a browser
MAX_FRAME_BYTES = 4096
# digits of a cursor: as many as a count of events can have
MAX_CURSOR_DIGITS = 18
UNKNOWN_RUN, TOO_SLOW, SENT_OUT = 4404, 1013, 4403


def hello(manager: RunManager, run: ReadableRun | None, epoch: str) -> dict[str, Any]:
    """All that a page needs to show ``run`` (None: that there is none yet)."""
    message: dict[str, Any] = {
        "type": "hello",
        "epoch": epoch,
        "server": describe.server(manager),
        "run": None,
        "status": describe.no_run(manager),
        "history": {"cursor": 0, "columns": {}},
        "frame": None,
        "frames": [],
        "events": [],
        "probes": {},
        "measured": {},
        "snapshot": 0,
    }
    if run is None:
        return message
    about = describe.run(run)
    cursor, rows, events = read(run.events, 0)
    latest, whole = run.frames.latest, describe.kinds_sent_whole()
    watched = [
        event for event in events if event.kind in whole and event.data.get("level") != "progress"
    ]
    return message | {
        "run": about,
        "status": run.status(),
        "frame": latest and describe.frame(run.id, latest),
        "frames": run.frames.steps(),
        "history": {"cursor": cursor, "columns": encode.columns(encode.thin(rows))},
        "events": [describe.event(event) for event in watched[-MAX_EVENTS:]],
        "probes": describe.newest(events, describe.kinds_recalled()),
        "measured": describe.measured(events),
        "snapshot": run.snapshots.version,
    }


def delta(run: ReadableRun, after: int) -> dict[str, Any] | None:
    """What happened after the cursor ``after``; None when that is more than a `hello` would
    hold."""
    version = run.snapshots.version
    cursor, rows, events = read(run.events, after)
    whole = describe.kinds_sent_whole()
    watched = [event for event in events if event.kind in whole]
    frames = [event for event in events if event.kind == "frame"]
    if len(rows.get("step", ())) > encode.MAX_POINTS or len(watched) > encode.MAX_POINTS:
        return None
    return {
        "type": "delta",
        "cursor": cursor,
        "columns": encode.columns(rows),
        "events": [describe.event(event) for event in watched],
        "probes": describe.newest(events, describe.kinds_sent_newest()),
        "frame": describe.frame_event(run.id, frames[-1]) if frames else None,
        # a frame that is kept may be followed by one that is not
        "frames": [event.step for event in frames if event.data["kept"]],
        "status": run.status(),
        "snapshot": version,
    }


def class_text(pieces: dict[str, bytes]) -> str:
    """The message that brings what is new of the class; ``pieces`` as JSON, by name."""
    state = {name: orjson.Fragment(piece) for name, piece in pieces.items()}
    return to_text({"type": "class", "state": state})


def error(sentence: str) -> dict[str, Any]:
    """The message before a socket closes."""
    return {"type": "error", "error": sentence}


def read(log: EventLog, after: int) -> tuple[int, dict[str, np.ndarray], list]:
    """Everything after ``after``: the newest sequence number, and exactly the rows and events up to
    it."""
    # the run appends meanwhile: what was read while nothing was appended belongs together
    while True:
        cursor = log.seq
        rows, events = log.rows(after), log.since(after)
        if log.seq == cursor:
            return cursor, rows, events


def to_text(message: dict[str, Any]) -> str:
    """A message as JSON text: called once a message, however many viewers it goes to."""
    return encode.dumps(message).decode()


def cursor_of(text: str) -> int | None:
    """The cursor that a page names, or None for one that means nothing."""
    plain = text.isascii() and text.isdecimal() and len(text) <= MAX_CURSOR_DIGITS
    return int(text) if plain else None


def type_of(text: str) -> str | None:
    """The type of a page's message, or None for nonsense."""
    try:
        message = orjson.loads(text) if len(text) <= MAX_FRAME_BYTES else None
    except ValueError:
        return None
    kind = message.get("type") if isinstance(message, dict) else None
    return kind if isinstance(kind, str) else None
