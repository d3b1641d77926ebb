"""`flowlite init`: a small working project to begin with. Files that are there already stay as they are."""

from __future__ import annotations

from pathlib import Path

import click

from flowlite.cli.output import json_option, paint, print_json, say
from flowlite.cli.tables import Cell

STARTER = Path(__file__).parent / "starter"
NAMES = {"gitignore": ".gitignore"}


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@json_option
def init(folder: Path, as_json: bool) -> None:
    """Write a small working project into DIR (default: here)."""
    written: list[Path] = []
    kept: list[Path] = []
    for source in starter_files():
        target = folder / _target(source.relative_to(STARTER))
        (kept if target.exists() else written).append(target)
        if target not in kept:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    if as_json:
        print_json({"written": written, "kept": kept})
        return
    for path in written:
        paint(Cell("  wrote  ", "green"), str(path))
    for path in kept:
        paint(Cell("  kept   ", "yellow"), f"{path} (was there already)")
    go = "" if folder == Path() else f"cd {folder} && "
    say(f"\nNext: {go}flowlite run hello")


def starter_files() -> list[Path]:
    """The files of the starter project, without what Python or pytest leave behind."""
    return sorted(path for path in STARTER.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _target(path: Path) -> Path:
    return path.with_name(NAMES.get(path.name, path.name))
