"""Making work run, and stopping it: trigger, retry, clear, cancel, mark, pause, undo."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flowlite.tui.acting.aims import asks, dags_aimed_at, runs_aimed_at, tasks_aimed_at
from flowlite.tui.actions import Action
from flowlite.tui.format import plural
from flowlite.tui.glyphs import glyph
from flowlite.tui.places import Place
from flowlite.tui.rows import Piece
from flowlite.tui.sheets.again import Again
from flowlite.tui.sheets.confirm import Confirm
from flowlite.tui.sheets.mark import MarkSheet
from flowlite.tui.sheets.trigger import Trigger
from flowlite.tui.telling import instance_name

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp

MARKABLE = ("success", "failed", "skipped")


# --- why not ----------------------------------------------------------------------------------------------------------
def no_dag(app: FlowliteApp) -> str:
    """Nothing that is a DAG."""
    return "" if dags_aimed_at(app) else "there is no DAG under the cursor"


def no_single_dag(app: FlowliteApp) -> str:
    """Not just one."""
    found = dags_aimed_at(app)
    if len(found) > 1:
        return f"{len(found)} DAGs are marked; trigger them one at a time, each has its own parameters"
    if found and found[0] in app.world.dags and not app.world.dags[found[0]].is_declared:
        return f"{found[0]} is gone from the DAG folder; put its file back to run it"
    return no_dag(app)


def no_run(app: FlowliteApp) -> str:
    """Nothing that has run."""
    return "" if tasks_aimed_at(app) else "there is no run under the cursor yet; t starts one"


def nothing_failed(app: FlowliteApp) -> str:
    """All went well, as far as it is known."""
    aims = tasks_aimed_at(app)
    if aims and all(went_well(app, aim.run) for aim in aims):
        which = f"run {aims[0].run} went" if len(aims) == 1 else "they went"
        return f"{which} well: there is nothing to retry; R runs finished work again"
    return no_run(app)


def went_well(app: FlowliteApp, run: int) -> bool:
    """It is over, and nothing in it failed."""
    grid = next((grid for grid in app.reader.grids.values() if run in grid.by_id), None)
    found = app.world.runs.get(run) or (grid.by_id[run].run if grid is not None else None)
    return found is not None and found.state == "success" and not found.had_failures


def nothing_unfinished(app: FlowliteApp) -> str:
    """All runs that are aimed at have ended."""
    aims = runs_aimed_at(app)
    if not aims:
        return no_run(app)
    states = [state_of(app, aim.run) for aim in aims]
    if all(state in ("success", "failed", "cancelled") for state in states):
        which = f"run {aims[0].run} has" if len(aims) == 1 else "these runs have"
        return f"{which} ended ({states[0]}); there is nothing to cancel. r runs again what failed"
    return ""


def no_task(app: FlowliteApp) -> str:
    """Only tasks can be marked."""
    aims = tasks_aimed_at(app)
    return (
        "" if aims and all(aim.name for aim in aims) else "put the cursor on a task of a run: only tasks can be marked"
    )


def nothing_to_undo(app: FlowliteApp) -> str:
    """Nothing was done that can be undone."""
    return "" if app.undo.steps else "there is nothing to undo: nothing that can be undone was done here"


def state_of(app: FlowliteApp, run: int) -> str:
    """Of a run, as far as it is known."""
    if run in app.world.runs:
        return app.world.runs[run].state
    if run in app.reader.runs and app.reader.runs[run].is_known:
        return app.reader.runs[run].state
    found = next((grid.by_id[run] for grid in app.reader.grids.values() if run in grid.by_id), None)
    return found.run.state if found is not None else ""


# --- doing ------------------------------------------------------------------------------------------------------------
async def trigger(app: FlowliteApp) -> None:
    """With a form."""
    detail = await app.remote.raw("dag", dag_id=dags_aimed_at(app)[0])
    run = await app.push_screen_wait(Trigger(detail))
    if run is not None:
        app.say(f"run {run} of {detail['dag']['dag_id']} is asked for", "good")
        app.go(Place("run", str(run)))


async def retry(app: FlowliteApp) -> None:
    """What failed."""
    await again(app, only_failed=True)


async def clear(app: FlowliteApp) -> None:
    """Finished work."""
    await again(app, only_failed=False)


async def again(app: FlowliteApp, *, only_failed: bool) -> None:
    """Show what would run again, then do just that."""
    agreed = await app.push_screen_wait(Again(tasks_aimed_at(app), only_failed=only_failed))
    for one in agreed or ():
        await app.remote.raw(
            "clear", run=one.ask.run, names=list(one.ask.names), index=one.ask.index, why="",
            with_downstream=one.with_downstream, only_failed=one.only_failed, seen=one.token,
        )  # fmt: skip
    if agreed:
        runs = {one.ask.run for one in agreed}
        app.unmark()
        app.say(
            f"{plural(len(runs), 'run')} {'goes' if len(runs) == 1 else 'go'} on: what was shown runs again", "good"
        )


async def cancel(app: FlowliteApp) -> None:
    """Runs that have not ended."""
    aims = [aim for aim in runs_aimed_at(app) if state_of(app, aim.run) not in ("success", "failed", "cancelled")]
    items: list[list[Piece]] = []
    for aim in aims:
        state = state_of(app, aim.run)
        items.append(
            [("  ", "text"), (glyph(state), f"state-{state}"), (f" run {aim.run}", "text"), (f"  {aim.dag_id}", "dim")]
        )
    title = f"Cancel {aims[0]} of {aims[0].dag_id}?" if len(aims) == 1 else f"Cancel {len(aims)} runs?"
    notes = ("what runs is stopped; what has ended stays as it is. It can be run again afterwards.",)
    label = f"Cancel {plural(len(aims), 'run')}"
    sheet = Confirm(title, items, label=label, number=len(aims), notes=notes, leave="Leave as it is")
    if await app.push_screen_wait(sheet):
        await asyncio.gather(*(app.remote.raw("cancel", run=aim.run, why="") for aim in aims))
        app.unmark()
        app.say(f"{plural(len(aims), 'run')} asked to end", "good")


async def mark(app: FlowliteApp) -> None:
    """How tasks ended."""
    wanted = [(ask.run, name, ask.index) for ask in asks(tasks_aimed_at(app)) for name in ask.names]
    told = await asyncio.gather(*(app.remote.raw("marked", run=run, name=name, index=at) for run, name, at in wanted))
    before = [(run, one) for (run, _, _), found in zip(wanted, told, strict=True) for one in found]
    title = wanted[0][1] if len(wanted) == 1 else plural(len(before), "task instance")
    marked = await app.push_screen_wait(MarkSheet(title, [mark_line(run, one) for run, one in before]))
    if marked is None:
        return
    for run, name, at in wanted:
        await app.remote.raw("mark", run=run, name=name, index=at, state=marked.state, why=marked.why)
    app.unmark()
    if all(one["state"] in MARKABLE for _, one in before):
        app.undo.keep(f"mark of {title}", lambda: mark_back(app, before))
    app.say(f"{title} marked {marked.state}{'; u undoes it' if app.undo.steps else ''}", "good")


def mark_line(run: int, one: Mapping[str, Any]) -> list[Piece]:
    """What is marked, and what it is now."""
    state = one["state"]
    name = instance_name(one["task_id"], one["map_index"])
    return [
        ("  ", "text"),
        (glyph(state), f"state-{state}"),
        (f" {name}", "text"),
        (f"  run {run}, now {state}", "dim"),
    ]


async def mark_back(app: FlowliteApp, before: list[tuple[int, Mapping[str, Any]]]) -> None:
    """As it was."""
    for run, one in before:
        index = one["map_index"] if one["map_index"] >= 0 else None
        await app.remote.raw("mark", run=run, name=one["task_id"], index=index, state=one["state"], why="undone")


async def pause(app: FlowliteApp) -> None:
    """Or unpause: the other of what each is."""
    ids = dags_aimed_at(app)
    is_paused = not all(app.world.dags[dag_id].is_paused for dag_id in ids)
    changed = [dag_id for dag_id in ids if app.world.dags[dag_id].is_paused != is_paused]
    await set_paused(app, changed, is_paused=is_paused)
    word = "paused" if is_paused else "unpaused"
    what = changed[0] if len(changed) == 1 else plural(len(changed), "DAG")
    app.undo.keep(f"{what} {word}", lambda: set_paused(app, changed, is_paused=not is_paused))
    app.unmark()
    app.say(f"{what} {word}; u undoes it", "good")


async def set_paused(app: FlowliteApp, ids: list[str], *, is_paused: bool) -> None:
    """All of them."""
    verb = "pause_dag" if is_paused else "unpause_dag"
    await asyncio.gather(*(app.remote.raw(verb, dag_id=dag_id) for dag_id in ids))


async def undo(app: FlowliteApp) -> None:
    """The last step that can be undone."""
    app.say(f"undone: {await app.undo.undo()}", "good")


def work(
    verb: str, title: str, key: str, run: Any, reason: Any, *, rank: int, hint: str = "", is_danger: bool = False
) -> Action:  # fmt: skip
    """One that changes something, wherever one is."""
    return Action(
        id=f"everywhere.{verb}", title=title, keys=(key,), run=run, reason=reason, hint=hint, changes=True,
        is_danger=is_danger, rank=rank,
    )  # fmt: skip


WORK = (
    work("trigger", "Trigger the DAG", "t", trigger, no_single_dag, hint="trigger", rank=40),
    work("retry", "Retry what failed", "r", retry, nothing_failed, hint="retry", is_danger=True, rank=20),
    work("clear", "Clear: run finished work again", "R", clear, no_run, hint="clear", is_danger=True, rank=35),
    work("cancel", "Cancel the run", "x", cancel, nothing_unfinished, hint="cancel", is_danger=True, rank=30),
    work("mark", "Mark how a task ended", "m", mark, no_task, hint="mark", is_danger=True, rank=52),
    work("pause", "Pause or unpause the DAG", "p", pause, no_dag, hint="pause", rank=42),
    work("undo", "Undo the last step", "u", undo, nothing_to_undo, rank=90),
)
