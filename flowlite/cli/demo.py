"""`flowlite demo`: the example pipelines on embedded stand-ins."""

from __future__ import annotations

from pathlib import Path

import click

from flowlite.cli.faults import WorkFailed
from flowlite.cli.output import is_terminal
from flowlite.cli.setting import Setting


@click.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where (default: .flowlite/demo).")
@click.option("--quick", is_flag=True, help="Two days in the place of a month; too few to train a model on.")
@click.option("--plain", is_flag=True, help="Lines in the place of the terminal UI.")
@click.pass_obj
def demo(setting: Setting, folder: Path | None, quick: bool, plain: bool) -> None:
    """Play the five example pipelines in fast motion, on stand-ins for the outside world, all on this machine."""
    from flowlite.demo import play
    from flowlite.demo.programme import QUICK

    place = folder or setting.state or Path(".flowlite/demo")
    code = play(place.absolute(), QUICK if quick else None, with_tui=is_terminal() and not plain)
    if code == 130:  # Ctrl-C: it has said so itself
        raise click.exceptions.Exit(code)
    if code != 0:
        raise WorkFailed("the demo did not go well; what it printed says where")
