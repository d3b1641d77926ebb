"""`flowlite check`: load every DAG file, and report every problem with file and line."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.output import json_option, paint, print_json, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import count

if TYPE_CHECKING:
    from flowlite.service.records import ClockChange

MOST_NAMED = 5


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@json_option
@click.pass_obj
def check(setting: Setting, paths: tuple[Path, ...], as_json: bool) -> None:
    """Load every DAG file (of the project, or of PATH) and report every problem."""
    from flowlite.loading.catalog import load_folder
    from flowlite.loading.files import same_names
    from flowlite.service.declared import clock_changes

    place = setting.place
    found = load_folder(paths or place.dag_folders, place.defaults)
    changes = clock_changes(found.dags.values(), time.time())
    twins = same_names(found.files)
    if as_json:
        told = {"files": found.files, "dags": sorted(found.dags), "problems": found.problems}
        print_json({**told, "clock_changes": changes, "same_names": twins})
    else:
        for problem in found.problems:
            paint(Cell("✗ ", "red"), str(problem))
        for note in [*clock_notes(changes), *name_notes(twins)]:
            paint(Cell("· ", "yellow"), note)
    if found.problems:
        raise WorkFailed(f"{count(len(found.problems), 'problem')} in {count(len(found.files), 'file')}")
    if not as_json:
        say(f"✓ {count(len(found.files), 'file')}, {count(len(found.dags), 'DAG')}: all in order")


def clock_notes(changes: Iterable[ClockChange]) -> list[str]:
    """What clock changes do in the coming year."""
    return [f"{note}: an interval of {some(names)}" for note, names in by_note(changes).items()]


def name_notes(twins: Mapping[str, list[Path]]) -> list[str]:
    """Modules of one name."""
    rule = "each DAG file gets its nearest; import it at the head of a file, never in a function"
    return [f"{name!r} is {some([str(file) for file in files])}: {rule}" for name, files in twins.items()]


def by_note(changes: Iterable[ClockChange]) -> dict[str, list[str]]:
    """Who is bent by each change, in the order of time: daily and hourly DAGs have different intervals of one note."""
    told: dict[str, list[str]] = {}
    for change in changes:
        told[change.note] = sorted({*told.get(change.note, ()), *change.dags})
    return told


def some(names: list[str]) -> str:
    """All of a few names; of many, the first and how many more."""
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"
