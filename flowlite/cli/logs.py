"""`flowlite logs`: what tasks wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from flowlite.cli.faults import WRONG_USE, Refused
from flowlite.cli.output import json_option, paint, print_json, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.targets import RUN, TARGET, Target
from flowlite.core.terminal_text import without_colors

COLORS = {"error": "red", "err": "yellow", "warn": "yellow", "flow": "bright_black", "debug": "bright_black"}
LABEL = slice(25, 30)  # where a line says which stream or level it is


@click.command()
@click.argument("run", type=RUN)
@click.argument("task", type=TARGET, required=False)
@click.option("--attempt", type=click.IntRange(1), help="Which attempt (default: the latest).")
@click.option("--tail", "lines", type=click.IntRange(1), help="Only the last N lines of each log.", metavar="N")
@click.option("--follow", "-f", is_flag=True, help="Go on until the attempt has ended.")
@json_option
@click.pass_obj
def logs(
    setting: Setting, run: int, task: Target | None, attempt: int | None, lines: int | None, follow: bool, as_json: bool
) -> None:
    """Show the log of TASK in RUN (`fetch` or `fetch[3]`), or of all its tasks."""
    if follow:
        follow_log(setting, run, task, attempt)
        return
    found = setting.ask(lambda client: client.logs(run, *(task or (None, None)), attempt=attempt))
    if as_json:
        print_json([{**_named(one), "lines": list(_lines(one.path, lines))} for one in found])
        return
    for one in found:
        if len(found) > 1:
            paint(Cell(f"── {one.name} · attempt {one.attempt} ", "bright_black"))
        for line in _lines(one.path, lines):
            show(line)
    if not found:
        say("nothing was written: a coroutine or a thread has a log from its first line on")


def follow_log(setting: Setting, run: int, task: Target | None, attempt: int | None) -> None:
    """Print lines as they come, until the attempt has ended."""
    if task is None:
        raise Refused(f"--follow needs a task: flowlite logs {run} TASK --follow", WRONG_USE)
    setting.ask(lambda client: client.follow_log(run, task.task_id, task.index, attempt, show))


def show(line: str) -> None:
    """One line in the colour of its stream."""
    paint(Cell(without_colors(line), COLORS.get(line[LABEL].strip())))


def _named(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("run_id", "task_id", "map_index", "attempt", "path")}


def _lines(path: Path, lines: int | None) -> Iterable[str]:
    from flowlite.service.logs import tail, whole

    return whole(path) if lines is None else tail(path, lines)
