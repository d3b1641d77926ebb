"""`flowlite backfills`: look at backfills, and pause, resume, cancel and retry them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from flowlite.cli.backfill_following import backfill_fields, followed, time_left, told, view_fields
from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.marks import color, mark
from flowlite.cli.options import why_option, yes_option
from flowlite.cli.output import json_option, paint, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import ago, count, date, instant, length

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.service.desk import Desk
    from flowlite.store.views import BackfillDayView, BackfillDetail, BackfillView

COMMANDS = {
    "list": Lazy("flowlite.cli.backfills:list_", "List the newest backfills."),
    "show": Lazy("flowlite.cli.backfills:show", "Show a backfill with all its days."),
    "pause": Lazy("flowlite.cli.backfills:pause", "Begin none of its runs any more."),
    "resize": Lazy("flowlite.cli.backfills:resize", "Let more or fewer of its runs go at a time."),
    "resume": Lazy("flowlite.cli.backfills:resume", "Go on with a backfill."),
    "cancel": Lazy("flowlite.cli.backfills:cancel", "Cancel what has not ended of a backfill."),
    "retry": Lazy("flowlite.cli.backfills:retry", "Run again what failed or was cancelled of a backfill."),
}
BACKFILL = click.IntRange(1)


@click.group(cls=LazyGroup, lazy=COMMANDS)
def backfills() -> None:
    """List, show, pause, resize, resume, cancel and retry backfills."""


@click.command("list")
@click.argument("dag", required=False)
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 1_000), help="How many.")
@json_option
@click.pass_obj
def list_(setting: Setting, dag: str | None, limit: int, as_json: bool) -> None:
    """List the newest backfills, of DAG or of all."""
    found = setting.ask(lambda client: client.backfills(dag, limit=limit))
    if as_json:
        print_json([view_fields(one) for one in found])
        return
    now = time.time()
    rows = [
        (
            str(one.id), one.dag_id, f"{date(one.starts_at)} to {date(one.ends_at)}", state_cell(one),
            f"{one.finished}/{one.total}", str(one.counts.get("failed", 0) or ""), str(one.concurrency),
            ago(one.created_at, now),
        )
        for one in found
    ]  # fmt: skip
    heads = ["backfill", "dag", "range", "state", "done", "failed", "at a time", "created"]
    print_table(
        heads, rows, right=["backfill", "done", "failed"], empty="no backfills; `flowlite backfill DAG START END`"
    )


@click.command()
@click.argument("backfill", type=BACKFILL)
@json_option
@click.pass_obj
def show(setting: Setting, backfill: int, as_json: bool) -> None:
    """Show BACKFILL with all its days: runs as which run, or skipped because."""
    found = setting.ask(lambda client: client.backfill(backfill))
    if as_json:
        print_json(backfill_fields(found))
    else:
        show_backfill(found)


def show_backfill(found: BackfillDetail) -> None:
    """Its facts, then one line for each day."""
    one = found.backfill
    paint(Cell(f"backfill {one.id}", bold=True), f" of {one.dag_id}  ", state_cell(one))
    order = "newest first" if one.is_newest_first else "oldest first"
    say(f"range    {date(one.starts_at)} to {date(one.ends_at)}, {one.concurrency} at a time, {order}")
    say(f"asked    {instant(one.created_at)} by {one.asked_by}, reprocess {one.reprocess}")
    left_s = time_left(found)
    left = f", about {length(left_s)} left" if left_s is not None else ""
    states = ", ".join(f"{number} {state}" for state, number in one.counts.items())
    say(f"done     {one.finished} of {count(one.total, 'run')} ({states}), {one.skipped} skipped{left}")
    if one.params != "{}":
        say(f"params   {one.params}")
    say()
    print_table(["date", "plan", "state", "took"], [day_row(day) for day in found.days], right=["took"])


def day_row(day: BackfillDayView) -> tuple[str | Cell, ...]:
    """`2024-01-01  runs as run 17  ✓ success  0.3s`."""
    if day.decision == "skip":
        return date(day.logical_date), f"skipped because {day.reason}", "", ""
    plan = f"runs as run {day.run_id}" if day.decision == "run" else f"runs again as run {day.run_id}"
    state = Cell(f"{mark(day.state)} {day.state}", color(day.state)) if day.state is not None else Cell("pruned")
    is_over = day.started_at is not None and day.ended_at is not None
    return date(day.logical_date), plan, state, length(day.ended_at - day.started_at) if is_over else ""  # type: ignore[operator]


def state_cell(one: BackfillView) -> Cell:
    """A backfill that is paused looks as if it waited."""
    look = "waiting" if one.state == "paused" else one.state
    return Cell(f"{mark(look)} {one.state}", color(look))


# --- what changes something -------------------------------------------------------------------------------------------
@click.command()
@click.argument("backfill", type=BACKFILL)
@why_option
@json_option
@click.pass_obj
def pause(setting: Setting, backfill: int, reason: str, as_json: bool) -> None:
    """Begin none of BACKFILL's runs any more; those that are active go on."""

    async def work(desk: Desk) -> BackfillDetail:
        await desk.pause_backfill(backfill, reason)
        return await desk.backfill(backfill)

    show_state(setting.change(work), as_json=as_json)


