"""The daemon: one engine on one state folder with all that keeps it company, from `flowlite up` to its end.

What it starts last, it stops first. Recovery comes before anything is scheduled, the API after both.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

from flowlite.config import Settings, use_everywhere
from flowlite.core.errors import FlowliteError
from flowlite.engine.clock import Clock, WallClock
from flowlite.engine.engine import Engine
from flowlite.engine.lock import StateLock, pid_of
from flowlite.engine.printing import prints_go_to_logs
from flowlite.engine.scheduling import AlarmClock, Scheduler
from flowlite.engine.settings import EngineSettings
from flowlite.loading.catalog import Catalog, load_folder
from flowlite.service import systemd
from flowlite.service.alerts.telling import Telling
from flowlite.service.desk import Desk
from flowlite.service.folder import DagFolder, keep_problems
from flowlite.service.keeping import Keeper, as_told, removed_told
from flowlite.service.notes import Note, Notes, Tell
from flowlite.service.places import Place
from flowlite.service.presence import DAEMON_ROLE
from flowlite.service.reading import Reading
from flowlite.store.errors import StoreError
from flowlite.store.store import Store

__all__ = ["Daemon", "Leave", "NotUp", "pid_of"]

FILE = "flowlite.db"
PATIENCE_S = 2.0  # with whoever holds the state file, before the daemon says so; it goes on trying
KEEP_FIRST_S, KEEP_EVERY_S = 300.0, 3600.0
MORE_TIME_S = 60  # that systemd is asked for, again and again, before it kills a daemon that winds down
DRAIN_S = 30.0  # what runs inside the daemon has so long to end by itself


Configured = Callable[[], tuple[Place, Settings]]


class Leave(StrEnum):
    """How to stop. `leave`: what runs inside the daemon gets its time, processes go on without it. `drain`: wait for
    all. `kill`: stop all."""

    LEAVE = "leave"
    DRAIN = "drain"
    KILL = "kill"


class Daemon:
    """`await live(ready)` is its whole life. Raises StateInUse, StoreError, or what the engine died of."""

    def __init__(
        self, place: Place, settings: Settings, tell: Tell, *, read: Configured | None = None, drain_s: float = DRAIN_S,
        clock: Clock | None = None, alarm: AlarmClock | None = None,
    ) -> None:  # fmt: skip
        """`read` reads the configuration again; without it only DAG files can be. `clock` and `alarm`: in the place of
        the real time, for the engine and for the scheduler."""
        self.place, self.settings, self._tell, self._drain_s = place, settings, tell, drain_s
        self._read, self._clock, self._alarm = read, clock or WallClock(), alarm
        self._reread = asyncio.Event()
        self.since = time.time()
        self.catalog = Catalog()
        self._wish: Leave | None = None
        self._asked, self._hurried = asyncio.Event(), asyncio.Event()
        self._trouble = ""

    # --- life ---------------------------------------------------------------------------------------------------------
    async def live(self, ready: Callable[[], None]) -> None:
        """From its start to its end; `ready` is called once it works."""
        systemd.take_over()
        async with AsyncExitStack() as stack:
            stack.enter_context(prints_go_to_logs())
            await self._start(stack)
            ready()
            systemd.notify(f"READY=1\nSTATUS={len(self.catalog.dags)} DAGs")
            await self._work()
            systemd.notify("STOPPING=1")
            asking = asyncio.create_task(self._ask_for_time())
            try:
                await self._wind_down()
            finally:
                asking.cancel()

    def stop(self, how: Leave) -> None:
        """Ask for the end. Asked again, it waits no longer for what runs inside."""
        if self._asked.is_set():
            self._hurried.set()
        if self._wish is not Leave.KILL:
            self._wish = how
        if how is Leave.KILL:
            self._hurried.set()
        self._asked.set()

    @property
    def is_leaving(self) -> bool:
        """Somebody has asked for the end."""
        return self._asked.is_set()

    async def _start(self, stack: AsyncExitStack) -> None:
        self.place.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = StateLock(self.place.state)
        lock.take(role=DAEMON_ROLE)
        stack.callback(lock.give_back)
        rooms = asyncio.create_task(asyncio.to_thread(import_module, "flowlite.service.api.api"))
        loaded_at = time.time()
        loading = asyncio.create_task(asyncio.to_thread(load_folder, self.place.dag_folders, self.place.defaults))
        self.store = Store.open(self.place.state / FILE, durability=self.place.durability, patience_s=PATIENCE_S)
        stack.callback(self.store.close)
        await self._take(await loading)
        await self._start_engine(stack)
        self.scheduler = Scheduler(self.engine, self._alarm)
        await self.scheduler.start()
        stack.push_async_callback(self.scheduler.stop)
        self.folder = DagFolder(self.place, self.catalog, self.scheduler, self.store, self.tell, loaded_at=loaded_at)
        self.folder.start()
        stack.push_async_callback(self.folder.stop)
        self.telling.start()
        stack.push_async_callback(self.telling.stop)
        await self._start_api(stack, await rooms)

    async def _take(self, found: Catalog) -> None:
        self.catalog.become(found)
        self.catalog.remember(await self.store.views.dag_ids())
        await keep_problems(self.store, found)
        for problem in found.problems:
            self.tell("failed", str(problem))

    async def _start_engine(self, stack: AsyncExitStack) -> None:
        self.engine = Engine(self.store, self._for_engine(), self._clock)
        self.engine.be_patient()
        self.notes = Notes(self._tell, self.engine.machine.graphs)
        self.engine.listeners.append(self.notes.committed)
        self.engine.listeners.append(lambda commit: self._all_is_well())
        self.engine.trouble_listeners.append(self._in_trouble)
        self.reading = Reading(self.place.state, self.place.pools, now=self._clock.now)
        stack.callback(self.reading.close)
        self.telling = Telling(self.engine, self.reading, self.settings, self.tell)
        await self.engine.start(self.catalog.dags.values())
        self.notes.know(run.row() for run in self.engine.machine.runs.values())
        stack.push_async_callback(self._stop_engine)

    async def _start_api(self, stack: AsyncExitStack, module: Any) -> None:
        hooks = module.Hooks(
            shutdown=lambda how: self.stop(Leave(how)),
            desk=lambda caller: Desk(
                self.engine, self.catalog, caller.name, scheduler=self.scheduler, known_as=caller.known_as
            ),
            reload=self.reload,
        )
        self.api = module.Api(self.engine, self.catalog, self.place, hooks, self.settings.api)
        await self.api.start()
        stack.push_async_callback(self.api.stop)

    async def _work(self) -> None:
        """Until somebody asks for the end, or a part dies; then its error is raised."""
        parts: list[Awaitable[Any]] = [self._asked.wait(), self.engine.wait(), self.scheduler.wait()]
        parts += [self._give_signs_of_life(), self._read_when_asked(), self._keep()]
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()

    async def _give_signs_of_life(self) -> None:
        """From the engine's own loop: if that hangs, systemd hears nothing and starts us again."""
        every_s = systemd.watchdog_s()
        while every_s is not None:
            systemd.notify("WATCHDOG=1")
            await asyncio.sleep(every_s)
        await asyncio.Event().wait()

    async def _ask_for_time(self) -> None:
        """While the end waits for attempts, systemd is not to think that it hangs."""
        while True:
            systemd.notify(f"EXTEND_TIMEOUT_USEC={MORE_TIME_S * 1_000_000}")
            await asyncio.sleep(MORE_TIME_S / 3)

    # --- read again ---------------------------------------------------------------------------------------------------
    def read_again(self) -> None:
        """Ask for a `reload`, whose outcome is told."""
        self._reread.set()

    async def _read_when_asked(self) -> None:
        while True:
            await self._reread.wait()
            self._reread.clear()
            with suppress(FlowliteError, OSError):
                await self.reload()

    async def reload(self) -> None:
        """Read flowlite.toml and all DAG files again. What people set by hand stays. Raises ConfigError: then all goes
        on as before."""
        systemd.notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            if self._read is not None:
                await self._configure(*self._read())
            await self.folder.reload()
        except Exception as error:
            self.tell("failed", f"it can't all be read again: {error}")
            raise
        finally:
            systemd.notify(f"READY=1\nSTATUS={len(self.catalog.dags)} DAGs")

    async def _configure(self, place: Place, settings: Settings) -> None:
        was, changed = self.place, settings.changed_since(self.settings)
        self.place = replace(place, state=was.state, durability=was.durability)
        self.settings = settings
        use_everywhere(settings)
        said = f"changed: {', '.join(changed)}" if changed else "nothing has changed in it"
        self.tell("", f"the configuration is read again; {said}")
        for what, now, before in (("state", place.state, was.state), ("durability", place.durability, was.durability)):
            if now != before:
                self.tell("", f"{what} stays {before} until the next start")
        await self.engine.configure(self._for_engine())
        self.reading.lines.configured = place.pools
        await self.telling.configure(settings)
        self.folder.move(self.place)
        await self.api.configure(self.place, settings.api)

    def _for_engine(self) -> EngineSettings:
        place = self.place
        return EngineSettings(state_dir=place.state, pools=place.pools, secrets=place.secrets, env=place.env)

    # --- the end ------------------------------------------------------------------------------------------------------
    async def _wind_down(self) -> None:
        await self.scheduler.stop()
        if self._wish is Leave.KILL:
            return
        inside_only = self._wish is Leave.LEAVE
        if left := self.engine.at_work(inside_only=inside_only):
            until = f" for up to {self._drain_s:.0f} s" if inside_only else ""
            self.tell("", f"stopping; waiting{until} for {attempts(left)} to end; asked again, it waits no longer")
        draining = asyncio.ensure_future(
            self.engine.drain(inside_only=inside_only, within_s=self._drain_s if inside_only else None)
        )
        hurried = asyncio.ensure_future(self._hurried.wait())
        await asyncio.wait([draining, hurried], return_when=asyncio.FIRST_COMPLETED)
        for task in (draining, hurried):
            task.cancel()

    async def _stop_engine(self) -> None:
        leave = self._wish is not Leave.KILL
        left = self.engine.at_work() - self.engine.at_work(inside_only=True)
        await self.engine.stop(leave_processes=leave)
        if left and leave:
            self.tell("", f"{attempts(left)} go on in processes of their own; the next start takes them up")

    # --- how long things stay -----------------------------------------------------------------------------------------
    async def _keep(self) -> None:
        """By `[retention]` as it is then, once after the start and then each hour."""
        await asyncio.sleep(KEEP_FIRST_S)
        while True:
            try:
                keeper = Keeper(self.store, self.place.state, self.engine.clock.now)
                told = removed_told(await keeper.once(as_told(self.settings.retention)))
                if told:
                    self.tell("", told)
            except (FlowliteError, OSError) as error:
                self.tell("failed", f"what is old can't be removed: {error}")
            await asyncio.sleep(KEEP_EVERY_S)

    # --- what it says -------------------------------------------------------------------------------------------------
    def tell(self, state: str, text: str) -> None:
        """One line, now."""
        self._tell(Note(time.time(), state, text))

    def _in_trouble(self, error: StoreError) -> None:
        if str(error) != self._trouble:
            self._trouble = str(error)
            self.tell("failed", f"nothing can be written, and nothing new starts: {error}")

    def _all_is_well(self) -> None:
        if self._trouble:
            self._trouble = ""
            self.tell("success", "the state can be written again; going on")

    @property
    def pid(self) -> int:
        """Of this process."""
        return os.getpid()


def attempts(number: int) -> str:
    """`1 attempt`, `3 attempts`."""
    return f"{number} attempt{'' if number == 1 else 's'}"


class NotUp(FlowliteError):
    """There is no daemon to talk to."""

    def __init__(self, state: Path) -> None:
        super().__init__(f"no daemon works on {state}; start one with `flowlite up`")
