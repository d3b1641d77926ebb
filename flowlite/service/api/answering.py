"""Answering a request: the verb is carried out, and what it says goes out."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from flowlite.core.errors import FlowliteError
from flowlite.service.api.arguments import received
from flowlite.service.api.callers import Caller
from flowlite.service.api.faults import TooSlow, WrongMethod
from flowlite.service.api.guard import JSON, refused
from flowlite.service.api.shapes import RawJson, Text
from flowlite.service.api.streaming import EVENTS, Streams, told_meanwhile
from flowlite.service.api.table import Route
from flowlite.service.api.wire import encoded

WITHIN_S = 60.0
PLAIN = "text/plain; version=0.0.4; charset=utf-8"

log = logging.getLogger("flowlite.api")

EnterRoom = Callable[[Route, Caller], Any]
"""The object in which a caller finds the verb of a route."""
Check = Callable[[Route, Caller, Mapping[str, Any]], Awaitable[None]]
"""Raises why a caller may not, for all that their role says."""


class Answering:
    """The endpoint of one route."""

    def __init__(
        self, route: Route, enter: EnterRoom, check: Check, streams: Streams, within_s: float = WITHIN_S
    ) -> None:
        self._route, self._enter, self._check = route, enter, check
        self._streams, self._within_s = streams, within_s

    async def __call__(self, request: Request) -> Response:
        """Never raises: every error is an answer."""
        try:
            if request.method != self._route.method:  # HEAD, which would never end where an answer goes on
                raise WrongMethod(request.method, request.url.path)
            caller: Caller = request.scope["caller"]
            caller.check(self._route)
            arguments = await received(self._route, request)
            await self._check(self._route, caller, arguments)
            verb = getattr(self._enter(self._route, caller), self._route.verb)
            as_events = EVENTS in request.headers.get("accept", "")
            if self._route.shape.is_stream:
                return self._streams.answer(lines_of(verb(**arguments)), as_events=as_events)
            if self._route.shape.tells:
                return self._streams.answer(told_meanwhile(verb, arguments), as_events=as_events)
            return answer_of(await self._within(verb, arguments))
        except (FlowliteError, OSError) as error:
            return refused(error)
        except Exception as error:
            log.exception("%s %s", request.method, request.url.path)
            return refused(error)

    async def _within(self, verb: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(self._within_s):
                answer = verb(**arguments)
                return await answer if inspect.isawaitable(answer) else answer
        except TimeoutError:
            raise TooSlow(self._within_s) from None


async def lines_of(items: AsyncIterator[Any]) -> AsyncGenerator[bytes, None]:
    """Each as JSON."""
    async for item in items:
        yield item if isinstance(item, RawJson) else encoded(item)


def answer_of(answer: Any) -> Response:
    """As JSON, unless it is text; nothing is null."""
    if isinstance(answer, Text):
        return Response(answer, media_type=PLAIN)
    return Response(answer if isinstance(answer, RawJson) else encoded(answer), media_type=JSON)
