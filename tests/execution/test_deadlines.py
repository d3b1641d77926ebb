"""Deadlines: reached in order, only by the living, and the dead do not pile up."""

from __future__ import annotations

import asyncio

from flowlite.execution.deadlines import SPARE, Deadlines


async def test_the_living_are_reached_in_order_of_time():
    reached: list[str] = []
    live = {"a", "b", "c"}
    over = asyncio.Event()

    def reach(name: str) -> None:
        reached.append(name)
        live.discard(name)
        if not live:
            over.set()

    deadlines = Deadlines(reach, live.__contains__, live.__len__)
    loop = asyncio.get_running_loop()
    for seconds, name in [(0.03, "c"), (0.01, "a"), (0.02, "gone"), (0.02, "b")]:
        deadlines.add(loop, seconds, name)
    await asyncio.wait_for(over.wait(), 5)
    assert reached == ["a", "b", "c"]


async def test_the_dead_are_dropped():
    deadlines = Deadlines(lambda number: None, lambda number: False, lambda: 0)
    loop = asyncio.get_running_loop()
    for number in range(10 * SPARE):
        deadlines.add(loop, 3600.0, number)
        assert len(deadlines._heap) <= SPARE + 1
