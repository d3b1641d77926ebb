"""`flowlite pools`: what limits how much runs at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, paint, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import ago, count, length

if TYPE_CHECKING:
    from flowlite.service.records import InLine, PoolQueue, PoolUse, SlotHolder

COMMANDS = {
    "list": Lazy("flowlite.cli.pools:list_", "List the pools, their slots, and who holds them."),
    "show": Lazy("flowlite.cli.pools:show", "Show who has the slots of a pool, and who comes next."),
    "set": Lazy("flowlite.cli.pools:set_", "Give a pool another size."),
    "reset": Lazy("flowlite.cli.pools:reset", "Give a pool the size of the configuration again."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def pools() -> None:
    """List the pools and their slots, and change their sizes."""


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List the pools, their slots, and who holds them."""
    found = setting.ask(lambda client: client.pools())
    if as_json:
        print_json(found)
        return
    rows = [
        (
            pool.name,
            str(pool.size),
            used(pool),
            str(pool.queued),
            "by hand" if pool.is_by_hand else "",
            ", ".join(pool.holders),
        )
        for pool in found
    ]
    heads = ["pool", "slots", "used", "queued", "set", "held by"]
    print_table(heads, rows, right=heads[1:4], empty="no pools yet: the first run makes them")


def used(pool: PoolUse) -> str | Cell:
    """A pool that was made smaller while it was busy has more in use than it has, until that ends."""
    return Cell(f"{pool.used} (too many)", "yellow") if pool.used > pool.size else str(pool.used)


@click.command()
@click.argument("name")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many in line.")
@json_option
@click.pass_obj
def show(setting: Setting, name: str, limit: int, as_json: bool) -> None:
    """Show who has the slots of pool NAME, and who comes next; when, is reckoned from how long such work took."""
    found = setting.ask(lambda client: client.queue(name, limit=limit))
    if as_json:
        print_json(found)
    else:
        show_queue(found)


def show_queue(found: PoolQueue) -> None:
    """Those who run, then the line."""
    now = time.time()
    by_hand = ", set by hand" if found.is_by_hand else ""
    over = ", more than it has until some have ended" if found.used > found.size else ""
    paint(Cell(f"pool {found.name}", bold=True), f"  {found.used} of {count(found.size, 'slot')} in use{over}{by_hand}")
    heads = ["run", "dag", "task", "slots", "runs for", "usually", "at most"]
    print_table(heads, [holder_row(one, now) for one in found.holders], right=heads[3:], empty="nothing runs in it")
    say(f"\n{count(found.queued, 'task instance')} in line{':' if found.line else ''}")
    if found.line:
        heads = ["place", "run", "dag", "task", "priority", "slots", "waits for", "starts"]
        print_table(heads, [line_row(one, now) for one in found.line], right=["place", *heads[4:7]])
    if len(found.line) < found.queued:
        say(f"and {found.queued - len(found.line):,} more")


def holder_row(one: SlotHolder, now: float) -> tuple[str | Cell, ...]:
    """Who has been at it for longer than nearly always stands out."""
    runs_s = now - one.since
    lasts = "its thread has not returned" if one.is_over else length(runs_s)
    is_slow = one.is_over or (one.p95_s is not None and runs_s > one.p95_s)
    return (
        str(one.run_id), one.dag_id, named(one.task_id, one.map_index), str(one.slots),
        Cell(lasts, "yellow" if is_slow else None), length(one.p50_s), length(one.p95_s),
    )  # fmt: skip


def line_row(one: InLine, now: float) -> tuple[str | Cell, ...]:
    """One in line."""
    starts = "?" if one.expected_at is None else ago(max(one.expected_at, now), now)
    note = " (backfill)" if one.is_backfill else ""
    return (
        str(one.place), str(one.run_id), f"{one.dag_id}{note}", named(one.task_id, one.map_index), str(one.priority),
        str(one.slots), length(now - one.since), starts,
    )  # fmt: skip


def named(task_id: str, index: int) -> str:
    """`fetch` or `fetch[3]`."""
    return task_id if index < 0 else f"{task_id}[{index}]"


@click.command("set")
@click.argument("name")
@click.argument("size", type=click.IntRange(0))
@json_option
@click.pass_obj
def set_(setting: Setting, name: str, size: int, as_json: bool) -> None:
    """Give pool NAME so many slots, whatever the configuration says, until `reset`. What runs goes on; with 0 nothing
    of it starts."""
    setting.change(lambda desk: desk.set_pool(name, size))
    told(name, size, is_by_hand=True, as_json=as_json)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def reset(setting: Setting, name: str, as_json: bool) -> None:
    """Give pool NAME the size that the configuration says."""
    told(name, setting.change(lambda desk: desk.reset_pool(name)), is_by_hand=False, as_json=as_json)


def told(name: str, size: int, *, is_by_hand: bool, as_json: bool) -> None:
    """What holds now."""
    if as_json:
        print_json({"name": name, "size": size, "is_by_hand": is_by_hand})
    else:
        say(f"pool {name} has {count(size, 'slot')}{', set by hand' if is_by_hand else ', as configured'}")
