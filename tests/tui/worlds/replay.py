"""Recorded worlds that come to life: a daemon without executors, on a recorded state, with a clock that the test moves.

    async with worlds("busy") as world:
        app = ...                                  # on world.place, world.remote, world.clock.now
        await world.advance(minutes=2)             # what happened then happens again
        assert [one.verb for one in world.asked] == ["cancel"]

It is the daemon's own API over its own socket, on a copy of a real state file: every verb answers, in today's shapes.
What is asked of the desk is done by an engine that starts nothing. From then on the recording fits no longer, and
`advance` moves the clock only; `end` ends an attempt.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from flowlite.client.remote import RemoteDesk
from flowlite.client.remote_line import Line
from flowlite.core.rows import Evidence
from flowlite.core.states import Outcome
from flowlite.engine.engine import Engine
from flowlite.engine.lock import StateLock
from flowlite.engine.settings import EngineSettings
from flowlite.execution.failure import plain_error
from flowlite.execution.work import AttemptKey, Ended, Order
from flowlite.service.api.api import Api, Hooks
from flowlite.service.api.callers import Caller
from flowlite.service.api.place import SOCKET
from flowlite.service.api.table import ROUTES
from flowlite.service.desk import Desk
from flowlite.service.places import Place
from flowlite.service.presence import DAEMON_ROLE
from flowlite.store.store import Store
from worlds.changes import happen
from worlds.company import HOME, POOLS, catalog_of
from worlds.unpacking import fill, grow_logs

ACTING = frozenset(route.verb for route in ROUTES if route.room.name == "desk" and route.changes)


@dataclass
class Clock:
    """Stands still until it is moved. No alarm rings: what was due then, the recording knows."""

    at: float

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return self.at

    def wake_at(self, at: float | None, ring: Callable[[], None]) -> None:
        """Never."""

    @property
    def time(self) -> datetime:
        """The same, aware."""
        return datetime.fromtimestamp(self.at, UTC)


class Stillness:
    """In the place of executors: takes orders, and nothing is ever started."""

    def __init__(self) -> None:
        self.orders: dict[AttemptKey, Order] = {}

    def start(self, orders: Sequence[Order]) -> None:
        """They seem to run."""
        self.orders.update({order.key: order for order in orders})

    adopt = start

    def stop(self, key: AttemptKey) -> None:
        """Nothing ends by itself."""

    async def close(self, *, leave_processes: bool, within_s: float = 0.0) -> None:
        """There is nothing to close."""


@dataclass(frozen=True)
class Asked:
    """What somebody has asked of the desk."""

    verb: str
    args: dict[str, Any] = field(default_factory=dict)


class NotingDesk:
    """A desk that notes what it is asked; its engine is started for the first thing that changes something."""

    def __init__(self, world: World, caller: Caller) -> None:
        self._world, self._caller = world, caller

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        async def ask(**args: Any) -> Any:
            if verb in ACTING:
                self._world.asked.append(Asked(verb, args))
                await self._world.act()
            elif verb.startswith("watch"):
                await self._world.act()
            answer = getattr(self._world.desk(self._caller.name, self._caller.known_as), verb)(**args)
            return await answer if inspect.isawaitable(answer) else answer

        return ask


class World:
    """One of them, unpacked in a folder of its own. `async with` it: the daemon is up, but for that of "gone"."""

    def __init__(self, name: str, root: Path) -> None:
        self.name, self.root = name, root
        self.asked: list[Asked] = []
        self._archive = fill(name, root)
        self.clock, self._happened = Clock(self._archive.now), self._archive.now
        self.place = Place(state=root / "state", dag_folders=(Path(HOME) / "pipelines",), pools=POOLS, has_config=True)
        self.catalog = catalog_of(name)
        self._is_acting = False

    async def __aenter__(self) -> World:
        if self.name != "gone":
            await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    # --- the daemon ---------------------------------------------------------------------------------------------------
    async def up(self) -> None:
        """Start it, or start it again."""
        state = self.place.state
        self._lock = StateLock(state)
        await asyncio.to_thread(self._lock.take, role=DAEMON_ROLE)
        self.store = Store.open(state / "flowlite.db")
        settings = EngineSettings(state_dir=state, pools=POOLS)
        self.engine = Engine(self.store, settings, self.clock)
        self.engine._carrier.executors.shutdown(leave_processes=False)
        self.still = Stillness()
        self.engine._carrier.executors = self.still
        hooks = Hooks(shutdown=lambda how: self.asked.append(Asked("shutdown", {"how": how})),
                      desk=lambda caller: NotingDesk(self, caller))  # fmt: skip
        self.api: Api | None = Api(self.engine, self.catalog, self.place, hooks)
        await self.api.start()

    async def down(self) -> None:
        """It ends. May be called twice."""
        api, self.api = getattr(self, "api", None), None
        if api is None:
            return
        await api.stop()
        if self._is_acting:
            await self.engine.abandon()
        self.store.close()
        self._lock.give_back()

    @property
    def socket(self) -> Path:
        """Where it is heard."""
        return self.place.state / SOCKET

    @property
    def remote(self) -> RemoteDesk:
        """All verbs, over the socket."""
        return RemoteDesk(Line(self.socket))

    # --- time ---------------------------------------------------------------------------------------------------------
    async def advance(self, **by: float) -> int:
        """Let timedelta(**by) go by; how many events that brought."""
        self.clock.at += timedelta(**by).total_seconds()
        later = self.root / "later.db"
        if self._is_acting or not later.exists():
            return 0
        since, self._happened = self._happened, self.clock.at
        count = await asyncio.to_thread(happen, self.place.state / "flowlite.db", later, since, self.clock.at)
        grow_logs(self._archive, self.place.state, self.clock.at)
        self.wake()
        return count

    async def last_event(self) -> int:
        """The number of the newest: whoever follows the stream is up to date once it has this one."""
        return await self.store.views.last_event()

    def wake(self) -> None:
        """There are new events: whoever follows the stream looks."""
        if self.api is not None:
            for news in self.api._events._news:
                news.set()

    # --- acting -------------------------------------------------------------------------------------------------------
    def desk(self, by: str = "anna", known_as: Sequence[str] = ()) -> Desk:
        """The real one."""
        return Desk(self.engine, self.catalog, by, known_as=known_as)

    async def act(self) -> None:
        """Start the engine. What the state has as running seems to run on."""
        if not self._is_acting:
            self._is_acting = True
            await self.engine.start(self.catalog.dags.values())

    async def end(self, task_id: str, outcome: str = "success", *, message: str = "it went wrong") -> None:
        """End an attempt that seems to run: the one whose name holds `/task_id`."""
        key = next(key for key, order in self.still.orders.items() if f"/{task_id}" in order.name)
        order = self.still.orders.pop(key)
        error = None if outcome == "success" else plain_error("ValueError", message)
        self.engine._carrier._ended([Ended(order.key, Outcome(outcome), Evidence(error=error, result="null"))])
        await self.engine.send_and_wait()
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was asked for is in the state."""
        while not self.engine._inbox.is_idle or self.engine._carrier._errands:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.001)
