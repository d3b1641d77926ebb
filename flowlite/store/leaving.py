"""What retention asks of a store: each verb is one small unit of work, and the pauses in between are the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flowlite.store import prune
from flowlite.store.prune import RUNS_AT_A_TIME, Leaving
from flowlite.store.shown import Ask
from flowlite.store.writer import Writer


class Departures:
    """Of one store. Verbs that answer True have more to do."""

    def __init__(self, writer: Writer, ask: Ask) -> None:
        self._writer, self._ask = writer, ask

    async def old_runs(self, ended_before: float, keep_runs: int, among: Sequence[int] | None = None) -> list[int]:
        """Finished runs that ended before then (those `among` these, if given), without the newest of each DAG, oldest
        first."""
        return await self._ask(prune.old_runs(ended_before, keep_runs, among))

    async def dags_of(self, runs: Sequence[int]) -> dict[int, str]:
        """The DAGs of these runs; those that are not there are left out."""
        return await self._ask(prune.dags_of(runs))

    async def take_out(self, runs: Sequence[int]) -> int:
        """A few runs (RUNS_AT_A_TIME) leave; those that have been cleared meanwhile stay. How many."""
        assert len(runs) <= RUNS_AT_A_TIME
        return await self._writer.ask(partial(prune.take_out, runs=runs), writes=True)

    async def remove_rows(self) -> bool:
        """Of those that are leaving."""
        return await self._writer.ask(prune.remove_rows, writes=True)

    async def leaving(self) -> list[Leaving]:
        """Those that are on their way."""
        return await self._ask(prune.leaving())

    async def gone(self, runs: Sequence[int]) -> None:
        """Nothing of them is left, no file either."""
        await self._writer.ask(partial(prune.gone, runs=runs), writes=True)

    async def remove_events(self, before: float) -> bool:
        """Old ones."""
        return await self._writer.ask(partial(prune.remove_events, before=before), writes=True)

    async def remove_intervals(self, before: float) -> bool:
        """Decided long ago."""
        return await self._writer.ask(partial(prune.remove_intervals, before=before), writes=True)

    async def remove_the_told(self, before: float) -> None:
        """Messages that went out, backfills whose runs have left, versions that nothing uses."""
        await self._writer.ask(partial(prune.remove_the_told, before=before), writes=True)

    async def give_back(self) -> bool:
        """Free pages, to the file system."""
        return await self._writer.ask(prune.give_back, writes=True)
