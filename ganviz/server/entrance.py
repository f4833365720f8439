"""The entrance of a class: who comes in by key, link or code, and how a browser is known again.

Three addresses are open to everybody: ``/present/KEY`` exchanges the presenter's key for a cookie,
``/join/LINK`` and the form of ``/join`` exchange the link and the code. All three lead on to the
page by a redirect, so that neither key nor link stays in its address.
"""

from __future__ import annotations

import time
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from ganviz.classroom import Classroom, Visitor
from ganviz.classroom.keys import TICKET_SECONDS
from ganviz.classroom.room import SENT_OUT
from ganviz.classroom.throttle import Throttle
from ganviz.classroom.visitor import NOBODY
from ganviz.errors import GanvizError
from ganviz.server.guard import Refused
from ganviz.server.join_page import join_page
from ganviz.server.limits import client_of

JOIN, PRESENT = "/join", "/present"
NOT_JOINED = "You have not joined this class: open the start page and type the presenter's code."
WRONG_CODE = "That is not the code of this class. Look again at what the presenter shows."
WRONG_LINK = "This link opens no class any more. Type the code that the presenter shows now."
WRONG_KEY = "This is not the presenter's link of this server; its terminal prints the right one."
TOO_MANY = "Too many codes were tried. Wait a few seconds, or scan the QR code."
TOO_MANY_JOIN = (
    "Too many browsers join from your network at once. Wait a few seconds, then try again."
)
# a class behind one address comes in at once, with second browsers
JOINS_OF_A_CLIENT = (400, 1.0)
# a class behind one address types a code each, with slips
CODES_OF_A_CLIENT = (40, 0.5)
# 29 million codes last for months at this pace, however many machines try them
CODES_OF_ALL = (300, 4.0)


class Entrance:
    """The door of ``classroom``."""

    def __init__(self, classroom: Classroom):
        self.classroom = classroom
        self._of_client = Throttle(*CODES_OF_A_CLIENT)
        self._of_all = Throttle(*CODES_OF_ALL)
        self._joins = Throttle(*JOINS_OF_A_CLIENT)

    def visitor_of(self, connection: HTTPConnection) -> Visitor:
        """Who sends this: by the ticket in its cookie."""
        visitor_id = self._ticket_holder(connection)
        return self.classroom.current(Visitor(visitor_id or "")) or NOBODY

    def _ticket_holder(self, connection: HTTPConnection) -> str | None:
        keys = self.classroom.keys
        if keys is None:
            return None
        ticket = cookie_parser(connection.headers.get("cookie", "")).get(keys.cookie, "")
        return keys.holder(ticket, time.time())

    def is_open_at(self, path: str) -> bool:
        """Whether ``path`` is one that needs no ticket."""
        if self.classroom.keys is None:
            return False
        return path == JOIN or path.startswith((f"{JOIN}/", f"{PRESENT}/"))

    async def answer(self, request: Request, path: str) -> Response:
        """The answer at an address of the entrance."""
        if path == JOIN and request.method == "POST":
            return await self._by_code(request)
        if request.method not in ("GET", "HEAD"):
            raise Refused(405, "This address is opened by a link, and takes nothing else.")
        if path == JOIN:
            return self._ask(request)
        given = path.rpartition("/")[2]
        if path.startswith(f"{PRESENT}/"):
            return await self._by_key(request, given)
        return await self._by_link(request, given)

    def _ask(self, request: Request) -> Response:
        if self.visitor_of(request) != NOBODY:
            return _on_to("./")
        if self._was_removed(request):
            return join_page(SENT_OUT, 403, closed=True)
        return join_page()

    async def _by_code(self, request: Request) -> Response:
        if self.visitor_of(request) != NOBODY:
            return _on_to("./")
        client, now = client_of(request.scope), time.monotonic()
        if not (self._of_client.allows(client, now) and self._of_all.allows("", now)):
            return join_page(TOO_MANY, 429)
        code = _code_in((await request.body()).decode("utf-8", "replace"))
        return await self._join(request, code, WRONG_CODE, "./")

    async def _by_link(self, request: Request, given: str) -> Response:
        # a code in the place of the link's part would be tried without being counted
        keys = self.classroom.keys
        given = given if keys and len(given) == len(keys.link) else ""
        return await self._join(request, given, WRONG_LINK, "../")

    async def _join(self, request: Request, given: str, wrong: str, home: str) -> Response:
        keys = self.classroom.keys
        action = home.removesuffix("./") + "join"
        if self.visitor_of(request) != NOBODY:
            return _on_to(home)
        if keys is None or not keys.let_in(given):
            return join_page(wrong, 403, action)
        if self._was_removed(request):
            return join_page(SENT_OUT, 403, closed=True)
        if request.method == "HEAD":
            return _on_to(home)
        client = client_of(request.scope)
        if not self._joins.allows(client, time.monotonic()):
            return join_page(TOO_MANY_JOIN, 429, action)
        try:
            visitor = await run_in_threadpool(self.classroom.join, address=client)
        except GanvizError as error:
            return join_page(error.sentence, 403, action)
        return self._with_ticket(request, visitor, home)

    async def _by_key(self, request: Request, given: str) -> Response:
        keys = self.classroom.keys
        if keys is None or not keys.makes_presenter(given):
            return join_page(WRONG_KEY, 403, "../join")
        if request.method == "HEAD" or self.visitor_of(request).presenter:
            return _on_to("../")
        visitor = await run_in_threadpool(self.classroom.join, presenter=True)
        return self._with_ticket(request, visitor, "../")

    def _with_ticket(self, request: Request, visitor: Visitor, home: str) -> Response:
        keys = self.classroom.keys
        assert keys is not None  # somebody has joined by them
        response = _on_to(home)
        response.set_cookie(
            keys.cookie,
            keys.ticket(visitor.id, time.time()),
            max_age=TICKET_SECONDS,
            path=request.scope.get("root_path") or "/",
            secure=is_https(request.scope),
            httponly=True,
            samesite="lax",  # strict would not be sent where somebody follows the link
        )
        return response

    def _was_removed(self, request: Request) -> bool:
        visitor_id = self._ticket_holder(request)
        return visitor_id is not None and self.classroom.room.was_removed(visitor_id)


def _code_in(form: str) -> str:
    """The code that a form sends; empty where it sends something else."""
    try:
        return parse_qs(form, max_num_fields=4).get("code", [""])[0]
    except ValueError:
        return ""


def is_https(scope: Scope) -> bool:
    """Whether the browser came by HTTPS, to this server or to a proxy before it."""
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "").partition(",")[0].strip()
    return (forwarded or scope.get("scheme", "http")) in ("https", "wss")


def _on_to(address: str) -> Response:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(address, 303, headers)
