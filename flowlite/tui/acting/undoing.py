"""Undo: what can be changed back is kept with the way back, the last first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, in words, and how it is undone."""

    title: str
    back: Callable[[], Awaitable[None]]


@dataclass
class Undo:
    """The last steps."""

    steps: list[Step] = field(default_factory=list)
    MOST = 50

    def keep(self, title: str, back: Callable[[], Awaitable[None]]) -> None:
        """It was done, and can be undone."""
        self.steps = [*self.steps[-self.MOST :], Step(title, back)]

    async def undo(self) -> str:
        """Undo the last step; what it was. It is not kept if that fails: the world has moved on."""
        step = self.steps.pop()
        await step.back()
        return step.title
