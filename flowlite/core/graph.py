"""The shape of a DAG as the machine needs it: who waits for whom, and which facts about a result it must be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from flowlite.core import graph_text
from flowlite.core.edges import in_order, ranks, turned
from flowlite.core.graph_checks import check_no_loop, check_tasks
from flowlite.core.retry import Backoff
from flowlite.core.tasks import CHOSEN, BadGraph, Each, Fact, Task, facts_asked, pair_upstream, shared_upstream

__all__ = ["BadGraph", "Each", "Fact", "Graph", "Task"]

CHOICES_KEPT = 256


class Graph:
    """Tasks by number, edges as tuples of numbers: per event the machine touches only a task's own edges.

    `shared[n]`: upstream that every instance of n waits for; `pairs[n]`: upstream whose element i is waited for by
    element i only; `down` and `pair_down` are the same edges turned round. `groups`: what retries as a unit.
    """

    def __init__(
        self,
        dag_id: str,
        tasks: Iterable[Task],
        *,
        max_active_runs: int = 1,
        priority: int = 0,
        then: tuple[str, ...] = (),
        sla_s: float | None = None,
        timeout_s: float | None = None,
        groups: Mapping[str, Backoff] | None = None,
    ) -> None:
        self.dag_id, self.tasks = dag_id, tuple(tasks)
        self.max_active_runs, self.priority, self.then = max_active_runs, priority, tuple(then)
        self.sla_s, self.timeout_s, self.groups = sla_s, timeout_s, dict(groups or {})
        self.number = {task.id: number for number, task in enumerate(self.tasks)}
        check_tasks(dag_id, self.tasks, self.groups)
        self.shared = [self._numbers(shared_upstream(task)) for task in self.tasks]
        self.pairs = [self._numbers(pair_upstream(task)) for task in self.tasks]
        self.down, self.pair_down = turned(self.shared), turned(self.pairs)
        self.order = in_order(self.shared, self.pairs)
        check_no_loop(self, self.order)
        self.rank = ranks(self.pairs, self.order)
        self.leaves = [n for n in range(len(self.tasks)) if not self.down[n] and not self.pair_down[n]]
        self.branches = [tuple(up for up in ups if self.tasks[up].is_branch) for ups in self.shared]
        self.chains = [self._chain(task.group) for task in self.tasks]
        self.is_gated = [
            bool(task.when or branches or chain)
            for task, branches, chain in zip(self.tasks, self.branches, self.chains, strict=True)
        ]
        self._followed: dict[tuple[int, tuple[str, ...]], frozenset[int]] = {}

    def _numbers(self, ids: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.number[id_] for id_ in dict.fromkeys(ids))

    def _chain(self, group: str | None) -> tuple[str, ...]:
        """The groups that retry around a task, innermost first: a group is a prefix of ids and nothing more."""
        if group is None:
            return ()
        around = [name for name in self.groups if f"{group}.".startswith(f"{name}.")]
        return tuple(sorted(around, key=len, reverse=True))

    @cached_property
    def facts(self) -> list[frozenset[str]]:
        """For each task, what execution must report of its result. A result without them fails the attempt there."""
        wanted: list[set[str]] = [set() for _ in self.tasks]
        for number, task in enumerate(self.tasks):
            for fact in facts_asked(task):
                wanted[self.number[fact.task]].add(fact.key)
            if task.is_branch:
                wanted[number].add(CHOSEN)
        return [frozenset(keys) for keys in wanted]

    @cached_property
    def deadlines(self) -> list[tuple[int, float]]:
        """Task number (-1: the run) and seconds from the run's base."""
        own = [(-1, self.sla_s)] if self.sla_s is not None else []
        return own + [(n, task.sla_s) for n, task in enumerate(self.tasks) if task.sla_s is not None]

    def needed_by(self, names: Iterable[str]) -> set[int]:
        """The numbers of these tasks and groups, and of everything upstream of them."""
        seen = {number for name in names for number in self.select(name)}
        stack = list(seen)
        while stack:
            number = stack.pop()
            fresh = {*self.shared[number], *self.pairs[number]} - seen
            seen |= fresh
            stack.extend(fresh)
        return seen

    def select(self, name: str) -> list[int]:
        """A task by its id, or everything in a group."""
        return [n for n, task in enumerate(self.tasks) if task.id == name or task.id.startswith(f"{name}.")]

    def reach(self, ids: Iterable[str]) -> set[int]:
        """These tasks and all that lies downstream of them; ids that are not there reach nothing."""
        seen = {self.number[id_] for id_ in ids if id_ in self.number}
        stack = list(seen)
        while stack:
            number = stack.pop()
            fresh = {*self.down[number], *self.pair_down[number]} - seen
            seen |= fresh
            stack.extend(fresh)
        return seen

    def followed(self, branch: int, chosen: Iterable[str]) -> frozenset[int]:
        """Which tasks directly downstream of a branch go on, given its choice. Remembered: a walk costs O(graph)."""
        key = (branch, tuple(chosen))
        found = self._followed.get(key)
        if found is None:
            if len(self._followed) >= CHOICES_KEPT:
                self._followed.clear()
            found = self._followed[key] = frozenset(self.reach(key[1]).intersection(self.down[branch]))
        return found

    def to_json(self) -> str:
        """The stored plan: a run keeps the version of its DAG. The same graph gives the same text."""
        return graph_text.write(self)

    @classmethod
    def from_json(cls, text: str) -> Graph:
        """The graph that to_json wrote."""
        options, tasks = graph_text.read(text)
        return cls(tasks=tasks, **options)