@click.command()
@click.argument("backfill", type=BACKFILL)
@click.argument("concurrency", type=click.IntRange(1))
@why_option
@json_option
@click.pass_obj
def resize(setting: Setting, backfill: int, concurrency: int, reason: str, as_json: bool) -> None:
    """Let CONCURRENCY runs of BACKFILL go at a time from now on; those that are active go on."""

    async def work(desk: Desk) -> BackfillDetail:
        await desk.resize_backfill(backfill, concurrency, reason)
        return await desk.backfill(backfill)

    show_state(setting.change(work), as_json=as_json)


@click.command()
@click.argument("backfill", type=BACKFILL)
@why_option
@json_option
@click.pass_obj
def resume(setting: Setting, backfill: int, reason: str, as_json: bool) -> None:
    """Go on with BACKFILL, paused or left unfinished, and follow it to its end."""

    async def work(client: Client) -> BackfillDetail:
        async with client.acting() as acting:
            known = {day.run_id for day in (await acting.backfill(backfill)).days if day.ended_at is not None}
            await acting.resume_backfill(backfill, reason)
            return await followed(acting, backfill, is_quiet=as_json, known=known)

    told(setting.ask(work), as_json=as_json)


@click.command()
@click.argument("backfill", type=BACKFILL)
@why_option
@yes_option
@json_option
@click.pass_obj
def cancel(setting: Setting, backfill: int, reason: str, yes: bool, as_json: bool) -> None:
    """Cancel what has not ended of BACKFILL; what has ended stays as it is."""

    async def work(client: Client) -> BackfillDetail:
        one = (await client.backfill(backfill)).backfill
        if not (yes or as_json or one.finished == one.total):
            click.confirm(f"Cancel {count(one.total - one.finished, 'run')} of {one.dag_id}?", abort=True)
        async with client.acting(is_still=True) as acting:
            await acting.cancel_backfill(backfill, reason)
            return await acting.watch_backfill(backfill, lambda _: None)

    show_state(setting.ask(work), as_json=as_json)


@click.command()
@click.argument("backfill", type=BACKFILL)
@why_option
@yes_option
@json_option
@click.pass_obj
def retry(setting: Setting, backfill: int, reason: str, yes: bool, as_json: bool) -> None:
    """Run again what failed or was cancelled of BACKFILL, and follow it to its end."""

    async def work(client: Client) -> BackfillDetail:
        found = await client.backfill(backfill)
        again = [day for day in found.days if day.state in ("failed", "cancelled")]
        if again and not as_json:
            print_table(["date", "run", "state"], [(date(d.logical_date), str(d.run_id), str(d.state)) for d in again])
        if again and not (yes or as_json):
            click.confirm(f"Go on with {count(len(again), 'run')}?", abort=True)
        known = {day.run_id for day in found.days if day.state == "success"}
        async with client.acting() as acting:
            await acting.retry_backfill(backfill, reason)
            return await followed(acting, backfill, is_quiet=as_json, known=known)

    told(setting.ask(work), as_json=as_json)


def show_state(found: BackfillDetail, *, as_json: bool) -> None:
    """How it stands now, in one line."""
    if as_json:
        print_json(backfill_fields(found))
        return
    one = found.backfill
    paint(
        f"backfill {one.id} of {one.dag_id}: ", state_cell(one), f", {one.finished} of {count(one.total, 'run')} done"
    )
