"""Which log somebody looks at, and asking the daemon about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from flowlite.tui.reader import Asked


class LogAim(NamedTuple):
    """The log of one attempt of a task instance; `element` is its map index, below 0 for a plain task."""

    run: int
    task_id: str
    element: int
    attempt: int

    @property
    def name(self) -> str:
        """`fetch` or `fetch[3]`."""
        return self.task_id if self.element < 0 else f"{self.task_id}[{self.element}]"

    @property
    def named(self) -> dict[str, Any]:
        """As the daemon is told."""
        found = {"run": self.run, "task_id": self.task_id, "attempt": self.attempt}
        return found if self.element < 0 else {**found, "index": self.element}


class LogAsk:
    """Each method answers what the daemon tells, as JSON; raises what it raises."""

    def __init__(self, remote: Asked, aim: LogAim) -> None:
        self._remote, self.aim = remote, aim

    async def page(self, **how: Any) -> Any:
        """Lines."""
        return await self._ask("log_page", how)

    async def search(self, **how: Any) -> Any:
        """What holds a text, or is as bad as a level."""
        return await self._ask("log_search", how)

    async def piece(self, **how: Any) -> Any:
        """Some of a long line."""
        return await self._ask("log_piece", how)

    async def moment(self, **how: Any) -> Any:
        """A place in time."""
        return await self._ask("log_moment", how)

    async def _ask(self, verb: str, how: dict[str, Any]) -> Any:
        return await self._remote.raw(verb, **self.aim.named, **how)
