"""`flowlite dags`: what DAG files declare."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.marks import color, mark
from flowlite.cli.output import json_option, paint, print_json, print_table, say, terminal_width
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import ago, count, date, instant, length

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.service.records import DagDetail, DagInfo, Fire, TaskInfo

COMMANDS = {
    "list": Lazy("flowlite.cli.dags:list_", "List all DAGs with their last runs."),
    "show": Lazy("flowlite.cli.dags:show", "Show a DAG: schedule, tasks, parameters."),
    "graph": Lazy("flowlite.cli.dags:graph", "Draw a DAG."),
    "next": Lazy("flowlite.cli.dags:next_", "Show the next fires of a DAG and what they cover."),
    "pause": Lazy("flowlite.cli.dag_flags:pause", "Let schedules start no run any more."),
    "unpause": Lazy("flowlite.cli.dag_flags:unpause", "Let schedules go on."),
    "priority": Lazy("flowlite.cli.dag_flags:priority", "Let a DAG go before others, or after them."),
}
SHOWN_FIRES = 3
SHAPES = {"sensor": "◌", "approval": "?", "trigger": "→", "shell": "$"}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def dags() -> None:
    """List, show, draw, pause and unpause DAGs; their next fires."""


@click.command("list")
@json_option
@click.pass_obj
def list_(setting: Setting, as_json: bool) -> None:
    """List all DAGs with their last runs (newest on the right)."""
    found, problems = setting.ask(_all_dags)
    if as_json:
        print_json({"dags": found, "problems": problems})
        return
    now = time.time()
    rows = [
        (
            Cell(dag.dag_id, "bright_black" if dag.is_paused else None),
            dag.schedule or "-",
            str(dag.tasks),
            fire(dag, now),
            last(dag),
        )
        for dag in found
    ]
    print_table(["dag", "schedule", "tasks", "next fire", "last runs"], rows, right=["tasks"], empty=_empty(setting))
    for problem in problems:
        paint(Cell("✗ ", "red"), str(problem), err=True)


async def _all_dags(client: Client) -> tuple[list[DagInfo], list[object]]:
    return await client.dags(), list(await client.file_problems())


def _empty(setting: Setting) -> str:
    return f"no DAGs in {', '.join(map(str, setting.dag_folders))}; `flowlite init` writes a first one"


def fire(dag: DagInfo, now: float) -> str:
    """When it runs next."""
    return "paused" if dag.is_paused else ago(dag.next_fire_at, now)


def last(dag: DagInfo) -> Cell:
    """A mark for each of the last runs, oldest first."""
    marks = "".join(mark(state) for state in reversed(dag.last_states))
    return Cell(marks, color(dag.last_states[0])) if dag.last_states else Cell("never", "bright_black")


@click.command()
@click.argument("dag")
@json_option
@click.pass_obj
def show(setting: Setting, dag: str, as_json: bool) -> None:
    """Show DAG: what it is for, when it runs, its tasks, its parameters."""
    setting, dag_id = setting.for_dag(dag)

    async def asked(client: Client) -> tuple[DagDetail, list[Fire]]:
        name = dag_id or client.only_dag().id
        return await client.dag(name), await client.coming(name, SHOWN_FIRES)

    found, fires = setting.ask(asked)
    if as_json:
        print_json({**_fields(found), "next_fires": fires})
        return
    show_dag(found, fires)


def _fields(found: DagDetail) -> dict[str, object]:
    return {name: getattr(found, name) for name in type(found).__dataclass_fields__}


def show_dag(found: DagDetail, fires: list[Fire]) -> None:
    """For people."""
    dag = found.dag
    paint(Cell(dag.dag_id, bold=True), f"  {dag.file}")
    if dag.description:
        say(f"{dag.description}\n")
    for name, value in facts(found):
        say(f"{name:<16} {value}")
    for number, coming in enumerate(fires):
        paint(f"{'next fires' if not number else '':<16} ", *fire_told(coming))
    say()
    print_table(
        ["task", "kind", "runs", "after", "pool", "retries", "timeout"], [task_row(task) for task in found.tasks]
    )
    if found.params_schema is not None:
        say("\nparameters")
        print_table(["name", "type", "default", "what"], params_rows(found.params_schema), empty="none")


def facts(found: DagDetail) -> list[tuple[str, str]]:
    """What there is to say, without what nobody set."""
    dag = found.dag
    told = [
        ("schedule", dag.schedule or "none: started by hand or by others"),
        ("paused", "yes" if dag.is_paused else ""),
        ("priority", f"{dag.priority}{', set by hand' if dag.is_priority_by_hand else ''}" if dag.priority else ""),
        ("active runs", f"{found.max_active_runs} at most"),
        ("catchup", "yes" if found.catchup else ""),
        ("owner", dag.owner or ""),
        ("tags", ", ".join(dag.tags)),
        ("starts after", ", ".join(found.starts_after)),
        ("then starts", ", ".join(found.starts_next)),
        ("groups", f"{', '.join(found.groups)} (each tried again as a unit)" if found.groups else ""),
        ("runs so far", f"{dag.runs}, the last {dag.last_run.state}" if dag.last_run else "none"),
    ]
    return [(name, value) for name, value in told if value]


def task_row(task: TaskInfo) -> tuple[str, ...]:
    """A task in one line."""
    rule = "" if task.rule == "all_success" else f" ({task.rule})"
    pool = task.pool if task.slots == 1 else f"{task.pool} ×{task.slots}"
    name = f"{task.task_id} []" if task.is_map else task.task_id
    return (
        name, task.kind, task.isolation, ", ".join(task.after) + rule, pool, str(task.retries or ""),
        length(task.timeout_s) if task.timeout_s is not None else "",
    )  # fmt: skip


def params_rows(schema: object) -> list[tuple[str, ...]]:
    """Name, type, default and description of each field of a JSON schema."""
    import json

    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return [
        (
            name,
            str(
                field.get("type") or " | ".join(str(one.get("type", "?")) for one in field.get("anyOf", ())) or "object"
            ),
            json.dumps(field["default"]) if "default" in field else "(needed)",
            str(field.get("description", "")),
        )
        for name, field in properties.items()
    ]


@click.command()
@click.argument("dag")
@json_option
@click.pass_obj
def graph(setting: Setting, dag: str, as_json: bool) -> None:
    """Draw DAG from left to right; as a list if the terminal is too narrow."""
    from flowlite.cli.drawing import draw
    from flowlite.core.terminal_text import safe_line

    setting, dag_id = setting.for_dag(dag)
    found = setting.ask(lambda client: client.dag(dag_id or client.only_dag().id))
    after = {task.task_id: list(task.after) for task in found.tasks}
    if as_json:
        print_json({"dag_id": found.dag.dag_id, "tasks": found.tasks, "edges": edges(after)})
        return
    labels = {task.task_id: safe_line(label(task)) for task in found.tasks}
    for line in draw(after, labels, width=terminal_width()):
        say(line)
    used = {SHAPES[task.kind]: task.kind for task in found.tasks if task.kind in SHAPES}
    legend = [f"{shape} {kind}" for shape, kind in used.items()] + ["[] mapped"] * any(
        task.is_map for task in found.tasks
    )
    if legend:
        paint(Cell(f"\n{count(len(found.tasks), 'task')}   {'   '.join(legend)}", "bright_black"))


def label(task: TaskInfo) -> str:
    """A mark for what kind it is, the id, `[]` if it is mapped."""
    return f"{SHAPES.get(task.kind, '○')} {task.task_id}{'[]' if task.is_map else ''}"


def edges(after: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Pairs of upstream and downstream."""
    return [(source, task) for task, sources in after.items() for source in sources]


@click.command("next")
@click.argument("dag")
@click.option("-n", "--number", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@json_option
@click.pass_obj
def next_(setting: Setting, dag: str, number: int, as_json: bool) -> None:
    """Show the next fires of DAG, and the data interval that each covers (times in UTC)."""
    setting, dag_id = setting.for_dag(dag)

    async def asked(client: Client) -> list[Fire]:
        return await client.coming(dag_id or client.only_dag().id, number)

    found = setting.ask(asked)
    if as_json:
        print_json(found)
        return
    if not found:
        say("no fires to come: it has no schedule of times; `flowlite run` starts it by hand")
    for coming in found:
        paint(*fire_told(coming))


def fire_told(coming: Fire) -> tuple[str | Cell, ...]:
    """`2024-01-02 00:00:00Z  covers 2024-01-01 to 2024-01-02`, and what a clock change does to it."""
    told = f"{instant(coming.fires_at)}  covers {date(coming.data_interval_start)} to {date(coming.data_interval_end)}"
    return (told, Cell(f"  {coming.note}", "yellow")) if coming.note else (told,)
