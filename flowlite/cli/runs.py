"""`flowlite runs`: look at runs, and put them right."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.marks import color, mark
from flowlite.cli.output import json_option, paint, print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.targets import RUN, TARGET, Target
from flowlite.cli.words import ago, date, instant, length

if TYPE_CHECKING:
    from flowlite.store.views import RunDetail, RunView, TaskView

STATES = ("queued", "running", "success", "failed", "cancelled")
COMMANDS = {
    "list": Lazy("flowlite.cli.runs:list_", "List the newest runs."),
    "show": Lazy("flowlite.cli.runs:show", "Show a run with all its tasks, or one task."),
    "retry": Lazy("flowlite.cli.again:retry", "Run again what failed, and what was blocked by it."),
    "clear": Lazy("flowlite.cli.again:clear", "Run finished work again, with everything downstream."),
    "resume": Lazy("flowlite.cli.again:resume", "Go on with runs that were left unfinished."),
    "mark": Lazy("flowlite.cli.by_hand:mark", "Say by hand how a task ended."),
    "cancel": Lazy("flowlite.cli.by_hand:cancel", "Cancel runs that have not ended."),
    "priority": Lazy("flowlite.cli.by_hand:priority", "Let a run go before others, or after them."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def runs() -> None:
    """List, show, retry, clear, mark, cancel and prioritize runs."""


@click.command("list")
@click.argument("dag", required=False)
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only runs in that state.")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many.")
@json_option
@click.pass_obj
def list_(setting: Setting, dag: str | None, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List the newest runs, of DAG or of all."""
    found = setting.ask(lambda client: client.runs(dag, states=states, limit=limit))
    if as_json:
        print_json([run_fields(run) for run in found])
        return
    now = time.time()
    heads = ["run", "dag", "logical date", "state", "kind", "took", "created"]
    rows = [
        (
            str(run.id),
            run.dag_id,
            date(run.logical_date),
            state_cell(run),
            run.kind,
            length(run.duration_s),
            ago(run.created_at, now),
        )
        for run in found
    ]
    print_table(heads, rows, right=["run", "took"], empty="no runs; `flowlite run DAG` makes one")


@click.command()
@click.argument("run", type=RUN)
@click.argument("task", type=TARGET, required=False)
@json_option
@click.pass_obj
def show(setting: Setting, run: int, task: Target | None, as_json: bool) -> None:
    """Show RUN with all its tasks, or TASK in it with its attempts and what it told below itself (dbt models)."""
    if task is not None:
        from flowlite.cli.task_shown import show_task

        show_task(setting, run, task, as_json=as_json)
        return
    found = setting.ask(lambda client: client.run(run))
    if as_json:
        print_json({"run": run_fields(found.run), "tasks": found.tasks, "counts": found.counts})
        return
    show_run(found)


def show_run(found: RunDetail) -> None:
    """Its facts, then one line for each task."""
    run = found.run
    paint(Cell(f"run {run.id}", bold=True), f" of {run.dag_id}  ", state_cell(run))
    say(f"logical date  {instant(run.logical_date)}   {run.kind}{f', asked by {run.asked_by}' if run.asked_by else ''}")
    if run.data_interval_end != run.data_interval_start:
        say(f"data interval {instant(run.data_interval_start)} to {instant(run.data_interval_end)}")
    say(f"started       {instant(run.started_at)}   took {length(run.duration_s)}")
    if run.params != "{}":
        say(f"params        {run.params}")
    say()
    rows = [
        (
            Cell(f"{mark(task.state)} {task.id}", color(task.state)),
            task.state,
            of_map(task),
            str(task.attempt),
            length(took(task)),
        )
        for task in found.tasks
    ]
    print_table(["task", "state", "elements", "attempt", "took"], rows, right=["attempt", "took"])


def of_map(task: TaskView) -> str:
    """`98 success, 2 failed` for a map."""
    if not task.is_map:
        return ""
    return (
        ", ".join(f"{number} {state}" for state, number in task.counts.items())
        if task.width is not None
        else "not expanded"
    )


def took(task: TaskView) -> float | None:
    """From the first start to the end of the last, once all of it has ended."""
    return None if task.started_at is None or task.ended_at is None else task.ended_at - task.started_at


def state_cell(run: RunView) -> Cell:
    """The state; a wish of a person and failures under a green end stand beside it."""
    note = (
        f" ({run.wish} asked)"
        if run.wish and run.ended_at is None
        else " (with failures)"
        if run.state == "success" and run.had_failures
        else ""
    )
    return Cell(f"{mark(run.state)} {run.state}{note}", color(run.state))


def run_fields(run: RunView) -> dict[str, object]:
    """A run as JSON shows it: its number is text, its parameters are an object."""
    import json

    names = [name for name in type(run).__dataclass_fields__ if name not in ("id", "params")]
    fields = {name: getattr(run, name) for name in names}
    return {"run_id": str(run.id), **fields, "params": json.loads(run.params), "duration_s": run.duration_s}
