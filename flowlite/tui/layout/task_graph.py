"""The tasks of a DAG and who waits for whom, as screens get them: in columns, by the number of the task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from flowlite.tui.layout.layers import Links, in_order, turned


@dataclass(frozen=True)
class TaskGraph:
    """`upstream` holds numbers, `maps` the numbers of tasks that run once for each element. What stands before the last
    dot of an id is the group. Without loops, as the engine lets no other DAG in."""

    ids: tuple[str, ...]
    upstream: tuple[tuple[int, ...], ...]
    maps: frozenset[int] = frozenset()

    @cached_property
    def downstream(self) -> Links:
        """The same edges the other way round."""
        return turned(self.upstream)

    @cached_property
    def order(self) -> list[int]:
        """Upstream first."""
        return in_order(self.upstream, self.downstream)

    @cached_property
    def depth(self) -> list[int]:
        """How many steps at most lead to each task."""
        depth = [0] * len(self.ids)
        for number in self.order:
            depth[number] = max((depth[up] + 1 for up in self.upstream[number]), default=0)
        return depth

    @cached_property
    def number(self) -> dict[str, int]:
        """Of each id."""
        return {id_: number for number, id_ in enumerate(self.ids)}

    def group(self, number: int) -> str:
        """The one that a task is in, as `silver.daily`; "" for none."""
        return self.ids[number].rpartition(".")[0]

    def name(self, number: int) -> str:
        """Its id without the group."""
        return self.ids[number].rpartition(".")[2]


def reached(links: Links, starts: Iterable[int], steps: int | None = None) -> set[int]:
    """These and all that some steps along the links lead to; None: any number of steps."""
    seen = set(starts)
    edge: Sequence[int] = sorted(seen)
    while edge and steps != 0:
        edge = [other for other in dict.fromkeys(o for number in edge for o in links[number]) if other not in seen]
        seen.update(edge)
        steps = None if steps is None else steps - 1
    return seen
