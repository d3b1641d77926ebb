"""The play: the source systems deliver, the clock goes from fire to fire, runs are asked for as a person would ask, and
a real daemon does the work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from flowlite import Dag, FlowliteError
from flowlite.client.client import Client
from flowlite.demo.history import History, history
from flowlite.demo.programme import AFTER, POLLED, Fire, Programme, delivered_until, fires
from flowlite.demo.publisher import DATA, publish
from flowlite.demo.stage import Stage
from flowlite.demo.standins.weather import Manners

if TYPE_CHECKING:
    from flowlite.service.desk import Desk
    from flowlite.store.views import RunView

LOOK_EVERY_S = 0.25
MOST_AT_ONCE = 4  # runs that the clock has started; it waits with the next
LONGEST_S = 900.0
MANNERS = Manners(refused_every=37, failed_every=53, slow_every=29, slow_s=0.2, gap_every=17, late=1)
CAIRO = "30.06263"

Tell = Callable[[str, str], None]  # what kind of news ("ok", "bad", "note"), and the news


class Player:
    """`await Player(...).play()`; afterwards `runs` has all that ran."""

    def __init__(
        self, stage: Stage, programme: Programme, client: Client, desk: Desk, left_out: frozenset[str],
        can_spark: bool, tell: Tell,
    ) -> None:  # fmt: skip
        self._stage, self._programme, self._client, self._desk, self._tell = stage, programme, client, desk, tell
        self._left_out, self._can_spark = left_out, can_spark
        self._source: History = history(stage.project / DATA)
        self._delivery = ThreadPoolExecutor(1, thread_name_prefix="sources")
        self._delivered: set[tuple[date, int]] = set()
        self._news = asyncio.Event()
        self._backfill: int | None = None
        self._is_filled = False
        self.now = programme.begins
        self.runs: dict[int, RunView] = {}

    # --- the whole ----------------------------------------------------------------------------------------------------
    async def play(self) -> None:
        """All of it. Raises FlowliteError if it does not come to its end."""
        watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(LONGEST_S):
                await self._pause_schedules()
                await first_of(asyncio.gather(self._fill_in(), self._go_by(), self._on_spark()), watching)
                await first_of(self._on_a_bad_day(), watching)
                await first_of(self._quiet(), watching)
                await self._own_work()
                await first_of(self._quiet(), watching)
        except TimeoutError:
            raise FlowliteError(f"the play did not end within {LONGEST_S:.0f} s: {self._busy()}") from None
        finally:
            watching.cancel()
            self._delivery.shutdown(wait=False, cancel_futures=True)

    async def _pause_schedules(self) -> None:
        """The real clock starts nothing: this one does."""
        for dag in self._dags.values():
            if dag.schedule is not None and dag.schedule.next_after(self.now) is not None:
                await self._desk.pause_dag(dag.id, "the demo's own clock starts it")
        for run in await self._desk.unfinished():
            await self._desk.cancel(run, "the demo's own clock starts it")

    @property
    def _dags(self) -> Mapping[str, Dag]:
        return self._client.catalog.dags

    # --- the month ----------------------------------------------------------------------------------------------------
    async def _fill_in(self) -> None:
        days = self._programme.backfill_days
        await self._deliver([(day, hour) for day in days for hour in range(24)])
        first, end = self._programme.backfill
        begun = await self._desk.start_backfill(
            "gold_daily", str(first), str(end), concurrency=self._programme.concurrency
        )
        assert begun is not None
        self._backfill = begun.backfill.id
        self._tell("note", f"backfill of gold_daily: {len(days)} days, {self._programme.concurrency} at a time")
        await self._desk.watch_backfill(begun.backfill.id, lambda look: None)
        self._is_filled = True

    # --- the clock ----------------------------------------------------------------------------------------------------
    async def _go_by(self) -> None:
        """From fire to fire."""
        polls = 0
        for fire in fires(self._programme, self._dags):
            if fire.dag_id in self._left_out:
                continue
            await self._until(partial(self._may_start, fire))
            self.now = fire.at
            if fire.dag_id == "gold_kpis":
                await self._deliver(list(delivered_until(fire.at)))
            if fire.dag_id == POLLED:
                polls += 1
                broken = frozenset({CAIRO}) if polls == self._programme.broken_poll else frozenset[str]()
                self._stage.weather.manners = with_broken(broken)
            await self._ask(fire.dag_id, fire.logical.isoformat())

    def _may_start(self, fire: Fire) -> bool:
        """There is room, and what has to be over is over; a poll is over before the next one."""
        before = AFTER.get(fire.dag_id, frozenset()) | ({POLLED} if fire.dag_id == POLLED else frozenset[str]())
        return self._has_room() and self._are_over(before)

    async def _ask(self, dag_id: str, when: str | None, params: Mapping[str, Any] | None = None) -> None:
        run = await self._desk.request(dag_id, when, params)
        self.runs.setdefault(run, await self._found(run))

    async def _found(self, run: int) -> RunView:
        return (await self._desk.detail(run)).run

    def _has_room(self) -> bool:
        return sum(run.ended_at is None and run.kind == "manual" for run in self.runs.values()) < MOST_AT_ONCE

    def _has_run(self, dag_id: str) -> bool:
        return any(run.dag_id == dag_id and run.ended_at is not None for run in self.runs.values())

    def _are_over(self, dag_ids: frozenset[str]) -> bool:
        if "gold_daily" in dag_ids and not self._is_filled:
            return False
        return not any(run.dag_id in dag_ids and run.ended_at is None for run in self.runs.values())

    # --- what else there is -------------------------------------------------------------------------------------------
    async def _on_spark(self) -> None:
        """The training of another date, on the other trainer."""
        day = self._programme.on_spark
        if day is None or not self._can_spark:
            return
        await self._until(lambda: self._has_run("retraining"))
        await self._ask("retraining", str(day), {"trainer": "spark"})

    async def _on_a_bad_day(self) -> None:
        """A date that its tests stop."""
        day = self._programme.bad_day
        if day is None:
            return
        await self._deliver([(day, hour) for hour in range(24)])
        await self._ask("gold_daily", str(day))

    async def _own_work(self) -> None:
        """What flowlite says about all this."""
        for dag_id in self._programme.own_work:
            if dag_id not in self._left_out:
                await self._ask(dag_id, None)

    # --- the sources --------------------------------------------------------------------------------------------------
    async def _deliver(self, hours: list[tuple[date, int]]) -> None:
        """Put the objects of these hours into S3, those that are not there yet."""
        wanted: dict[date, list[int]] = {}
        for day, hour in hours:
            if (day, hour) not in self._delivered:
                wanted.setdefault(day, []).append(hour)
        for day, of_day in wanted.items():
            await asyncio.get_running_loop().run_in_executor(self._delivery, publish, "lake", self._source, day, of_day)
            self._delivered |= {(day, hour) for hour in of_day}

    # --- watching -----------------------------------------------------------------------------------------------------
    async def _watch(self) -> None:
        """Look again and again, and tell of each run that has ended."""
        while True:
            for view in await self._client.runs(limit=500):
                before = self.runs.get(view.id)
                self.runs[view.id] = view
                if view.ended_at is not None and (before is None or before.ended_at is None):
                    await self._tell_of(view)
            self._news.set()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _tell_of(self, run: RunView) -> None:
        if run.kind == "backfill":
            done = [one for one in self.runs.values() if one.kind == "backfill" and one.ended_at is not None]
            days = len(self._programme.backfill_days)
            if len(done) % 10 == 0 or len(done) == days:
                self._tell("ok", f"backfill of gold_daily: {len(done)} of {days} days")
            return
        date_of = datetime.fromtimestamp(run.logical_date, self.now.tzinfo)
        about = f"{date_of:%a %d %b %H:%M}" if run.kind == "manual" and date_of.year < 2025 else f"({run.kind})"
        what = f"{run.dag_id:20} {about:17} {run.duration_s or 0:5.1f} s"
        if run.state == "success":
            self._tell("ok", what + ("  with failures" if run.had_failures else ""))
        else:
            why = await self._client.why(run.id)
            self._tell("bad", f"{what}  {why.headline}")

    async def _until(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            self._news.clear()
            await self._news.wait()

    async def _quiet(self) -> None:
        """Nothing runs, and nothing is about to: what follows from an end is begun in the same moment."""
        quiet = 0
        while quiet < 2:
            await asyncio.sleep(LOOK_EVERY_S)
            quiet = 0 if await self._desk.unfinished() else quiet + 1
        await asyncio.sleep(2 * LOOK_EVERY_S)  # and the last one is told of

    def _busy(self) -> str:
        return ", ".join(f"run {run.id} of {run.dag_id}" for run in self.runs.values() if run.ended_at is None)


def with_broken(places: frozenset[str]) -> Manners:
    """The weather service, with some places that it has no forecast for."""
    return Manners(**{**{name: getattr(MANNERS, name) for name in Manners.__slots__}, "broken": places})


async def first_of(work: Any, watching: asyncio.Task[None]) -> None:
    """Wait for the work; if the watching dies before, raise what it died of."""
    working = asyncio.ensure_future(work)
    await asyncio.wait([working, watching], return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        working.cancel()
        await watching
    await working
