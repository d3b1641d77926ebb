"""Handles: what a task call gives back while a DAG is being built. They make edges, carry results and say what they
can't do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Never, TypeVar

from flowlite.authoring.problems import DeclarationError

if TYPE_CHECKING:
    from flowlite.authoring.building import Node
    from flowlite.authoring.groups import Group

End = TypeVar("End")


class Wired:
    """Something that `>>` and `<<` work on: a task or a group, alone or in a list, on either side."""

    __slots__ = ()

    def __rshift__(self, other: End) -> End:
        connect(self, other)
        return other

    def __lshift__(self, other: End) -> End:
        connect(other, self)
        return other

    def __rrshift__(self, other: Any) -> Wired:
        connect(other, self)
        return self

    def __rlshift__(self, other: Any) -> Wired:
        connect(self, other)
        return self


class Handle(Wired):
    """The result-to-be of one task of a DAG, or, after `[...]`, a part of it."""

    __slots__ = ("node", "path")

    def __init__(self, node: Node, path: tuple[str | int, ...] = ()) -> None:
        self.node = node
        self.path = path

    @property
    def id(self) -> str:
        """The full task id."""
        return self.node.id

    @property
    def is_mapped(self) -> bool:
        """Whether it stands for one result per element."""
        return self.node.over is not None

    def __getitem__(self, key: str | int) -> Handle:
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise DeclarationError(
                f"{self!r}[{key!r}] is no pick", "pick by a text key or a position, or cut it in a task"
            )
        return type(self)(self.node, (*self.path, key))

    def __iter__(self) -> Never:
        raise DeclarationError(
            f"{self!r} can't be looped over, its result is not known yet",
            f"write t.map({self.node.name}) to do it for each, t.when(...) for a condition",
        )

    def __contains__(self, item: object) -> Never:
        raise DeclarationError(
            f"`in` can't look into {self!r}, its result is not known yet",
            "compare in a task and go on with t.when(...), or t.map(...) over its elements",
        )

    def __bool__(self) -> Never:
        raise DeclarationError(
            f"{self!r} is neither true nor false, its result is not known yet",
            f"write t.when({self.node.name})(...) for a condition, t.map({self.node.name}) for a loop",
        )

    def __format__(self, spec: str) -> Never:
        raise DeclarationError(
            f"{self!r} can't be put into text, its result is not known yet",
            f"""pass it to a task, or write {{{{ result("{self.id}") }}}} in a shell command""",
        )

    def __repr__(self) -> str:
        picks = "".join(f"[{key!r}]" for key in self.path)
        return f"<{'mapped ' if self.is_mapped else ''}task {self.id}{picks}>"


class MappedHandle(Handle):
    """The handle of a mapped task: a pick picks from each element, and a plain task that takes it gets the list."""

    __slots__ = ()


def connect(left: object, right: object) -> None:
    """Everything on the left before everything on the right."""
    befores, afters = ends(left), ends(right)
    for before in befores:
        for after in afters:
            before_dag, after_dag = builder_of(before), builder_of(after)
            if before_dag is not after_dag:
                raise DeclarationError(
                    f"{before!r} and {after!r} belong to different DAGs", "connect the DAGs themselves: dag_a >> dag_b"
                )
            before_dag.connect(before, after)


def ends(side: object) -> list[Node | Group]:
    """The tasks and groups that one side of `>>` names."""
    from flowlite.authoring.groups import Group

    if isinstance(side, Group):
        return [side]
    if isinstance(side, Handle):
        return [side.node]
    if isinstance(side, Sequence) and not isinstance(side, str):
        return [end for item in side for end in ends(item)]
    raise DeclarationError(f"{side!r} can't stand beside >> or <<", advice(side))


def advice(side: object) -> str:
    """A task that was not called is the most usual slip."""
    name = getattr(side, "__name__", None)
    return f"call it first: {name}(...)" if callable(side) and name else "use the handles that task calls return"


def builder_of(end: Node | Group) -> Any:
    """The DAG in the making that it belongs to."""
    return end.builder


def chain(*stages: Any) -> None:
    """`chain(a, [b, c], d)` is `a >> [b, c]` and `[b, c] >> d`."""
    if len(stages) < 2:
        raise DeclarationError("chain() connects nothing", "give at least two tasks, groups or lists")
    from flowlite.authoring.dag import Dag

    for before, after in pairwise(stages):
        if isinstance(before, Dag) or isinstance(after, Dag):
            _ = before >> after
        else:
            connect(before, after)
