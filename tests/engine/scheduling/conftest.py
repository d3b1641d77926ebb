"""A scheduler over an engine in memory, under a clock that the test moves; it may be killed, and sleep."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowlite import Dag, task
from flowlite.core.planned import IntervalRow
from flowlite.engine.engine import Engine
from flowlite.engine.scheduling import Scheduler
from flowlite.engine.settings import EngineSettings
from flowlite.store.store import Store
from flowlite.store.views import RunView
from flowlite.testing import TestClock


@task
async def nothing():
    return None


def dag_of(id_: str, **settings) -> Dag:
    """A DAG of one task that does nothing."""
    with Dag(id_, **settings) as dag:
        nothing()
    return dag


class Scene:
    """The daemon's inside without the daemon: what is in the store survives `kill`."""

    def __init__(self, start: str, folder: Path) -> None:
        self.clock = TestClock(at(start))
        self.store = Store.open(None)
        self.settings = EngineSettings(state_dir=folder, pools={"default": 8})
        self.dags: dict[str, Dag] = {}
        self.engine: Engine | None = None
        self.scheduler: Scheduler | None = None

    async def up(self, *dags: Dag) -> None:
        """Start, with these DAGs beside those of before."""
        self.dags |= {dag.id: dag for dag in dags}
        self.engine = Engine(self.store, self.settings, self.clock)
        self.scheduler = Scheduler(self.engine, self.clock.another_alarm())
        self.clock.settled = self.settled
        await self.engine.start(self.dags.values())
        await self.scheduler.start()
        await self.settled()

    async def kill(self) -> None:
        """As by kill -9."""
        assert self.engine is not None and self.scheduler is not None
        self.clock.settled = None
        await self.scheduler.stop()
        await self.engine.abandon()
        self.engine = self.scheduler = None

    async def settled(self) -> None:
        """Whatever follows has happened; a run that ended may have updated an asset, and so on."""
        assert self.engine is not None and self.scheduler is not None
        before = -1
        while before != (before := await self.store.views.last_event()):
            await self.scheduler.settled()
            await self.engine.settled()

    async def runs(self, dag_id: str) -> list[RunView]:
        """Oldest logical date first."""
        found = await self.store.views.list_runs(dag_id, limit=10_000)
        return sorted(found, key=lambda run: run.logical_date)

    async def covered(self, dag_id: str) -> list[tuple[str, str]]:
        """The intervals of its runs, as text in UTC."""
        return [(text(run.data_interval_start), text(run.data_interval_end)) for run in await self.runs(dag_id)]

    async def rows(self, dag_id: str) -> list[IntervalRow]:
        """Every decided interval, oldest first."""
        return (await self.store.views.intervals(dag_id, limit=100_000))[::-1]

    async def reasons(self, dag_id: str) -> list[str]:
        """What became of each interval: "" if it ran."""
        return [row.reason for row in await self.rows(dag_id)]

    async def close(self) -> None:
        if self.engine is not None and self.scheduler is not None:
            await self.scheduler.stop()
            await self.engine.stop(leave_processes=False)
        self.store.close()


def at(moment: str) -> datetime:
    """In UTC."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def text(instant: float) -> str:
    """`2024-01-01 06:00` in UTC."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.fixture
async def scene_at(tmp_path: Path) -> AsyncIterator[Callable[[str], Scene]]:
    """`scene_at("2024-01-01T00:30")`."""
    made: list[Scene] = []

    def make(start: str) -> Scene:
        made.append(Scene(start, tmp_path))
        return made[-1]

    yield make
    for scene in made:
        await scene.close()


@pytest.fixture
def dag_named() -> Callable[..., Dag]:
    """`dag_named("sales", schedule="@daily")`."""
    return dag_of
