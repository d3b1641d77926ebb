"""`flowlite db`: the state file as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowlite.cli.faults import WRONG_USE, Refused, WorkFailed
from flowlite.cli.lazy import Lazy, LazyGroup
from flowlite.cli.output import json_option, paint, print_json, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import count, size

if TYPE_CHECKING:
    from flowlite.service.desk import Desk
    from flowlite.service.keeping import Removed

COMMANDS = {
    "backup": Lazy("flowlite.cli.db:backup", "Write a whole copy, also while work goes on."),
    "restore": Lazy("flowlite.cli.db:restore", "Put a backup in the place of the state."),
    "check": Lazy("flowlite.cli.db:check", "Look for damage and for what must not be."),
    "prune": Lazy("flowlite.cli.db:prune", "Remove old runs with their logs and results."),
    "migrate": Lazy("flowlite.cli.db:migrate", "Bring an older state to this version."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def db() -> None:
    """Back up, restore, check, prune and migrate the state."""


def existing(setting: Setting) -> Path:
    """The state file, which must be there."""
    if not setting.state_file.exists():
        raise Refused(f"there is no state in {setting.state_folder} yet; `flowlite run DAG` makes it", WRONG_USE)
    return setting.state_file


@click.command()
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def backup(setting: Setting, target: Path | None, as_json: bool) -> None:
    """Write a whole, checked copy to TARGET (default: backups/ in the state folder)."""
    from flowlite.client.state_file import back_up

    made = back_up(existing(setting), target)
    if as_json:
        print_json({"path": made, "size_bytes": made.stat().st_size})
        return
    say(f"✓ {made} ({size(made.stat().st_size)})")


@click.command()
@click.argument("backup_file", metavar="BACKUP", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def restore(setting: Setting, backup_file: Path, yes: bool, as_json: bool) -> None:
    """Put BACKUP in the place of the state; what was there is kept in backups/."""
    from flowlite.client.state_file import check_backup, put_back

    check_backup(backup_file, setting.state_file)
    if not (yes or as_json):
        click.confirm(f"Put {backup_file} in the place of {setting.state_file}?", abort=True)
    replaced = put_back(backup_file, setting.state_file)
    if as_json:
        print_json({"path": setting.state_file, "replaced": replaced})
        return
    say(f"✓ {setting.state_file} is {backup_file} now" + (f"; what was there is {replaced}" if replaced else ""))


@click.command()
@json_option
@click.pass_obj
def check(setting: Setting, as_json: bool) -> None:
    """Look for damage in the state, and for what must not be; change nothing."""
    from flowlite.client.state_file import looked_over

    found = looked_over(existing(setting))
    if as_json:
        print_json({"path": setting.state_file, "violations": found.violations, "sizes": found.sizes})
    for violation in () if as_json else found.violations:
        paint(Cell("✗ ", "red"), violation)
    if found.violations:
        raise WorkFailed(
            f"{count(len(found.violations), 'violation')} in {setting.state_file}; `flowlite db restore` helps"
        )
    if not as_json and found.sizes is not None:
        rows = found.sizes.rows
        say(f"✓ {setting.state_file}: {size(found.sizes.file_bytes)}, schema {found.sizes.schema}, "
            f"{count(rows['run'], 'run')}, {count(rows['attempt'], 'attempt')}: all in order")  # fmt: skip


@click.command()
@click.option(
    "--older-than", "days", type=click.FloatRange(0), metavar="DAYS", help="Default: [retention] of flowlite.toml."
)
@click.option("--keep", type=click.IntRange(0), metavar="N", help="So many of the newest runs of each DAG stay.")
@json_option
@click.pass_obj
def prune(setting: Setting, days: float | None, keep: int | None, as_json: bool) -> None:
    """Remove old finished runs with their logs and results."""
    from flowlite.client.state_file import keep_of

    existing(setting)
    wanted = keep_of(setting.settings.retention, days, keep)

    async def work(desk: Desk) -> Removed:
        return await desk.prune(
            wanted.runs_days, wanted.logs_days, wanted.events_days, wanted.keep_runs, wanted.size_bytes,
            look=lambda removed: None,
        )  # fmt: skip

    removed = setting.change(work)
    if as_json:
        print_json(removed)
        return
    how = "of any age" if wanted.runs_days is None else f"older than {wanted.runs_days:g} days"
    say(
        f"✓ {count(removed.runs, 'run')} and the logs of {count(removed.logs, 'more run')} removed, "
        f"{size(removed.file_bytes)}: {how}, not of the newest {wanted.keep_runs} of a DAG"
    )
    if removed.is_too_large:
        takes = f"the state takes {size(removed.size_bytes)}, more than size_gib"
        say(f"{takes}; lower keep_runs, or raise size_gib", err=True)


@click.command()
@json_option
@click.pass_obj
def migrate(setting: Setting, as_json: bool) -> None:
    """Bring the state to this version of flowlite; a copy is made before."""
    from flowlite.client.state_file import migrated

    before, after = migrated(existing(setting))
    if as_json:
        print_json({"path": setting.state_file, "schema_before": before, "schema": after})
        return
    say(f"✓ {setting.state_file} has schema {after}" + (f" (was {before})" if before != after else " already"))
