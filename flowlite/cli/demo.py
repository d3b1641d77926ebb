"""`flowlite demo`: the example pipelines on embedded stand-ins."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.setting import Setting


@click.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where (default: .flowlite/demo).")
@click.option("--date", "dates", multiple=True, type=click.DateTime(["%Y-%m-%d"]), help="Only these.")
@click.pass_obj
def demo(setting: Setting, folder: Path | None, dates: tuple[datetime, ...]) -> None:
    """Play the example pipelines on stand-ins for the outside world, all on this machine."""
    from flowlite.demo import play

    place = folder or setting.state or Path(".flowlite/demo")
    code = play(place.absolute(), [date.date() for date in dates] or None)
    if code == 130:  # Ctrl-C: it has said so itself
        raise click.exceptions.Exit(code)
    if code != 0:
        raise WorkFailed("the demo did not go well; what it printed says where")
