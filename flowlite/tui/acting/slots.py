"""Who goes first, and how many at once: sizes of pools, priorities of runs and DAGs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flowlite.tui.acting.aims import dags_aimed_at, runs_aimed_at
from flowlite.tui.acting.work import state_of
from flowlite.tui.actions import Action
from flowlite.tui.format import plural
from flowlite.tui.sheets.number import NumberSheet
from flowlite.tui.widgets.dag_list import DagList
from flowlite.tui.widgets.pool_list import PoolList, QueueList

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


# --- pools ------------------------------------------------------------------------------------------------------------
def no_pool(here: PoolList) -> str:
    """Nothing under the cursor."""
    return "" if here.picking.key is not None else "there is no pool here"


def not_by_hand(here: PoolList) -> str:
    """It has the size of the configuration already."""
    pool = here.ui.world.pools.get(here.picking.key) if here.picking.key is not None else None
    if pool is not None and not pool.is_by_hand:
        return f"pool {pool.name} has the size of the configuration already"
    return no_pool(here)


async def set_size(here: PoolList, name: str, size: int) -> None:
    """So many slots, and the way back."""
    before = here.ui.world.pools[name]
    await here.ui.remote.raw("set_pool", name=name, size=size)
    if before.is_by_hand:
        here.ui.undo.keep(
            f"pool {name} with {size} slots", lambda: here.ui.remote.raw("set_pool", name=name, size=before.size)
        )
    else:
        here.ui.undo.keep(f"pool {name} with {size} slots", lambda: here.ui.remote.raw("reset_pool", name=name))
    here.ui.say(f"pool {name} has {plural(size, 'slot')}, also after restarts; u undoes it", "good")


async def edit(here: PoolList) -> None:
    """Type its size."""
    pool = here.pool
    note = "holds at once, and outlives restarts. A smaller pool lets what runs run on; with 0 nothing of it starts."
    size = await here.ui.push_screen_wait(NumberSheet(f"Slots of pool {pool.name}", "slots", pool.size, note))
    if size is not None and size != pool.size:
        await set_size(here, pool.name, size)


def resize(by: int) -> Callable[[PoolList], Any]:
    """One more or fewer."""

    async def run(here: PoolList) -> None:
        pool = here.pool
        await set_size(here, pool.name, max(0, pool.size + by))

    return run


async def reset(here: PoolList) -> None:
    """As the configuration has it."""
    pool = here.pool
    before = pool.size
    size = await here.ui.remote.raw("reset_pool", name=pool.name)
    here.ui.undo.keep(
        f"pool {pool.name} as configured", lambda: here.ui.remote.raw("set_pool", name=pool.name, size=before)
    )
    here.ui.say(f"pool {pool.name} has {plural(int(size), 'slot')}, as configured; u undoes it", "good")


# --- priorities -------------------------------------------------------------------------------------------------------
def nothing_to_prioritize(app: FlowliteApp) -> str:
    """Only what has not ended has a priority; DAGs always have one."""
    if isinstance(app.focused, DagList | QueueList):
        return "" if app.focused.picking.key is not None else "there is nothing under the cursor"
    aims = runs_aimed_at(app)
    if not aims:
        return "there is no run under the cursor"
    if all(state_of(app, aim.run) in ("success", "failed", "cancelled") for aim in aims):
        return "only what has not ended has a priority: this run has"
    return ""


def prioritize(by: int) -> Callable[[FlowliteApp], Any]:
    """Higher goes first."""

    async def run(app: FlowliteApp) -> None:
        if isinstance(app.focused, DagList):
            for dag_id in dags_aimed_at(app):
                await prioritize_dag(app, dag_id, by)
            return
        if isinstance(app.focused, QueueList) and app.focused.one is not None:
            runs = [(int(app.focused.one["run_id"]), int(app.focused.one["priority"]))]
        else:
            runs = [(aim.run, await priority_of(app, aim.run, aim.dag_id)) for aim in runs_aimed_at(app)]
        for number, before in runs:
            await app.remote.raw("prioritize_run", run=number, priority=before + by)
            app.undo.keep(
                f"priority {before + by} of run {number}",
                lambda number=number, before=before: app.remote.raw("prioritize_run", run=number, priority=before),  # type: ignore[misc]
            )
        said = f"run {runs[0][0]} has priority {runs[0][1] + by}" if len(runs) == 1 else f"{len(runs)} runs moved"
        app.world.moves += 1  # its line is another now
        app.say(f"{said}; u undoes it", "good")

    return run


async def priority_of(app: FlowliteApp, run: int, dag_id: str) -> int:
    """What holds now: set by hand, or what its DAG says."""
    model = app.reader.runs.get(run)
    if model is not None and model.priority is not None:
        return model.priority
    detail = await app.remote.raw("dag", dag_id=dag_id)
    return int(detail["dag"]["priority"])


async def prioritize_dag(app: FlowliteApp, dag_id: str, by: int) -> None:
    """In the place of its own priority."""
    detail = (await app.remote.raw("dag", dag_id=dag_id))["dag"]
    before = int(detail["priority"])
    await app.remote.raw("prioritize_dag", dag_id=dag_id, priority=before + by)
    back = before if detail["is_priority_by_hand"] else None
    app.undo.keep(
        f"priority {before + by} of {dag_id}", lambda: app.remote.raw("prioritize_dag", dag_id=dag_id, priority=back)
    )
    app.say(f"{dag_id} has priority {before + by}; u undoes it", "good")


def of_pool(verb: str, title: str, key: str, run: Any, reason: Any, hint: str = "") -> Action:
    """About the pool under the cursor."""
    return Action(id=f"pools.{verb}", title=title, keys=(key,), run=run, reason=reason, hint=hint, changes=True)


SLOTS = (
    of_pool("edit", "Set the slots of the pool", "e", edit, no_pool, "slots"),
    of_pool("more", "One slot more", "plus", resize(1), no_pool, "more"),
    of_pool("fewer", "One slot fewer", "underscore", resize(-1), no_pool, "fewer"),
    of_pool("reset", "Slots as the configuration has them", "E", reset, not_by_hand, "as configured"),
    Action(
        id="everywhere.first", title="Priority up", keys=("plus",), run=prioritize(1), reason=nothing_to_prioritize,
        changes=True, hint="priority",
    ),
    Action(
        id="everywhere.later", title="Priority down", keys=("underscore",), run=prioritize(-1),
        reason=nothing_to_prioritize, changes=True,
    ),
)  # fmt: skip
