"""The API as a whole: the routes of the table behind a guarded door, on a unix socket and, if configured, on a port."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from flowlite.config.sections import Api as Section
from flowlite.core.graph import Graph
from flowlite.engine.engine import Engine
from flowlite.engine.loop import EngineStopped
from flowlite.loading.catalog import Catalog
from flowlite.service.api.answering import Answering
from flowlite.service.api.callers import Caller
from flowlite.service.api.events import Events
from flowlite.service.api.faults import NoRoute, WrongMethod
from flowlite.service.api.figures import Figures
from flowlite.service.api.guard import JSON, Guard, refused
from flowlite.service.api.listening import Listener, remove_socket, unix_socket
from flowlite.service.api.openapi import description
from flowlite.service.api.rights import Rights
from flowlite.service.api.streaming import Streams
from flowlite.service.api.table import DAEMON, DESK, EVENTS, LOOKING, ROUTES, Role, Route
from flowlite.service.api.tcp import hosts_of, port_socket, tls_of
from flowlite.service.api.tending import Hooks, Tending, Wellness
from flowlite.service.api.tokens import Tokens
from flowlite.service.api.wire import encoded
from flowlite.service.holding import Present
from flowlite.service.looking import Looking
from flowlite.service.places import Place


class LookingHere(Looking):
    """With the catalog of a daemon, which changes while it lives, and with what only its engine knows."""

    def __init__(self, place: Place, catalog: Catalog, engine: Engine) -> None:
        super().__init__(place.state, place.pools, now=engine.clock.now)
        self._catalog, self._engine = catalog, engine
        self.lines.still_held = engine.still_held

    @property
    def catalog(self) -> Catalog:
        """As it is now."""
        return self._catalog

    async def graph_of(self, version: int) -> Graph:
        """The engine has those of all that is unfinished."""
        return self._engine.machine.graphs.get(version) or await super().graph_of(version)

    def presence(self, dag_id: str) -> Present:
        """As the engine knows it."""
        trouble = self._engine.trouble
        if trouble is not None:
            return Present(is_engine_up=True, halt=f"nothing new starts: {trouble}")
        if self._engine.machine.is_draining:
            return Present(is_engine_up=True, halt="the daemon is stopping and starts nothing more")
        if dag_id in self._catalog.dags:
            return Present(is_engine_up=True)
        because = self._catalog.problems[0] if self._catalog.problems else "`flowlite check` shows what there is"
        return Present(is_engine_up=True, missing=f"it waits for its DAG, which no file declares now: {because}")


class Api:
    """On the engine's loop, between `start` and `stop`. Raises ConfigError if the port can't be as configured, OSError
    if it is taken."""

    def __init__(
        self, engine: Engine, catalog: Catalog, place: Place, hooks: Hooks, section: Section | None = None
    ) -> None:
        self._engine, self._catalog, self._place = engine, catalog, place
        self._section = section or Section()
        self._since = engine.clock.now()
        self._streams = Streams()
        self._tokens = Tokens(engine.store, engine.clock.now)
        self._looking = LookingHere(place, catalog, engine)
        self._rights = Rights(engine, catalog)
        tending = Tending(hooks, self._well, self._figures)
        self._counted = Figures(engine)
        self._events = Events(engine, self._looking.views)
        self._hooks = hooks
        self._rooms: dict[str, Any] = {
            LOOKING.name: self._looking,
            EVENTS.name: self._events,
            DAEMON.name: tending,
        }
        self._open = AsyncExitStack()
        self._by_port: Listener | None = None

    async def start(self) -> None:
        """Answer, first on the unix socket."""
        async with AsyncExitStack() as stack:
            stack.callback(self._looking.close)
            for part in (self._events, self._counted):
                part.start()
                stack.callback(part.stop)
            app = self._application()
            self._by_socket = Listener(Guard(app, self._tokens))
            await self._by_socket.open(unix_socket(self._place.state))
            stack.push_async_callback(self._by_socket.close)
            stack.callback(remove_socket, self._place.state)
            self._app = app
            await self._open_port(self._section)
            stack.push_async_callback(self._close_port)
            self._open = stack.pop_all()

    async def _open_port(self, section: Section) -> None:
        if section.port is None:
            return
        listener = Listener(Guard(self._app, self._tokens, hosts_of(section)), tls=tls_of(section))
        await listener.open(port_socket(section))
        self._by_port = listener

    async def _close_port(self) -> None:
        if self._by_port is not None:
            await self._by_port.close()
            self._by_port = None

    async def configure(self, place: Place, section: Section) -> None:
        """The configuration was read again. Raises ConfigError if the port can't be as configured: then there is none.
        Who is connected to a port that has changed is hung up on."""
        self._place = place
        self._looking.lines.configured = place.pools
        if section != self._section:
            self._section = section
            await self._close_port()
            await self._open_port(section)

    async def stop(self) -> None:
        """Whoever follows something is told that the daemon goes down. May be asked twice."""
        self._streams.stop(EngineStopped("the daemon goes down; what was asked for goes on with its next start"))
        await self._open.aclose()

    # --- routes -------------------------------------------------------------------------------------------------------
    def _application(self) -> Starlette:
        addresses = [Address(route.path, self._answering(route), methods=[route.method]) for route in ROUTES]
        addresses.append(Address("/openapi.json", self._describe, methods=["GET"]))
        return Starlette(routes=addresses, exception_handlers={HTTPException: nothing_there})

    def _answering(self, route: Route) -> Callable[[Request], Any]:
        answering = Answering(route, self._enter, self._rights.check, self._streams)

        async def answer(request: Request) -> Response:
            return await answering(request)

        return answer

    def _enter(self, route: Route, caller: Caller) -> Any:
        """Raises why nothing can be written, where something would have to be."""
        if route.room != DESK:
            return self._rooms[route.room.name]
        if route.changes and self._engine.trouble is not None:
            raise self._engine.trouble
        return self._hooks.desk(caller)

    async def _describe(self, request: Request) -> Response:
        return Response(await asyncio.to_thread(lambda: encoded(description(ROUTES))), media_type=JSON)

    # --- the daemon itself --------------------------------------------------------------------------------------------
    async def _well(self, ails: list[str]) -> Wellness:
        trouble = self._engine.trouble
        problems = tuple(str(problem) for problem in self._catalog.problems)
        broken = [f"{len(problems)} DAG files have a problem: `flowlite check`"] if problems else []
        return Wellness(
            is_ok=trouble is None,
            degraded=(*([str(trouble)] if trouble is not None else []), *broken, *ails),
            version=version("flowlite"), pid=os.getpid(), at=self._engine.clock.now(), since=self._since,
            dag_folders=tuple(str(folder.absolute()) for folder in self._place.dag_folders),
            dags=len(self._catalog.dags), problems=problems,
            last_event=await self._looking.views.last_event(),
        )  # fmt: skip

    async def _figures(self) -> str:
        return self._counted.text(version("flowlite"), await self._looking.views.last_event())


async def nothing_there(request: Request, error: Exception) -> Response:
    """No such address, or one that is asked differently."""
    path = request.url.path
    is_method = isinstance(error, HTTPException) and error.status_code == 405
    return refused(WrongMethod(request.method, path) if is_method else NoRoute(path))


__all__ = ["Api", "Hooks", "Role"]
