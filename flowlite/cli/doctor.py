"""`flowlite doctor`: look at this machine and this project, and say how to fix what is missing."""

from __future__ import annotations

from collections.abc import Iterator

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.machine import Finding, findings
from flowlite.cli.output import json_option, paint, print_json
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.core.errors import FlowliteError

LOOKS = {"ok": ("✓", "green"), "note": ("!", "yellow"), "problem": ("✗", "red")}


@click.command()
@json_option
@click.pass_obj
def doctor(setting: Setting, as_json: bool) -> None:
    """Check this machine and the configuration, and say how to fix what is missing."""
    found = list(looked_at(setting))
    if as_json:
        print_json(found)
    else:
        for finding in found:
            show(finding)
    problems = sum(finding.verdict == "problem" for finding in found)
    if problems:
        raise WorkFailed(f"{problems} of {len(found)} checks found a problem; the fix stands below each")


def looked_at(setting: Setting) -> Iterator[Finding]:
    """The configuration first: where the state lies is written there."""
    try:
        where = setting.config_path
        state = setting.state_folder
    except FlowliteError as error:
        yield Finding("configuration", "problem", str(error), "correct that line")
        return
    yield Finding("configuration", "ok", str(where) if where else "no flowlite.toml: built-in settings")
    yield from dag_folders(setting)
    yield from connections(setting)
    yield sqlite()
    yield from findings(state)


def dag_folders(setting: Setting) -> Iterator[Finding]:
    """Whether the folders of `dags = [...]` are there."""
    if setting.config_path is None:
        return
    for folder in setting.dag_folders:
        if folder.exists():
            yield Finding("DAG files", "ok", str(folder))
        else:
            yield Finding(
                "DAG files", "problem", f"{folder} is not there", f"mkdir {folder}, or correct `dags` in flowlite.toml"
            )


def sqlite() -> Finding:
    """The library that holds the state."""
    from flowlite.client.state_file import sqlite_version

    found, least = sqlite_version()
    if tuple(map(int, found.split("."))) < tuple(map(int, least.split("."))):
        return Finding("SQLite", "problem", f"{found} is too old", f"install a Python with SQLite {least} or later")
    return Finding("SQLite", "ok", found)


def connections(setting: Setting) -> Iterator[Finding]:
    """Connections and channels whose secrets are missing."""
    for problem in setting.settings.problems:
        yield Finding("configuration", "note", f"{problem.where}: {problem.message}", problem.fix)


def show(finding: Finding) -> None:
    """One line, and the fix below it."""
    mark, color = LOOKS[finding.verdict]
    paint(Cell(mark, color), f" {finding.what:<14} {finding.says}")
    if finding.fix:
        paint(f"  {'':<14} ", Cell(f"→ {finding.fix}", "cyan"))
