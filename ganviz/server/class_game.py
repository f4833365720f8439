"""The game You are D: rounds made of the run that trains, played by whoever has joined."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz.classroom import ClassFile, Classroom, Visitor
from ganviz.classroom.discriminator_game import DiscriminatorGame, league, make_pairs, sound_rows
from ganviz.engine.run import Run
from ganviz.errors import GanvizError
from ganviz.runs.manager import RunManager
from ganviz.server.class_polls import GAMES
from ganviz.server.guard import Refused, command_as, json_response
from ganviz.server.sample_grids import IMMUTABLE
from ganviz.server.shared_task import SharedTask
from ganviz.server.visitor_scope import visitor_of
from ganviz.server.workers import CLASS_ACTS

MAX_GAMES = 40
"""Of one run: a game every few minutes of a lesson, and a bound on what is kept."""
LEAGUE = 12


class PairAnswer(BaseModel):
    """A player calls the left picture of a pair real, or the right one."""

    model_config = ConfigDict(extra="forbid")

    game: Annotated[str, Field(max_length=40)]
    pair: int = Field(ge=0, le=99)
    left: bool


class NewGame(BaseModel):
    """A game of the step that the run has reached."""

    model_config = ConfigDict(extra="forbid")


class GameRequests:
    """Games of a `Classroom` about the run that trains in a `RunManager`."""

    def __init__(self, manager: RunManager, classroom: Classroom):
        self._manager = manager
        self._classroom = classroom
        self._games: list[DiscriminatorGame] = []
        # two quick clicks make one game
        self._making = asyncio.Lock()
        self._pairs = SharedTask(make_pairs, good_for=0.0)
        # results of games that an earlier process held, by steps
        self._earlier: list[dict[str, Any]] = []
        classroom.add("game", self._view)

    def _view(self, visitor: Visitor) -> dict[str, Any] | None:
        if not self._games:
            return None
        game = self._games[-1]
        done = visitor.presenter or game.finished(visitor.id)
        # a game in which nobody has judged yet has no result
        rows = [one.to_row() for one in (self._games if done else self._games[:-1])]
        known = ("step", "players", "rate", "d_rate")
        history = [{name: row.get(name) for name in known} for row in (*self._earlier, *rows)]
        return game.view(visitor.id) | {
            "history": [row for row in history if row["rate"] is not None],
            "finished": game.finishers,
            "league": self._league() if visitor.presenter else None,
        }

    def _league(self) -> list[dict[str, Any]]:
        handles = {member.id: member.handle for member in self._classroom.room.members()}
        return league(self._games, handles)[:LEAGUE]

    async def make(self, request: Request) -> Response:
        """Make a game of this step, for everybody; one that was made of it already serves."""
        await command_as(NewGame, request)
        async with self._making:
            step = await self._make()
        self._classroom.changed()
        return json_response({"ok": True, "sentence": f"The game is of step {step:,}."})

    async def _make(self) -> int:
        """The step of the newest game, which is one of this step from now on."""
        run = self._manager.current
        if not isinstance(run, Run) or not run.active or run.state not in ("running", "paused"):
            raise Refused(
                409, "The game is made of the run that trains or is paused here; start one first."
            )
        games = [one for one in self._games if one.run == run.id]
        if not (games and games[-1].pairs.step == run.step_count):
            if len(games) >= MAX_GAMES:
                raise Refused(409, f"{MAX_GAMES} games were made of this run; that is all it has.")
            await self._add(run, games)
        return self._games[-1].pairs.step

    async def _add(self, run: Run, games: list[DiscriminatorGame]) -> None:
        pairs = await self._pairs.answer(run)
        if not games:
            self._earlier = await CLASS_ACTS.run(_rows, run)
        self._games = [*games, DiscriminatorGame(secrets.token_hex(8), run.id, pairs)]

    async def play(self, request: Request) -> Response:
        """One judgement; answers ``{"right", "game"}`` with what the player may know now."""
        judgement, visitor = await command_as(PairAnswer, request), visitor_of(request)
        game = self._find(judgement.game)
        right = game.play(visitor.id, judgement.pair, judgement.left)
        if game.finished(visitor.id):
            await CLASS_ACTS.run(self._keep, game.run)
            self._classroom.changed()
        view = self._view(visitor) if game is self._games[-1] else game.view(visitor.id)
        return json_response({"ok": True, "sentence": "", "right": right, "game": view})

    async def sheet(self, request: Request) -> Response:
        """The pictures of a game."""
        game = self._find(request.path_params["game"])
        headers = {"Cache-Control": IMMUTABLE}
        return Response(game.pairs.sheet, headers=headers, media_type="image/png")

    def _find(self, game_id: str) -> DiscriminatorGame:
        for game in self._games:
            if game.id == game_id:
                return game
        raise Refused(404, "That game is over; reload the page to see the newest one.")

    def _keep(self, run_id: str) -> None:
        run = self._manager.current
        if run is None or run.id != run_id or run.store is None:
            return

        def edit(_: dict[str, Any]) -> dict[str, Any]:
            rows = [one.to_row() for one in self._games if one.run == run_id]
            rows = [*self._earlier, *(row for row in rows if row["players"])]
            return {"rows": rows[-MAX_GAMES:]}

        try:
            ClassFile(run.store.folder).change(GAMES, edit)
        except GanvizError as error:
            run.log("note", level="warning", sentence=error.sentence)


def _rows(run: Run) -> list[dict[str, Any]]:
    """Results that are kept with the run."""
    return sound_rows(ClassFile(run.store.folder).read(GAMES).get("rows")) if run.store else []
