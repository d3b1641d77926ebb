"""`flowlite check`: load every DAG file, and report every problem with file and line."""

from __future__ import annotations

from pathlib import Path

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.output import json_option, paint, print_json, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import count


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@json_option
@click.pass_obj
def check(setting: Setting, paths: tuple[Path, ...], as_json: bool) -> None:
    """Load every DAG file (of the project, or of PATH) and report every problem."""
    from flowlite.loading.catalog import load_folder

    place = setting.place
    found = load_folder(paths or place.dag_folders, place.defaults)
    if as_json:
        print_json({"files": found.files, "dags": sorted(found.dags), "problems": found.problems})
    else:
        for problem in found.problems:
            paint(Cell("✗ ", "red"), str(problem))
    if found.problems:
        raise WorkFailed(f"{count(len(found.problems), 'problem')} in {count(len(found.files), 'file')}")
    if not as_json:
        say(f"✓ {count(len(found.files), 'file')}, {count(len(found.dags), 'DAG')}: all in order")
