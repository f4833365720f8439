"""What a run may log: each kind of event is declared once, beside the code that makes it, together
with what a browser gets of it and how people read its figures.

``EventLog.append`` refuses a kind that nobody declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ganviz.errors import GanvizError

if TYPE_CHECKING:
    from ganviz.engine.events import Event

# every: each event; newest: the last one only; rows: numbers as columns over the steps; frame: a
# sample grid, by its address; none: nothing
Delivery = Literal["every", "newest", "rows", "frame", "none"]
Format = Literal["number", "small", "percent", "of total"]


@dataclass(frozen=True)
class Figure:
    """A number that the events of a kind carry in ``data[name]``, and how people read it.

    ``why``: a sentence that explains it. ``better``: "lower", "higher" or "" where neither end is.
    ``format``: how it is written; "small" spells out powers of ten, "of total" adds
    ``data["total"]``. ``samples``: keys of the counts that it was measured on, generated samples
    first. ``against``: words and key of a value to hold it against ("real against real",
    "fid_real"). ``line``: a reference value drawn in its chart; ``span``: the least range of the
    chart's axis. ``compared``: runs are compared by it. ``tile``: shown as a tile of its own kind's
    card; the table of all figures has it where that card is not shown.
    """

    name: str
    label: str
    why: str
    better: Literal["lower", "higher", ""] = ""
    format: Format = "number"
    samples: tuple[str, ...] = ("n",)
    against: tuple[str, str] | None = None
    line: float | None = None
    span: tuple[float, float] | None = None
    compared: bool = False
    tile: bool = False


@dataclass(frozen=True)
class Card:
    """A card of the tab Inside. ``text``: a sentence that explains it.

    ``script``: the file under ``assets/inside/`` that draws it, found by this name; "" has the
    figures of the kind drawn over the steps. ``columns``: its width, of twelve. ``once_measured``:
    most runs have nothing for it, so it is shown only where there is something. ``tabled``: the
    figures stand in the table of the samples' truth and variety as well.
    """

    title: str
    text: str
    script: str = ""
    columns: int = 6
    once_measured: bool = False
    tabled: bool = False


@dataclass(frozen=True)
class Reported:
    """What papers report of the same figures. ``data``: the data set beside whose runs it is shown;
    ``note``: how far it can be compared. ``rows``: method, citation, and its figures by name."""

    data: str
    note: str
    rows: tuple[tuple[str, str, dict[str, float]], ...]


@dataclass(frozen=True)
class EventKind:
    """One kind of event.

    ``browser``: what a page gets of it. ``recalled``: a page that comes late gets the newest one in
    any case. ``history``: turns all events of the kind into what is shown over time, instead of
    columns of the figures. ``tracked``: names and numbers for trackers in ``data``, instead of the
    figures; ``text``: the key of a sentence for them. ``order``: of its cards and figures among
    those of other kinds. ``reported``: the figures of papers.
    """

    name: str
    browser: Delivery
    figures: tuple[Figure, ...] = ()
    cards: tuple[Card, ...] = ()
    recalled: bool = False
    history: Callable[[Iterable[Event]], Any] | None = None
    tracked: Callable[[dict[str, Any]], dict[str, float]] | None = None
    text: str = ""
    order: int = 100
    reported: tuple[Reported, ...] = ()


_KINDS: dict[str, EventKind] = {}


def event_kind(name: str, browser: Delivery, **traits: Any) -> EventKind:
    """Declare a kind of event; see `EventKind` for the ``traits``. A name is given once."""
    if name in _KINDS:
        raise ValueError(f"two declarations of the event kind {name!r}")
    kind = EventKind(name, browser, **traits)
    if kind.browser == "newest" and not kind.recalled:
        kind = replace(kind, recalled=True)
    _KINDS[name] = kind
    return kind


def event_kinds() -> list[EventKind]:
    """All kinds declared so far, in their order."""
    return sorted(_KINDS.values(), key=lambda kind: kind.order)


def check_declared(name: str) -> None:
    """Raises `GanvizError` for a kind that nobody declared."""
    if name not in _KINDS:
        raise GanvizError(
            f"Nobody declared the event kind {name!r}: call event_kind({name!r}, browser=...) of "
            "ganviz.engine.event_kinds beside the code that makes it."
        )


def forget(name: str) -> None:
    """Take back a declaration, such as that of a plugin which goes away."""
    _KINDS.pop(name, None)
