"""Groups: a prefix for ids, something to put beside `>>`, and, with `retries`, a unit that is tried again."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from flowlite.authoring.handles import Wired
from flowlite.authoring.options import task_id
from flowlite.authoring.problems import DeclarationError, Place, here
from flowlite.authoring.retry import Retry, as_retry

if TYPE_CHECKING:
    from flowlite.authoring.building import Builder


class Group(Wired):
    """`with group("silver"):` makes every task declared inside it `silver.<id>`."""

    __slots__ = ("builder", "id", "name", "parent", "place", "retries")

    def __init__(self, name: str, retries: int | Retry | None = None) -> None:
        from flowlite.authoring.building import builder_here

        self.builder: Builder = builder_here("group()")
        self.name = task_id("group", name)
        self.retries = as_retry(retries)
        self.place: Place = here()
        self.parent: Group | None = self.builder.group
        self.id: str = f"{self.parent.id}.{name}" if self.parent else name
        self.builder.add_group(self)

    def __enter__(self) -> Group:
        if self.builder.group is not self.parent:
            raise DeclarationError(f"group {self.id!r} is entered twice", "open it once, with all its tasks inside")
        self.builder.group = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.builder.group = self.parent

    def holds(self, id_: str) -> bool:
        """Whether a full task or group id lies inside."""
        return id_.startswith(f"{self.id}.")

    def __repr__(self) -> str:
        return f"<group {self.id}>"


def group(name: str, *, retries: int | Retry | None = None) -> Group:
    """Open a group: `with group("silver", retries=2): ...`; all of it is tried again when a task in it failed."""
    return Group(name, retries)
