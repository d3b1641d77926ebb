"""Options that several commands take, the same everywhere."""

from __future__ import annotations

import click

from flowlite.cli.targets import PARAMETER, TARGET

date_option = click.option("--date", metavar="D", help="Logical date: 2024-01-31, or 2024-01-31T06:00 (default: now).")
param_option = click.option(
    "--param", "params", multiple=True, type=PARAMETER, metavar="K=V", help="A parameter; may be given again."
)
part_option = click.option(
    "--task", "tasks", multiple=True, metavar="T", help="Only this task or group, and all it needs upstream."
)
task_option = click.option(
    "--task", "tasks", multiple=True, type=TARGET, metavar="T", help="Only T (or T[3], or a group)."
)
why_option = click.option("--why", "reason", default="", metavar="TEXT", help="Why, for the record.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
dry_option = click.option("--dry-run", is_flag=True, help="Only show what would happen.")
rehearsal_option = click.option("--dry-run", "is_dry", is_flag=True, help="Say what would run, and run nothing.")
