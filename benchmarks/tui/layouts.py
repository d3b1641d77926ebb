"""How long it takes to lay out the picture of a DAG."""

from __future__ import annotations

import time
from collections.abc import Iterable

from benchmarks.tui.figures import Figure, at_most, median
from flowlite.tui.layout.drawing import Drawing
from flowlite.tui.layout.view import whole
from tests.tui.layout.shapes import grown

GOALS_MS = {120: 30, 400: 150, 1_000: 600}


def layouts(*, rounds: int) -> Iterable[Figure]:
    """Of three sizes."""
    for tasks, goal in GOALS_MS.items():
        graph = grown(tasks)
        took = []
        for _ in range(rounds):
            began = time.perf_counter()
            Drawing(whole(graph, {}, ()))
            took.append((time.perf_counter() - began) * 1e3)
        yield at_most(f"layout of {tasks:,} tasks, median", median(took), goal, "ms", f"   best {min(took):.0f}")
