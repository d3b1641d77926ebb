"""The body of a dbt task: a process of its own, forked from a server that has dbt and the manifest in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowlite import Context
from flowlite.integrations import is_template, rendered
from flowlite.integrations.dbt.engines import Dbt
from flowlite.integrations.dbt.errors import DbtError
from flowlite.integrations.dbt.nodes import Node
from flowlite.integrations.dbt.project_files import fingerprint
from flowlite.integrations.dbt.running import run_selection
from flowlite.integrations.dbt.selection import Place, Selection


def run_dbt(
    ctx: Context,
    command: str,
    project: str,
    profiles: str,
    target: str | None,
    select: list[str],
    exclude: list[str],
    vars: dict[str, Any],  # noqa: A002 - the name that dbt gives it
    env: dict[str, str],
    threads: int | None,
    full_refresh: bool,
    executable: str | None,
    is_warm: bool,
) -> dict[str, Any]:
    """Run dbt once and return a summary of its nodes."""
    fixed = {name: value for name, value in env.items() if not is_template(value)}
    parsed_place = Place(project=project, profiles=profiles, target=target, env=fixed)
    selection = Selection(
        place=Place(project=project, profiles=profiles, target=target, env=rendered(env, ctx)),
        command=command,
        select=tuple(rendered(select, ctx)),
        exclude=tuple(rendered(exclude, ctx)),
        vars=rendered(vars, ctx),
        threads=threads,
        full_refresh=full_refresh,
    )
    return run_selection(
        selection,
        dbt_for(parsed_place, ctx, executable, is_warm=is_warm),
        ctx.attempt_dir,
        project_files=fingerprint(project, profiles),
        previous=ctx.previous_attempt_dir,
        tell=Rows(ctx).tell,
    )


def dbt_for(place: Place, ctx: Context, executable: str | None, *, is_warm: bool) -> Dbt:
    """dbt in this process over the warm manifest; where dbt can't be had in it, the command."""
    if is_warm and executable is None:
        try:
            return in_process(place)
        except DbtError:  # the project does not parse: the command would say the same, only later
            raise
        except Exception as error:  # foreign code: whatever keeps dbt from starting here may not keep the command
            ctx.log.warning("dbt can't start in this process (%s: %s); using its command", type(error).__name__, error)
    from flowlite.integrations.dbt.command_line import CommandLine

    return CommandLine(place, log_of(ctx), executable)


def in_process(place: Place) -> Dbt:
    """Over the manifest that the fork server parsed, or one parsed now."""
    from flowlite.integrations.dbt.in_process import InProcess
    from flowlite.integrations.dbt.warm import parsed

    # Without the cache of the server: several attempts may have to parse at once, and would write the same files.
    return InProcess(parsed(place, None).manifest)


def log_of(ctx: Context) -> Callable[[str, str], None]:
    """Lines of dbt into the attempt's log, at their level."""
    tellers = {"info": ctx.log.info, "warn": ctx.log.warning, "error": ctx.log.error}
    return lambda level, text: tellers[level](text)


class Rows:
    """One row per node below the task. Two nodes of one name are told apart by dbt's own id."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._ids: dict[str, str] = {}

    def tell(self, node: Node) -> None:
        """Report where the node is now."""
        name = node.name if self._ids.setdefault(node.name, node.id) == node.id else node.id
        self._ctx.node(
            name,
            node.state,
            started_at=node.started_at,
            ended_at=node.ended_at,
            rows=node.rows,
            message=node.message,
        )


def folder_of(path: str | Path) -> str:
    """Absolute: the process that runs dbt starts elsewhere."""
    return str(Path(path).expanduser().resolve())
