"""Questions to the class, their answers from the run, and predictions that somebody makes alone."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz import registry
from ganviz.classroom import ClassFile, Classroom, Visitor
from ganviz.classroom.discriminator_game import sound_rows
from ganviz.classroom.polls import MAX_KEPT, Answer, Poll, PollBook, sound_polls
from ganviz.classroom.questions import Reading, reading
from ganviz.classroom.results import to_csv
from ganviz.errors import GanvizError
from ganviz.lessons import Lesson, Question
from ganviz.runs import listing as kept
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.guard import Refused, command_as, find_run, json_response
from ganviz.server.visitor_scope import visitor_of
from ganviz.server.workers import CLASS_ACTS, READS, open_run, read_to_end

PIECE, GAMES = "questions", "games"
"""Tables of a run's class file."""
MAX_READINGS = 256
Name = Annotated[str, Field(max_length=200)]


class PollCommand(BaseModel):
    """What a presenter does with the question at hand. ``poll``: which one the page shows.
    ``choice``: the right one, where no lesson knows it."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["ask", "close", "again", "reveal", "away"]
    poll: Name = ""
    lesson: Name = ""
    ask: str = Field("", max_length=1000)
    choices: list[Name] = Field(default_factory=list, max_length=8)
    choice: int | None = Field(None, ge=0, le=7)


class Vote(BaseModel):
    """One vote. ``round``: which one the page shows; a vote that comes late counts for no other."""

    model_config = ConfigDict(extra="forbid")

    poll: Name
    round: int = Field(ge=1, le=9)
    choice: int = Field(ge=0, le=7)


class Prediction(BaseModel):
    """What somebody alone expects of a run, before it answers."""

    model_config = ConfigDict(extra="forbid")

    run: Name
    lesson: Name
    choice: int = Field(ge=0, le=7)


class PollRequests:
    """Polls of a `Classroom` about the runs of a `RunManager`."""

    def __init__(self, manager: RunManager, classroom: Classroom):
        self._manager = manager
        self._classroom = classroom
        self._book = PollBook()
        # what a run has answered stays so
        self._known: OrderedDict[tuple[str, str], Reading] = OrderedDict()
        classroom.add("poll", self._view)

    def _view(self, visitor: Visitor) -> dict[str, Any] | None:
        poll = self._book.current
        return None if poll is None else poll.view(visitor.id)

    # -- a class -----------------------------------------------------------------------------
    async def command(self, request: Request) -> Response:
        """Ask, close, vote again, show the answer, put away: for presenters."""
        command = await command_as(PollCommand, request)
        try:
            sentence = await CLASS_ACTS.run(self._obey, command)
        finally:
            # a poll that a full disk does not keep has changed all the same
            self._classroom.changed()
        return json_response({"ok": True, "sentence": sentence})

    async def vote(self, request: Request) -> Response:
        """A viewer's vote, in place of an earlier one."""
        vote, visitor = await command_as(Vote, request), visitor_of(request)
        with self._book.lock:
            poll = self._book.at_hand(vote.poll)
            if vote.round != len(poll.rounds):
                raise Refused(409, "The class votes again; choose once more.")
            poll.vote(visitor.id, vote.choice)
        self._classroom.changed()
        return json_response({"ok": True, "sentence": "Your vote counts; you can change it."})

    def _obey(self, command: PollCommand) -> str:
        if command.action == "ask":
            self._book.ask(self._new_poll(command))
            return "The class is asked."
        if command.action == "reveal":
            # the run is read before the lock is taken
            answer = self._answer_to(self._book.at_hand(command.poll), command.choice)
        with self._book.lock:
            poll = self._book.at_hand(command.poll)
            if command.action == "reveal":
                poll.reveal(answer)
            elif command.action == "again":
                poll.vote_again()
            elif command.action == "close":
                poll.close()
            else:
                self._book.put_away()
        self._keep(poll)
        return ""

    def _new_poll(self, command: PollCommand) -> Poll:
        poll_id = secrets.token_hex(6)
        if not command.lesson:
            return Poll(poll_id, command.ask, tuple(command.choices))
        _, question = lesson_with_question(command.lesson)
        return Poll(poll_id, question.ask, question.choices, lesson=command.lesson)

    def _answer_to(self, poll: Poll, choice: int | None) -> Answer:
        if not poll.lesson:
            return Answer(choice)
        lesson, question = lesson_with_question(poll.lesson)
        run = find_run(self._manager, None)
        if run.config.preset != lesson.question_preset:
            wanted = registry.PRESETS.get(lesson.question_preset).label
            raise Refused(
                409,
                f"The question is about {wanted!r}, and another set-up was trained last; start "
                "that one first.",
            )
        poll.run = run.id
        found = self._reading(run, poll.lesson)
        if found.state == "waiting":
            raise Refused(409, found.sentence)
        if found.state == "missing":
            return Answer(None, "", found.sentence)
        return Answer(found.choice, found.figure, question.why, found.step)

    def _keep(self, poll: Poll) -> None:
        """Keep the results with the run that they are about, or that is there now."""
        run = self._manager.current
        if run is None or run.store is None:
            return
        poll.run = poll.run or run.id
        if poll.run != run.id:
            return

        def edit(table: dict[str, Any]) -> dict[str, Any]:
            own = {one.id: one for one in self._book.kept() if one.run == run.id}
            earlier = [one for one in sound_polls(table.get("polls")) if one.id not in own]
            polls = [one.to_table() for one in (*earlier, *own.values())]
            return {**table, "polls": polls[-MAX_KEPT:]}

        ClassFile(run.store.folder).change(PIECE, edit)

    # -- alone ---------------------------------------------------------------------------------
    async def predict(self, request: Request) -> Response:
        """Keep with the run what its presenter expects of it."""
        prediction = await command_as(Prediction, request)
        await CLASS_ACTS.run(self._predict, prediction)
        return json_response({"ok": True, "sentence": ""})

    def _predict(self, prediction: Prediction) -> None:
        _, question = lesson_with_question(prediction.lesson)
        if prediction.choice >= len(question.choices):
            raise Refused(422, "There is no such choice.", "choice")

        def edit(table: dict[str, Any]) -> dict[str, Any]:
            earlier = table.get("predictions")
            known = earlier if isinstance(earlier, dict) else {}
            return {**table, "predictions": {**known, prediction.lesson: prediction.choice}}

        ClassFile(self._folder(prediction.run)).change(PIECE, edit)

    async def answer(self, request: Request) -> Response:
        """How a lesson's question stands in a run: ``{"state", "sentence", "choice", "figure",
        "why", "step"}``; viewers are told what came out when a vote on it is over."""
        query = request.query_params
        name, run_id = query.get("lesson", ""), query.get("run")
        _, question = lesson_with_question(name)
        run = await read_to_end(await open_run(self._manager, run_id))
        found = await READS.run(self._reading, run, name)
        if (
            found.state != "waiting"
            and self._is_voted_on(name)
            and not visitor_of(request).presenter
        ):
            raise Refused(409, "The class votes on this question; the presenter shows the answer.")
        why = question.why if found.state == "known" else ""
        return json_response({**asdict(found), "why": why})

    def _is_voted_on(self, lesson: str) -> bool:
        """Whether the class has not been told yet what comes out."""
        poll = self._book.current
        return poll is not None and poll.lesson == lesson and poll.state != "answered"

    def _reading(self, run: ReadableRun, name: str) -> Reading:
        known = self._known.get((run.id, name))
        if known is not None:
            return known
        _, question = lesson_with_question(name)
        found = reading(run, question)
        if found.state == "known":
            self._known[run.id, name] = found
            while len(self._known) > MAX_READINGS:
                self._known.popitem(last=False)
        return found

    # -- results -------------------------------------------------------------------------------
    async def results(self, request: Request) -> Response:
        """What was answered about a run, as CSV without handles."""
        run_id = request.query_params.get("run") or find_run(self._manager, None).id
        run = await read_to_end(await open_run(self._manager, run_id))
        text = await READS.run(self._table, run)
        name = f"{Path(run.id).name}-class.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return Response(text.encode("utf-8-sig"), headers=headers, media_type="text/csv")

    def _table(self, run: ReadableRun) -> str:
        file = ClassFile(self._folder(run.id))
        table = file.read(PIECE)
        predictions = table.get("predictions")
        guesses = [
            self._guess(run, name, choice)
            for name, choice in (predictions if isinstance(predictions, dict) else {}).items()
            if name in registry.LESSONS.names() and isinstance(choice, int)
        ]
        return to_csv(
            sound_polls(table.get("polls")), guesses, sound_rows(file.read(GAMES).get("rows"))
        )

    def _guess(self, run: ReadableRun, name: str, choice: int) -> dict[str, Any]:
        _, question = lesson_with_question(name)
        found = self._reading(run, name)
        known = found.state == "known"
        return {
            "lesson": name,
            "question": question.ask,
            "choice": dict(enumerate(question.choices)).get(choice, ""),
            "right": found.choice == choice if known else "",
            "figure": found.figure if known else found.sentence,
            "step": found.step if known else "",
        }

    def _folder(self, run_id: str) -> Path:
        return kept.find(self._manager.runs_root, run_id.partition("@")[0])


def lesson_with_question(name: str) -> tuple[Lesson, Question]:
    """The lesson of that name and its question. Raises `Refused` where there is none, or it asks
    nothing."""
    try:
        lesson: Lesson = registry.LESSONS.get(name)
    except GanvizError as error:
        raise Refused(404, error.sentence) from None
    if lesson.question is None:
        raise Refused(404, f"The lesson {lesson.title!r} has no question.")
    return lesson, lesson.question
