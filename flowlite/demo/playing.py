"""The work of the demo: publish a date's Bronze objects, run the pipeline for it, and so on, date by date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import flowlite
from flowlite import Dag, FlowliteError
from flowlite.authoring.defaults import Defaults
from flowlite.config import Settings
from flowlite.demo.history import TIMEZONE, history
from flowlite.demo.publisher import DATA, Published, publish
from flowlite.demo.stage import Stage
from flowlite.loading import load_folder

if TYPE_CHECKING:
    from flowlite.engine.embedding import Flowlite
    from flowlite.engine.views import RunResult

LAST_HOUR = 23  # an hourly run reads all hours so far: the last one of a date reads all of it


@dataclass(frozen=True, slots=True)
class Played:
    """One date: what was published, and the run on it."""

    published: Published
    run: RunResult

    @property
    def day(self) -> date:
        """Which one."""
        return self.published.day

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return self.run.duration_s or 0.0


async def play_dates(
    ready: Stage, dates: Sequence[date], *, on_date: Callable[[Played], None], on_note: Callable[[str], None]
) -> list[Played]:
    """Run the pipeline for each date. While one runs, the objects of the next one are published."""
    dags, settings = loaded(ready)
    played: list[Played] = []
    async with engine(ready, settings, dags, on_note) as fl:
        async for here in published_ahead(ready, dates):
            run = await fl.run(dags["gold_kpis"], logical_date=end_of(here.day))
            played.append(Played(here, run))
            on_date(played[-1])
        await fl.engine.settled()  # embedding_pipeline follows each success by itself
    return played


def loaded(ready: Stage) -> tuple[dict[str, Dag], Settings]:
    """The project's DAGs and settings, as the command line loads them."""
    settings = ready.settings
    catalog = load_folder(settings.dag_folders, Defaults(settings.flowlite.timezone, frozenset(settings.pools)))
    if catalog.problems:
        raise FlowliteError(str(catalog.problems[0]))
    return catalog.dags, settings


@asynccontextmanager
async def engine(
    ready: Stage, settings: Settings, dags: dict[str, Dag], on_note: Callable[[str], None]
) -> AsyncIterator[Flowlite]:
    """An engine on the demo's folder. Whatever ends this block early also ends what runs in it."""
    opened = flowlite.open(ready.state, pools=settings.pools, secrets=settings.secrets, dags=dags.values())
    async with opened as fl:
        under_way: set[str] = set()
        watcher = asyncio.create_task(watch(fl, under_way, on_note))
        try:
            yield fl
        except BaseException:
            await asyncio.shield(end_all(fl, under_way))
            raise
        finally:
            watcher.cancel()


async def watch(fl: Flowlite, under_way: set[str], on_note: Callable[[str], None]) -> None:
    """Keep in mind which runs are not over yet, and tell what is running right now."""
    async for event in fl.events():
        if event.kind == "run" and event.run_id:
            (under_way.add if event.state in ("queued", "running") else under_way.discard)(event.run_id)
        elif event.kind == "task" and event.state == "running":
            on_note(f"  run {event.run_id} of {event.dag_id}: {event.task_id} ...")


async def end_all(fl: Flowlite, under_way: set[str]) -> None:
    """Cancel these runs, and wait until their processes are gone."""
    runs = sorted(under_way)
    for run in runs:
        await fl.cancel(run)
    for run in runs:
        await fl.finished(run)


async def published_ahead(ready: Stage, dates: Sequence[date]) -> AsyncIterator[Published]:
    """Each date when its objects are in S3; those of the next one are put meanwhile."""
    coming = asyncio.create_task(asyncio.to_thread(published, ready, dates[0]))
    try:
        for following in dates[1:]:
            here = await coming
            coming = asyncio.create_task(asyncio.to_thread(published, ready, following))
            yield here
        yield await coming
    finally:
        coming.cancel()


def published(ready: Stage, day: date) -> Published:
    """Put a date's objects into S3."""
    return publish("lake", history(ready.project / DATA), day)


def end_of(day: date) -> datetime:
    """The logical date of the last hourly run of a date."""
    return datetime.combine(day, time(LAST_HOUR), ZoneInfo(TIMEZONE))
