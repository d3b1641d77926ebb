"""The reader: keeps what the terminal UI knows as the daemon has it. One stream of events feeds every model; what
events do not say is asked for, never more often than anybody could look."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from flowlite.client.remote_line import DaemonLeft, DaemonSilent
from flowlite.core.errors import FlowliteError
from flowlite.tui.model.backfill import BackfillModel
from flowlite.tui.model.feed import Feed
from flowlite.tui.model.grid import PAGE, GridModel
from flowlite.tui.model.run import RunModel
from flowlite.tui.model.world import World

K = TypeVar("K")
M = TypeVar("M")
RUNS_EACH = 30
SILENCE_S = 25.0  # the daemon gives a sign of life every 15
AGAIN_S = 0.2
HISTORY = 4_000  # events
OPEN_RUNS = 6  # that are kept up to date, those looked at last
OPEN_GRIDS = 3
AWAY = (DaemonLeft, DaemonSilent, OSError)


class Asked(Protocol):
    """What is asked of a client; see `Remote`."""

    async def raw(self, verb: str, **named: Any) -> Any:
        """The JSON of an answer."""
        ...

    def raw_items(self, verb: str, **named: Any) -> Any:
        """The JSON of one that comes bit by bit."""
        ...


@dataclass(slots=True)
class Errand:
    """Something to ask for when it is wanted, at most every `every_s`."""

    is_wanted: Callable[[], bool]
    go: Callable[[], Awaitable[None]]
    every_s: float
    last: float = -1e9


class Reader:
    """`live` for as long as the screens do. `heard` is called when something has changed.

    `is_live`: what is known is what is. Else nothing has been heard since `lost_at`.
    """

    def __init__(
        self, remote: Asked, world: World, heard: Callable[[], None], *, clock: Callable[[], float] = time.time,
        is_far: bool = False,
    ) -> None:  # fmt: skip
        self._is_far = is_far  # on another machine, whose clock may differ from ours
        self._remote, self.world, self._heard, self._clock = remote, world, heard, clock
        self.runs: dict[int, RunModel] = {}
        self.grids: dict[str, GridModel] = {}
        self.backfills: dict[int, BackfillModel] = {}
        self.feed = Feed()
        self.wants_history = False  # somebody looks at the feed: what was before should be asked for
        self._has_history = False
        self.is_live, self.was_live = False, False
        self.seq = 0  # of the last event that was heard
        self.lost_at: float | None = None
        self.trouble = ""
        self._ahead_s = 0.0  # the daemon's clock before ours
        self._wake, self._is_asking = asyncio.Event(), False
        self._errands = [
            Errand(lambda: self.world.is_old, self._renew, 0.3),
            Errand(lambda: bool(self.world.wanted), self._ask_runs, 0.1),
            Errand(lambda: any(run.is_old for run in self.runs.values()), self._ask_whole, 0.0),
            Errand(lambda: any(run.is_stale for run in self.runs.values()), self._ask_told, 0.25),
            Errand(lambda: any(grid.is_old or grid.wants_more for grid in self.grids.values()), self._ask_grids, 0.0),
            Errand(lambda: any(grid.wanted for grid in self.grids.values()), self._ask_grid_rows, 0.5),
            Errand(lambda: any(one.is_old for one in self.backfills.values()), self._ask_backfills, 0.3),
            Errand(lambda: self.wants_history and not self._has_history, self._ask_history, 1.0),
            Errand(lambda: self.world.is_stale, self._ask_current, 0.7),
            Errand(lambda: self.world.is_miscounted, self._ask_counts, 5.0),
        ]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is being asked for, and nothing is to be."""
        is_open = any(errand.is_wanted() for errand in self._errands)
        return not self._is_asking and not self._wake.is_set() and not (self.is_live and is_open)

    def now(self) -> float:
        """The time as the daemon has it."""
        return self._clock() + self._ahead_s

    def run(self, id_: int) -> RunModel:
        """A run, kept up to date from now on; its snapshot comes when it comes."""
        return self._kept(self.runs, id_, RunModel, OPEN_RUNS)

    def grid(self, dag_id: str) -> GridModel:
        """The grid of a DAG, kept up to date from now on."""
        return self._kept(self.grids, dag_id, GridModel, OPEN_GRIDS)

    def backfill(self, id_: int) -> BackfillModel:
        """A backfill, kept up to date from now on."""
        return self._kept(self.backfills, id_, BackfillModel, OPEN_GRIDS)

    def _kept(self, kept: dict[K, M], key: K, make: Callable[[K], M], most: int) -> M:
        """Of those looked at last."""
        if kept and next(reversed(kept)) == key:
            return kept[key]
        found = kept.pop(key, None) or make(key)
        kept[key] = found
        while len(kept) > most:
            del kept[next(iter(kept))]
        self.wake()
        return found

    def wake(self) -> None:
        """There may be something to ask for."""
        self._wake.set()

    # --- the stream ---------------------------------------------------------------------------------------------------
    async def live(self) -> None:
        """For ever; ends when it is cancelled."""
        running_errands = asyncio.create_task(self._run_errands(), name="flowlite tui errands")
        try:
            while True:
                try:
                    await self._follow()
                except (*AWAY, FlowliteError) as error:  # it says so when it goes down in order
                    self._lost(error)
                    await asyncio.sleep(AGAIN_S)
        finally:
            running_errands.cancel()
            await asyncio.wait([running_errands])

    async def _follow(self) -> None:
        """From a snapshot on, until the stream ends."""
        await self._renew()
        for run in self.runs.values():
            run.is_old = True
        for grid in self.grids.values():
            grid.is_old = True
        for backfill in self.backfills.values():
            backfill.is_old = True
        self.is_live, self.was_live, self.lost_at, self.trouble = True, True, None, ""
        self.wake()
        self._heard()
        items = cast(
            "AsyncGenerator[Any, None]", self._remote.raw_items("events", after=self.world.seq, is_merged=True)
        )
        async with aclosing(items):
            while True:
                async with asyncio.timeout(SILENCE_S):
                    said = await anext(items, None)
                if said is None:
                    raise DaemonLeft("the daemon ended the stream of events")
                if said.get("is_cut_off"):
                    return
                self.seq = said["seq"]
                self._hear(said["events"])

    def _hear(self, events: list[Mapping[str, Any]]) -> None:
        if not events:
            return
        self.feed.hear(events)
        for event in events:
            self.world.apply(event)
            for backfill in self.backfills.values():
                backfill.apply(event)
            if event["run_id"] is None:
                continue
            if (run := self.runs.get(int(event["run_id"]))) is not None:
                run.apply(event)
            if (grid := self.grids.get(event["dag_id"])) is not None:
                grid.apply(event)
        self.wake()
        self._heard()

    def _lost(self, error: Exception) -> None:
        self.trouble = str(error) or type(error).__name__
        if self.lost_at is None:
            self.lost_at = self._clock()
        self.is_live = False
        self._heard()

    # --- errands ------------------------------------------------------------------------------------------------------
    async def _run_errands(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            for errand in self._errands:
                if not (self.is_live and errand.is_wanted()):
                    continue
                left_s = errand.last + errand.every_s - loop.time()
                if left_s > 0:
                    loop.call_later(left_s, self.wake)
                    continue
                errand.last = loop.time()
                self._is_asking = True
                try:
                    await errand.go()
                except AWAY:
                    continue  # the stream notices, too, and begins anew
                except FlowliteError as error:
                    self.trouble = str(error)
                finally:
                    self._is_asking = False
                self._heard()
                if errand.is_wanted():
                    loop.call_later(errand.every_s, self.wake)

    async def _renew(self) -> None:
        told = await self._remote.raw("snapshot", last=RUNS_EACH)
        if self._is_far:
            self._ahead_s = told["at"] - self._clock()
        self.world.take(told)

    async def _ask_runs(self) -> None:
        wanted = sorted(self.world.wanted)[-500:]
        self.world.wanted.difference_update(wanted)
        self.world.take_runs(await self._remote.raw("run_rows", ids=wanted))

    async def _ask_current(self) -> None:
        self.world.is_stale = False
        self.world.take_current(await self._remote.raw("current"))

    async def _ask_counts(self) -> None:
        self.world.take_counts((await self._remote.raw("snapshot", last=1))["counts"])

    async def _ask_whole(self) -> None:
        for run in [run for run in self.runs.values() if run.is_old]:
            try:
                run.take(await self._remote.raw("run_snapshot", run=run.id))
            except AWAY:
                raise
            except FlowliteError as error:
                run.refuse(str(error))

    async def _ask_told(self) -> None:
        for run in [run for run in self.runs.values() if run.is_stale]:
            run.is_stale = False
            run.take_told(await self._remote.raw("told", run=run.id, since=run.told_until))

    async def _ask_grids(self) -> None:
        for grid in [grid for grid in self.grids.values() if grid.is_old or grid.wants_more]:
            try:
                if grid.is_old:
                    grid.take(await self._remote.raw("grid", dag_id=grid.dag_id, last=PAGE))
                elif grid.columns:
                    before = grid.columns[0].run.id
                    grid.extend(await self._remote.raw("grid", dag_id=grid.dag_id, last=PAGE, before=before))
                grid.wants_more = False
            except AWAY:
                raise
            except FlowliteError as error:
                grid.refuse(str(error))

    async def _ask_grid_rows(self) -> None:
        for grid in [grid for grid in self.grids.values() if grid.wanted]:
            wanted = sorted(grid.wanted)[-PAGE:]
            grid.wanted.difference_update(wanted)
            grid.take_rows(await self._remote.raw("grid", dag_id=grid.dag_id, ids=wanted))

    async def _ask_backfills(self) -> None:
        for one in [one for one in self.backfills.values() if one.is_old]:
            try:
                one.take(await self._remote.raw("backfill", backfill=one.id))
            except AWAY:
                raise
            except FlowliteError as error:
                one.refuse(str(error))

    async def _ask_history(self) -> None:
        """Of what was before the snapshot: the stream tells that, too, to whoever begins earlier; but not what is so
        old that it is not kept any more."""
        self._has_history = True
        back = HISTORY
        while back and not await self._heard_back_to(back):
            back //= 2

    async def _heard_back_to(self, back: int) -> bool:
        """So many events; whether all of them are still kept."""
        until = self.world.seq
        items = cast("AsyncGenerator[Any, None]", self._remote.raw_items("events", after=max(0, until - back)))
        async with aclosing(items):
            async for said in items:
                if said.get("is_cut_off"):
                    return False
                self.feed.hear(said["events"])
                if said["seq"] >= until:
                    break
        return True
