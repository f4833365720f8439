"""What probes declare, as data for the page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ganviz.server import describe
from ganviz.server.guard import json_response


async def declarations(request: Request) -> Response:
    """The figures and cards of all kinds of events: what the tab Inside and comparisons draw."""
    return json_response({"kinds": describe.declarations()})
