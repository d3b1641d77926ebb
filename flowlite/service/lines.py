"""Pools and the lines in front of them, as whoever reads the state sees them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from flowlite.core.pools import DEFAULT_SLOTS
from flowlite.engine.queueing import Lengths, Standing, line_of, starts
from flowlite.service.errors import Unknown, among
from flowlite.service.records import InLine, PoolQueue, PoolUse, SlotHolder
from flowlite.store.shown_queue import Busy, Length, Waiting
from flowlite.store.views import PoolView

if TYPE_CHECKING:
    from flowlite.core.graph import Graph
    from flowlite.store.shown import Views

FRESH_S = 30.0  # so long is a length that was measured good enough
NEVER = float("-inf")
MOST_MEASURED = 200  # tasks at a time: of a line with more kinds of work, the others count as half of these

GraphOf = Callable[[int], Awaitable["Graph"]]  # by version
StillHeld = Callable[[str], Sequence[Busy]]  # by pool: what attempts hold that are over, with threads that go on


class Lines:
    """`configured`: the sizes of pools in flowlite.toml. Only an engine knows of slots that are `still_held`."""

    def __init__(
        self, views: Views, graph_of: GraphOf, configured: Mapping[str, int], now: Callable[[], float],
        still_held: StillHeld = lambda pool: (),
    ) -> None:  # fmt: skip
        self._views, self._graph_of, self.configured, self.still_held = views, graph_of, configured, still_held
        self._now = now
        self._measured: dict[tuple[str, str], tuple[float, Length | None]] = {}

    async def pools(self) -> list[PoolUse]:
        """Every pool with who holds its slots, by name."""
        used, queued, holders = Counter[str](), Counter[str](), dict[str, list[str]]()
        for pool, state, run, task_id, number, slots in await self._views.in_pools():
            if state == "queued":
                queued[pool] += number
            else:
                used[pool] += slots
                holders.setdefault(pool, []).append(f"run {run} {task_id}")
        sizes = await self._sizes({*used, *queued})
        for pool in sizes:
            for one in self.still_held(pool):
                used[pool] += one.slots
                holders.setdefault(pool, []).append(f"run {one.run_id} {one.name} (its thread has not returned)")
        return [
            PoolUse(
                name=name, size=pool.size, used=used[name], queued=queued[name], is_by_hand=pool.is_by_hand,
                holders=tuple(holders.get(name, ())),
            )
            for name, pool in sorted(sizes.items())
        ]  # fmt: skip

    async def _sizes(self, in_use: Iterable[str]) -> dict[str, PoolView]:
        """What a person set, else what the configuration says, else what was written once, else the default."""
        given = {name: PoolView(name=name, size=DEFAULT_SLOTS, is_by_hand=False) for name in in_use}
        configured = {
            name: PoolView(name=name, size=size, is_by_hand=False) for name, size in self.configured.items()
        }  # fmt: skip
        known = await self._views.pools()
        return {**given, **known, **configured, **{name: pool for name, pool in known.items() if pool.is_by_hand}}

    async def queue(self, name: str, limit: int) -> PoolQueue:
        """A pool, who holds its slots, and the head of the line in front of it. Raises Unknown."""
        holding, line, lengths = await self.standing(name)
        sizes = await self._sizes([name] if holding or line else ())
        if name not in sizes:
            raise Unknown(f"there is no pool {name!r}; {among(name, sizes)}")
        size = sizes[name].size
        likely = starts(self._now(), size, holding, line, lengths, limit)
        return PoolQueue(
            name=name, size=size, used=sum(one.slots for one in holding),
            queued=sum(one.waiting.number for one in line), is_by_hand=sizes[name].is_by_hand,
            holders=tuple(holder(one, lengths) for one in holding),
            line=tuple(await self._head(line, likely)),
        )  # fmt: skip

    async def _head(self, line: Sequence[Standing], likely: Sequence[float | None]) -> list[InLine]:
        """One by one, as many as there are times for."""
        found: list[InLine] = []
        for standing in line:
            one, left = standing.waiting, len(likely) - standing.before
            if left <= 0:
                break
            members = await self._views.queued_of(one.run_id, one.task_no, min(left, one.number))
            found += [
                in_line(standing, place, index, since, likely[place])
                for place, (index, since) in enumerate(members, standing.before)
            ]
        return found

    async def standing(self, pool: str) -> tuple[list[Busy], list[Standing], Lengths]:
        """Who holds slots of a pool, who waits for them in order, and how long such work takes."""
        holding = [*await self._views.busy(pool), *self.still_held(pool)]
        waiting = await self._views.in_line(pool)
        graphs = {version: await self._graph_of(version) for version in {one.version for one in waiting}}
        line = line_of(waiting, graphs)
        return holding, line, await self._lengths([*holding, *(one.waiting for one in line)])

    async def _lengths(self, of: Iterable[Busy | Waiting]) -> Lengths:
        """Measured anew after a while: a screen asks every second, and lengths don't change that fast."""
        now = time.monotonic()
        wanted = list(dict.fromkeys((one.dag_id, one.name) for one in of))[:MOST_MEASURED]
        missing = [key for key in wanted if now - self._measured.get(key, (NEVER, None))[0] > FRESH_S]
        if missing:
            found = await self._views.lengths(missing)
            self._measured.update((key, (now, found.get(key))) for key in missing)
        return {key: length for key in wanted if (length := self._measured[key][1]) is not None}


def holder(one: Busy, lengths: Mapping[tuple[str, str], Length]) -> SlotHolder:
    """With how long it usually takes."""
    usual = lengths.get((one.dag_id, one.name))
    return SlotHolder(
        run_id=one.run_id, dag_id=one.dag_id, task_id=one.name, map_index=one.map_index, attempt=one.attempt,
        slots=one.slots, since=one.started_at, p50_s=usual and usual.p50_s, p95_s=usual and usual.p95_s,
        is_over=one.is_over,
    )  # fmt: skip


def in_line(standing: Standing, place: int, index: int, since: float, expected_at: float | None) -> InLine:
    """One of those that stand behind one another; `place` counts from 0 here."""
    one = standing.waiting
    return InLine(
        place=place + 1, run_id=one.run_id, dag_id=one.dag_id, task_id=one.name, map_index=index, slots=one.slots,
        priority=standing.priority, is_backfill=standing.is_backfill, since=since, expected_at=expected_at,
    )  # fmt: skip
