"""What is asked about the daemon itself: is it well, its figures, and to go down or read its configuration again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from flowlite.core.errors import FlowliteError
from flowlite.service.api.callers import Caller
from flowlite.service.api.shapes import Text
from flowlite.service.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellness:
    """`is_ok`: work is started and written. `degraded`: what is not as it should be, and does not stop it."""

    is_ok: bool
    degraded: tuple[str, ...]
    version: str
    pid: int
    at: float
    since: float
    dag_folders: tuple[str, ...]
    dags: int
    problems: tuple[str, ...]  # of DAG files
    last_event: int


class CannotReload(FlowliteError):
    """This daemon has nothing to read again."""

    def __init__(self) -> None:
        super().__init__("this daemon can't read its configuration again; restart it: `flowlite down`, `flowlite up`")


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the API asks of whoever runs it."""

    shutdown: Callable[[str], None]
    desk: Callable[[Caller], Desk]  # of who asks
    reload: Callable[[], Awaitable[None] | None] | None = None
    ails: Callable[[], list[str]] = field(default=list)  # what is not as it should be


class Tending:
    """The verbs."""

    def __init__(
        self, hooks: Hooks, well: Callable[[list[str]], Awaitable[Wellness]], figures: Callable[[], Awaitable[str]]
    ) -> None:
        self._hooks, self._well, self._figures = hooks, well, figures

    async def health(self) -> Wellness:
        """Is it well, and if not, why."""
        return await self._well(self._hooks.ails())

    async def metrics(self) -> Text:
        """Its figures, as Prometheus reads them."""
        return Text(await self._figures())

    def shutdown(self, how: Literal["leave", "drain", "kill"] = "leave") -> None:
        """Go down. `leave`: processes go on without it; `drain`: when all that runs has ended; `kill`: all is
        stopped."""
        self._hooks.shutdown(how)

    async def reload(self) -> None:
        """Read flowlite.toml and the DAG files again."""
        if self._hooks.reload is None:
            raise CannotReload
        done = self._hooks.reload()
        if done is not None:
            await done
