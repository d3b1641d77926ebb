"""Follow a backfill: a bar with what is left and how long that will take, a line for what ended, and the sum."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from flowlite.cli.faults import WorkFailed
from flowlite.cli.following import BAR_WIDTH, Line, Screen
from flowlite.cli.live import cancel_all, unless_interrupted, unless_left
from flowlite.cli.marks import color, mark
from flowlite.cli.output import is_terminal, print_json, say
from flowlite.cli.tables import Cell, cut
from flowlite.cli.words import count, date, length, progress_bar

if TYPE_CHECKING:
    from flowlite.service.desk import Desk
    from flowlite.store.views import BackfillDayView, BackfillDetail, BackfillView

MOST_LINES = 40  # of a backfill with more runs, only those are told that did not go well
GOING_ON = ("queued", "running")
ENDED = ("success", "failed", "cancelled")


async def followed(
    acting: Desk, backfill: int, *, is_quiet: bool, known: Collection[int | None] = ()
) -> BackfillDetail:
    """Watch it to its end, and then the runs of other DAGs that follow from it. Ctrl-C cancels it; where a
    daemon carries it out, it only leaves.

    `known`: runs whose end is no news.
    """
    progress = Progress(known, is_quiet=is_quiet)

    async def cancel() -> None:
        if any(day.state in GOING_ON for day in (await acting.backfill(backfill)).days):
            await acting.cancel_backfill(backfill, "Ctrl-C")
        else:
            await cancel_all(acting, await acting.unfinished())

    async def watch() -> BackfillDetail:
        found = await acting.watch_backfill(backfill, progress.look)
        await acting.watch_followers(found.backfill.dag_id)
        return found

    def tell(text: str) -> None:
        say(f"\n{text}", err=True)

    if not acting.is_here:
        way_out = f"`flowlite backfills show {backfill}` shows how, `flowlite backfills cancel {backfill}` ends it"
        return await unless_left(watch(), f"left; backfill {backfill} goes on in the daemon: {way_out}", tell)
    return await unless_interrupted(watch(), cancel, tell)


class Progress:
    """Called with what a backfill looks like, says what is new."""

    def __init__(self, known: Collection[int | None] = (), *, is_quiet: bool, screen: Screen | None = None) -> None:
        self._is_quiet, self._screen = is_quiet, screen or Screen()
        self._told = set(known)
        self._tenth: int | None = None
        self._began = time.monotonic()

    def look(self, detail: BackfillDetail) -> None:
        """What has ended since the last look, and the bar."""
        if self._is_quiet:
            return
        if self._tenth is None:
            say(f"backfill {detail.backfill.id} of {detail.backfill.dag_id}")
            self._tenth = tenth_of(detail.backfill)
        ended = {day.run_id: day for day in detail.days if day.state in ENDED}
        news = [day for run, day in ended.items() if run not in self._told]
        self._told.update(ended)
        is_long = detail.backfill.total > MOST_LINES
        lines = [day_line(day) for day in news if not is_long or day.state != "success"]
        text = bar_text(detail, time.monotonic() - self._began)
        is_over = len(ended) == detail.backfill.total
        self._screen.show(lines, "" if is_over else cut(text, self._screen.width - 1))
        tenth = tenth_of(detail.backfill)
        if is_long and not is_over and tenth > self._tenth and not is_terminal():
            say(text)  # where nobody sees a bar, ten lines are enough
        self._tenth = tenth


def tenth_of(backfill: BackfillView) -> int:
    """How many tenths of it are over."""
    return 10 * backfill.finished // max(backfill.total, 1)


def bar_text(detail: BackfillDetail, elapsed_s: float) -> str:
    """`██░░ 12/181  10 running  1 failed  3.2s  about 41s left`."""
    one = detail.backfill
    words = [f"{progress_bar(one.finished, one.total, BAR_WIDTH)} {one.finished}/{one.total}"]
    words += [f"{one.counts[state]} {state}" for state in ("running", "failed", "cancelled") if one.counts.get(state)]
    left_s = time_left(detail)
    return "  ".join([*words, length(elapsed_s), *([] if left_s is None else [f"about {length(left_s)} left"])])


def time_left(detail: BackfillDetail) -> float | None:
    """What is left of it, at the length that half of its runs took, as many at a time as its window is wide.

    None: nobody knows, because none has ended yet or because it is paused.
    """
    one = detail.backfill
    if detail.typical_s is None or one.is_paused or one.finished == one.total:
        return None
    # Those that run now are taken to be half through.
    left = one.counts.get("queued", 0) + one.counts.get("running", 0) / 2
    return detail.typical_s * max(left / one.concurrency, 0.5)


def day_line(day: BackfillDayView) -> Line:
    """`✓ 2024-01-01  run 17  0.3s`."""
    state = day.state or ""
    took = length(day.ended_at - day.started_at) if day.ended_at is not None and day.started_at is not None else ""
    return (
        Cell(f"{mark(state)} ", color(state)),
        Cell(f"{date(day.logical_date):<12} run {day.run_id!s:<6} "),
        Cell(took, "bright_black"),
    )


def told(found: BackfillDetail | None, *, as_json: bool) -> None:
    """The sum; exit code 1 if a run did not go well. None: nothing was done."""
    if found is None:
        return
    one = found.backfill
    if as_json:
        print_json(backfill_fields(found))
    elif one.state == "success":
        say(f"✓ {count(one.total, 'run')} went well")
    bad = [day for day in found.days if day.state in ("failed", "cancelled")]
    if bad:
        way_out = f"`flowlite why {bad[0].run_id}` says why, `flowlite backfills retry {one.id}` runs them again"
        raise WorkFailed(f"{len(bad)} of {count(one.total, 'run')} did not go well; {way_out}")


def backfill_fields(found: BackfillDetail) -> dict[str, object]:
    """As JSON shows one; `runs` are the days that have one, all that there is are in `days`."""
    names = ("logical_date", "run_id", "state", "started_at", "ended_at")
    runs = [{name: getattr(day, name) for name in names} for day in found.days if day.run_id is not None]
    return {**view_fields(found.backfill), "days": found.days, "runs": runs}


def view_fields(one: BackfillView) -> dict[str, object]:
    """As JSON shows it in a list: its number is text, its parameters are an object."""
    import json

    names = [name for name in type(one).__dataclass_fields__ if name not in ("id", "params")]
    fields = {name: getattr(one, name) for name in names}
    return {"backfill_id": str(one.id), **fields, "params": json.loads(one.params)}
