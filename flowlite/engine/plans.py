"""Plans: the DAGs that this engine can run, by the number of their version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from flowlite.authoring.bindings import upstream
from flowlite.authoring.dag import Dag
from flowlite.authoring.spec import Element, TaskSpec
from flowlite.core.graph import Graph


@dataclass(frozen=True, slots=True)
class Read:
    """A result that the arguments of a task are made of: of a whole task, or of the same element of a map."""

    task_id: str
    number: int
    is_paired: bool
    is_map: bool


@dataclass(frozen=True, eq=False)
class Plan:
    """One version of a DAG together with the code that carries it out."""

    version: int
    dag: Dag
    graph: Graph

    @cached_property
    def specs(self) -> tuple[TaskSpec | None, ...]:
        """The declared tasks by their number in the graph; None where today's file has the task no longer."""
        return tuple(self.dag.specs.get(task.id) for task in self.graph.tasks)

    @cached_property
    def reads(self) -> tuple[tuple[Read, ...], ...]:
        """For each task, the results that it is given."""
        return tuple(tuple(self._reads_of(spec)) if spec is not None else () for spec in self.specs)

    @cached_property
    def consumed(self) -> frozenset[int]:
        """Tasks whose results somebody reads: only these are kept in memory while a run lives."""
        return frozenset(read.number for reads in self.reads for read in reads)

    def _reads_of(self, spec: TaskSpec) -> Iterable[Read]:
        for bound in spec.arguments.values():
            is_paired = isinstance(bound, Element) and bound.is_paired
            for source in upstream(bound):
                number = self.graph.number[source.task]
                yield Read(source.task, number, is_paired, self.graph.tasks[number].over is not None)


class Plans:
    """Every version that was registered; the newest of each DAG is its current one."""

    def __init__(self) -> None:
        self._by_version: dict[int, Plan] = {}
        self._current: dict[str, Plan] = {}

    def add(self, plan: Plan, graphs: Mapping[int, Graph]) -> None:
        """Make it known, and current for its DAG.

        Older `graphs` of the same DAG stay as they are and get today's code, as they would after a restart.
        """
        for version, graph in graphs.items():
            if graph.dag_id == plan.dag.id:
                self._by_version[version] = Plan(version, plan.dag, graph)
        self._by_version[plan.version] = plan
        self._current[plan.dag.id] = plan

    def of(self, version: int) -> Plan | None:
        """The plan that a run was made from, or None if this process never loaded that version."""
        return self._by_version.get(version)

    def current(self, dag_id: str) -> Plan | None:
        """What a new run of this DAG is made from."""
        return self._current.get(dag_id)

    def all(self) -> Iterable[Plan]:
        """The current ones."""
        return self._current.values()
