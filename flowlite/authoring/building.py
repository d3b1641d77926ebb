"""A DAG in the making: its nodes, groups and edges, in the order of declaration."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flowlite.authoring.groups import Group
from flowlite.authoring.options import Options
from flowlite.authoring.problems import DeclarationError, Place, here
from flowlite.authoring.spec import Binding
from flowlite.core.graph import Each, Fact

CURRENT: ContextVar[Builder | None] = ContextVar("flowlite_building", default=None)


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """One declared task, before the DAG is closed."""

    builder: Builder
    id: str
    name: str  # the id without its groups
    kind: str
    options: Options
    place: Place
    group: Group | None = None
    after: dict[str, None] = field(default_factory=dict)
    over: tuple[int | Fact | Each, ...] | None = None
    when: tuple[Fact, ...] = ()
    arguments: Mapping[str, Binding] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)  # fields of TaskSpec that only this kind has
    is_branch: bool = False


class Builder:
    """Collects what is declared between the opening and the closing of one DAG."""

    def __init__(self, dag_id: str) -> None:
        self.dag_id = dag_id
        self.nodes: dict[str, Node] = {}
        self.groups: dict[str, Group] = {}
        self.group: Group | None = None
        self.edges: list[tuple[Node | Group, Node | Group, Place]] = []
        self._calls: dict[tuple[object, str], int] = {}
        self._token: Any = None

    def add_group(self, group: Group) -> None:
        """Take a new group in."""
        if group.id in self.groups or group.id in self.nodes:
            raise DeclarationError(
                f"the id {group.id!r} is taken in DAG {self.dag_id!r}", "give the group another name"
            )
        self.groups[group.id] = group

    def add(self, source: object, name: str, options: Options, **parts: Any) -> Node:
        """Take a new task in. A second call of the same `source` without an id of its own gets a number."""
        place = here()
        id_, name = self._free_id(source, name, options, place)
        node = Node(builder=self, id=id_, name=name, options=options, place=place, group=self.group, **parts)
        self.nodes[id_] = node
        return node

    def connect(self, before: Node | Group, after: Node | Group) -> None:
        """Remember an edge; groups are resolved when the DAG is complete."""
        self.edges.append((before, after, here()))

    def _free_id(self, source: object, name: str, options: Options, place: Place) -> tuple[str, str]:
        chosen = options.id or name
        number = 1 if options.id else self._calls.get((source, self._scoped(chosen)), 0) + 1
        if number > 1:
            while self._scoped(f"{chosen}_{number}") in self.nodes:
                number += 1
        if not options.id:
            self._calls[(source, self._scoped(chosen))] = number
        free = chosen if number == 1 else f"{chosen}_{number}"
        self._check_free(self._scoped(free), place)
        return self._scoped(free), free

    def _check_free(self, id_: str, place: Place) -> None:
        taken = self.nodes.get(id_) or self.groups.get(id_)
        if taken:
            raise DeclarationError(
                f"the id {id_!r} is taken in DAG {self.dag_id!r} (line {taken.place.line})",
                'give one of the two another: t.options(id="...")',
                place,
            )

    def _scoped(self, name: str) -> str:
        return f"{self.group.id}.{name}" if self.group else name

    def open(self) -> None:
        """From here on, task calls declare."""
        outer = CURRENT.get()
        if outer is not None:
            raise DeclarationError(
                f"DAG {self.dag_id!r} is opened inside DAG {outer.dag_id!r}",
                f'use trigger("{self.dag_id}") to start it',
            )
        self._token = CURRENT.set(self)

    def close(self) -> None:
        """From here on, task calls are plain calls again."""
        CURRENT.reset(self._token)


def builder_here(what: str) -> Builder:
    """The DAG being built, for what makes no sense without one."""
    builder = CURRENT.get()
    if builder is None:
        raise DeclarationError(f"{what} stands outside a DAG", "put it into a @dag function or under `with Dag(...)`")
    return builder
