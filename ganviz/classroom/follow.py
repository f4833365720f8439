"""What the presenter shows, for everybody to follow, and whether they must."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ganviz.classroom.classroom import Classroom
from ganviz.classroom.visitor import Visitor

NAME = "follow"
Short = Annotated[str, Field(max_length=40)]
Value = Annotated[str, Field(max_length=2000)]
# of the address, those that name a run, or several with commas between them
RUN_PARAMETERS = ("run", "open", "compare", "at")


class Latent(BaseModel):
    """A point of the latent space as the latent explorer of the page holds it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    seed: int = Field(1, ge=0, lt=2**31)
    tile: int | None = Field(None, ge=0, lt=10_000)
    run: str | None = Field(None, max_length=200)
    label: int | None = Field(None, ge=0, lt=100_000, alias="class")
    directions: dict[Short, float] = Field(default_factory=dict, max_length=64)
    raw: dict[Short, float] = Field(default_factory=dict, max_length=256)
    psi: float = Field(1.0, ge=0, le=1)


class PresenterView(BaseModel):
    """A part of what the presenter's page shows; what is left out stays as it was.

    ``address``: the parameters of the page's address, which name its tab, run and lesson;
    ``step``: whose picture is looked back at (None: the newest); ``pictures``: generated or real;
    ``tile`` is enlarged (row and column), ``large`` all of them; ``latent`` is drawn; ``zoom``: by
    chart the ends of x and y, None where all of it is shown.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    address: dict[Short, Value] = Field(default_factory=dict, max_length=16)
    step: int | None = Field(None, ge=0, lt=2**53)
    pictures: str = Field("generated", pattern="^(generated|real)$")
    tile: tuple[int, int] | None = None
    large: bool = False
    latent: Latent | None = None
    zoom: dict[Short, tuple[float, float, float, float] | None] = Field(
        default_factory=dict, max_length=8
    )

    def runs(self) -> list[str]:
        """The runs that the address names."""
        named = [self.address.get(name, "") for name in RUN_PARAMETERS]
        return [run for value in named for run in value.split(",") if run]


class Follow:
    """The piece of the class that holds what the presenter shows. The newest word counts, whichever
    presenter says it."""

    def __init__(self, classroom: Classroom):
        self._classroom = classroom
        self._lock = threading.Lock()
        self._presented: dict[str, Any] = {}
        self._free = False
        classroom.add(NAME, self._view)

    def show(self, part: PresenterView) -> None:
        """The presenter's page shows ``part``."""
        changes = part.model_dump(mode="json", by_alias=True, exclude_unset=True)
        with self._lock:
            self._presented = {**self._presented, **changes}
        for run in part.runs():
            self._classroom.show(run)
        self._classroom.changed()

    def let_go(self, free: bool) -> None:
        """Viewers explore on their own, or follow again."""
        self._free = free
        self._classroom.changed()

    def _view(self, visitor: Visitor) -> dict[str, Any]:
        own = self._free and not visitor.presenter
        return {"free": self._free, "shown": None if own else self._presented}
