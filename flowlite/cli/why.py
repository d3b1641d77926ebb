"""`flowlite why`: the root cause of a failure, or what keeps something from running."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowlite.cli.marks import color, mark
from flowlite.cli.output import json_option, paint, plain, print_json, print_table, say
from flowlite.cli.runs import run_fields
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.targets import RUN, TARGET, Target
from flowlite.cli.words import count, instant, size

if TYPE_CHECKING:
    from flowlite.service.records import Cause, Why

MOST_BLOCKED = 8
MESSAGE_LINES = 12


@click.command()
@click.argument("run", type=RUN)
@click.argument("task", type=TARGET, required=False)
@json_option
@click.pass_obj
def why(setting: Setting, run: int, task: Target | None, as_json: bool) -> None:
    """Say why RUN (or TASK in it) failed, or why it is not running yet."""
    found = setting.ask(lambda client: client.why(run, task.task_id if task else None))
    if as_json:
        print_json({**plain(found), "run": run_fields(found.run)})
        return
    show(found)


def show(found: Why) -> None:
    """The headline, the cause, what is left."""
    paint(Cell(f"{mark(found.run.state)} ", color(found.run.state)), Cell(found.headline, bold=True))
    if found.cause is not None:
        show_cause(found.cause)
    if found.holds:
        say()
        rows = [(Cell(_name(hold), color(hold.state)), hold.state, hold.reason) for hold in found.holds]
        print_table(["task", "state", "why"], rows)


def show_cause(cause: Cause) -> None:
    """What happened, where, what it wrote, what it blocked, what to do."""
    failure = cause.failure
    say()
    label = (
        f"{failure.name} · attempt {failure.attempt} · {failure.kind.replace('_', ' ')} · {instant(failure.ended_at)}"
    )
    paint("  ", Cell(label, "red"))
    for line in failure.said.splitlines()[:MESSAGE_LINES]:
        paint("  ", Cell(line, bold=True))
    show_place(cause)
    show_facts(cause)
    if cause.log_tail:
        say("\n  its last lines:")
        for line in cause.log_tail:
            paint(Cell(f"    {line}", "bright_black"))
    say()
    paint(Cell(f"  → {cause.advice}", "cyan"))


def show_place(cause: Cause) -> None:
    """The author's own line."""
    failure = cause.failure
    if cause.deeper is not None:
        deeper = cause.deeper
        said = deeper.failure.said.partition("\n")[0]
        place = "" if deeper.failure.file is None else f" ({deeper.failure.file}:{deeper.failure.line})"
        say(f"  because in run {deeper.run_id} of {deeper.dag_id} {deeper.failure.name} failed: {said}{place}")
    if failure.file is None:
        if failure.declared_file is not None:
            say(f"  declared at {failure.declared_file}:{failure.declared_line}")
        return
    where = f" in {failure.function}" if failure.function and not failure.function.startswith("<") else ""
    say(f"  {failure.file}:{failure.line}{where}")
    if cause.source:
        paint(Cell(f"      {cause.source}", "yellow"))


def show_facts(cause: Cause) -> None:
    """One line for each thing that is known."""
    failure = cause.failure
    if failure.exit_code is not None:
        say(f"  exit code {failure.exit_code}")
    if failure.peak_rss_bytes is not None and failure.kind == "out_of_memory":
        say(f"  it used {size(failure.peak_rss_bytes)} at its peak")
    if cause.elements > 1:
        say(f"  {count(cause.elements, 'element')} of {failure.task_id} failed; this one was the first")
    if cause.also_failed:
        say(f"  also failed: {_some(cause.also_failed)}")
    if cause.blocked:
        say(f"  blocked: {_some(cause.blocked)}")
    if cause.same_error is not None and len(cause.same_error.runs) > 1:
        say(f"  same error in {len(cause.same_error.runs)} of the last {cause.same_error.looked_at} runs")


def _name(hold: object) -> str:
    task_id, index = getattr(hold, "task_id", ""), getattr(hold, "map_index", -1)
    return str(task_id) if index < 0 else f"{task_id}[{index}]"


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_BLOCKED} more" if len(names) > MOST_BLOCKED else ""
    return ", ".join(names[:MOST_BLOCKED]) + more
