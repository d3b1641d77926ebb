"""The desk of a daemon that is up: the same verbs as in process, made from the table of its API, over its socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from flowlite.client.remote_line import DaemonLeft, DaemonSilent, Line, address_of
from flowlite.engine.lock import StateInUse, pid_of
from flowlite.service.api.place import SOCKET
from flowlite.service.api.shapes import LOOK, given
from flowlite.service.api.table import ROUTES, Route
from flowlite.service.api.wire import decoded
from flowlite.service.places import Place
from flowlite.service.presence import DAEMON_ROLE

if TYPE_CHECKING:
    from flowlite.service.desk import Desk

PATIENCE_S = 15.0  # a daemon that has just taken the lock does not listen yet: it takes up what was unfinished
STEP_S = 0.02
LOOK_EVERY_S = 0.1

BY_VERB = {route.verb: route for route in ROUTES}


class Remote:
    """Every verb of the table is a method: `await remote.health()`; one that answers bit by bit is iterated over:
    `async for batch in remote.events(after=17)`. Raises what the verb raises, or DaemonLeft."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in BY_VERB:
            raise AttributeError(f"the daemon has no verb {name!r}")
        return self._verb(BY_VERB[name])

    async def raw(self, verb: str, **named: Any) -> Any:
        """The JSON of an answer as it came. No room is entered for it, so that a screen is there at once."""
        return await self._line.ask(*called_as(BY_VERB[verb], named))

    def raw_items(self, verb: str, **named: Any) -> AsyncIterator[Any]:
        """The same of a verb that answers bit by bit."""
        return self._line.lines(*called_as(BY_VERB[verb], named))

    def _verb(self, route: Route) -> Callable[..., Any]:
        if route.shape.is_stream:
            return partial(self._items, route)
        return partial(self._ask_meanwhile if route.shape.tells else self._ask, route)

    async def _ask(self, route: Route, *args: Any, **named: Any) -> Any:
        called = called_as(route, given(route.shape, args, named))
        return self._decoded(route, route.shape.answer, await self._line.ask(*called))

    async def _ask_meanwhile(self, route: Route, *args: Any, **named: Any) -> Any:
        """`look` is called with the latest now and then, also when nothing is new, for those who show a clock."""
        arguments = given(route.shape, args, named)
        look: Callable[[Any], None] = arguments.pop(LOOK)
        lines = self._line.lines(*called_as(route, arguments))
        latest: list[Any] = []
        looking = asyncio.ensure_future(look_again(latest, look))
        try:
            async for said in lines:
                if "answer" in said:
                    return self._decoded(route, route.shape.answer, said["answer"])
                latest[:] = [self._decoded(route, route.shape.look, said["look"])]
                look(latest[0])
        finally:
            looking.cancel()
        raise DaemonLeft("the daemon ended an answer early; `flowlite status` says whether it is up")

    async def _items(self, route: Route, *args: Any, **named: Any) -> AsyncIterator[Any]:
        async for said in self._line.lines(*called_as(route, given(route.shape, args, named))):
            yield self._decoded(route, route.shape.answer, said)

    def _decoded(self, route: Route, kind: Any, data: Any) -> Any:
        try:
            return decoded(kind, data)
        except (KeyError, TypeError, ValueError) as error:
            raise DaemonSilent(
                f"the daemon's answer to {route.verb!r} can't be read ({error}): it is of another version of flowlite; "
                "restart it with `flowlite down` and `flowlite up`"
            ) from error


class RemoteDesk(Remote):
    """Looks like a Desk. Work that was asked for goes on without whoever asked."""

    is_here = False

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.taken_up: list[int] = []  # the daemon goes on with what was unfinished, whoever looks

    async def watch_rest(self, look: Callable[[Any], None]) -> list[Any]:
        """What follows goes on in the daemon; nobody has to wait for it here."""
        return []

    async def watch_followers(self, dag_id: str) -> None:
        """The same."""


class Served:
    """`async with Served(place, pid) as desk`. Raises DaemonSilent; StateInUse for DAG files that are none of its."""

    def __init__(self, place: Place, pid: int) -> None:
        self._place, self._pid = place, pid
        self._line = Line(place.state / SOCKET)

    async def __aenter__(self) -> Desk:
        well = await self._first_answer()
        if not are_within(self._place.dag_folders, well.dag_folders):
            raise StateInUse(self._place.state, f"the daemon (process {self._pid})")
        return cast("Desk", RemoteDesk(self._line))  # the table has every verb that a Desk has: a test says so

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""

    async def _first_answer(self) -> Any:
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while True:
            try:
                return await Remote(self._line).health()
            except (OSError, DaemonLeft) as error:
                is_up = pid_of(self._place.state, DAEMON_ROLE) is not None
                if not (isinstance(error, DaemonLeft) and is_up) or asyncio.get_running_loop().time() > until:
                    raise DaemonSilent(
                        f"the daemon (process {self._pid}) does not answer at {self._place.state / SOCKET}; "
                        f"`flowlite status` says whether it is up, and {self._place.state / 'logs'} holds its log"
                    ) from error
            await asyncio.sleep(STEP_S)


def are_within(folders: Iterable[Path], theirs: Iterable[Path]) -> bool:
    """Whether a daemon that loads those has all of these."""
    return all(any(one.absolute().is_relative_to(other) for other in theirs) for one in folders)


def called_as(route: Route, arguments: dict[str, Any]) -> tuple[str, str, Any]:
    """Method, address and body of a request."""
    places = {name: arguments.pop(name) for name in route.in_path}
    if route.method == "GET":
        return route.method, address_of(route.path, places, arguments), None
    return route.method, address_of(route.path, places, {}), arguments


async def look_again(latest: list[Any], look: Callable[[Any], None]) -> None:
    """For ever."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if latest:
            look(latest[0])
