"""dbt: one process per selection, one row per model and test, retries that run only what failed or was skipped.

    from flowlite.integrations import dbt

    @dag(schedule="@daily")
    def gold_daily():
        silver = dbt.build("pipelines/dbt", select="silver", vars={"run_date": "{{ ds }}"}, retries=2)
        silver >> dbt.build("pipelines/dbt", select="gold", vars={"run_date": "{{ ds }}"})

Needs `pip install 'flowlite[dbt]'` (dbt-core and dbt-duckdb), or any dbt command by `executable=`. Tested against
dbt-core 1.11 with dbt-duckdb on real files, on generated projects of up to a thousand models too. What the profile says
of the warehouse is dbt's own affair; secrets go in by `env=` and `env_var()`.

The process is forked from a server that has dbt imported and the project's manifest parsed once. So no `config()` of
a model may read a value that changes from run to run: it would keep the first one. Such values belong into SQL, by
`var()`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flowlite import FlowliteError, Handle, task
from flowlite.integrations import is_template
from flowlite.integrations.dbt.attempt import folder_of, run_dbt
from flowlite.integrations.dbt.errors import DataQualityFailed, DbtError, NothingSelected
from flowlite.integrations.dbt.project_files import find_project
from flowlite.integrations.dbt.selection import Place
from flowlite.integrations.dbt.warm import argument_of

__all__ = ["DataQualityFailed", "DbtError", "NothingSelected", "build", "run", "seed", "snapshot", "test"]

WARM_UP = "flowlite.integrations.dbt.warm:warm_up"
Names = str | Sequence[str] | None


def build(project: str | Path, **arguments: Any) -> Handle:
    """Models, tests, seeds and snapshots of the selection, in the order of their dependencies: a failed test keeps what
    is downstream of its model from being built.

    `select`, `exclude`: as dbt's own, a string or a list. `vars`, `env`: values may hold `{{ ds }}` and the like; a
    value of `vars` may be the result of another task. `profiles`: the folder of profiles.yml (default: the project's).
    `target`, `threads`, `full_refresh`: as dbt's own. `warm=False`, or `executable="/path/to/dbt"`, runs the dbt
    command and no warm server. Every scheduling argument of a task is taken too (`id`, `retries`, `pool` ...).

    The result: counts by state, rows (in all and by model), warnings and seconds. A failed test raises
    DataQualityFailed, anything else DbtError.
    """
    return declared("build", project, sys._getframe(1).f_code.co_filename, **arguments)


def run(project: str | Path, **arguments: Any) -> Handle:
    """The models of the selection, without their tests. Arguments: those of `build`."""
    return declared("run", project, sys._getframe(1).f_code.co_filename, **arguments)


def test(project: str | Path, **arguments: Any) -> Handle:
    """The tests of the selection. Arguments: those of `build`."""
    return declared("test", project, sys._getframe(1).f_code.co_filename, **arguments)


def seed(project: str | Path, **arguments: Any) -> Handle:
    """The seeds of the selection. Arguments: those of `build`."""
    return declared("seed", project, sys._getframe(1).f_code.co_filename, **arguments)


def snapshot(project: str | Path, **arguments: Any) -> Handle:
    """The snapshots of the selection. Arguments: those of `build`."""
    return declared("snapshot", project, sys._getframe(1).f_code.co_filename, **arguments)


def declared(
    command: str,
    project: str | Path,
    caller: str,
    *,
    select: Names = None,
    exclude: Names = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002 - the name that dbt gives it
    env: Mapping[str, str] | None = None,
    profiles: str | Path | None = None,
    target: str | None = None,
    threads: int | None = None,
    full_refresh: bool = False,
    executable: str | None = None,
    warm: bool = True,
    **scheduling: Any,
) -> Handle:
    """The node. The project is looked for from the working folder, then from the DAG's file upward."""
    folder = str(find_project(str(project), [Path.cwd(), Path(caller).resolve().parent]))
    place = Place(
        project=folder,
        profiles=folder_of(profiles) if profiles else folder,
        target=target,
        env={name: value for name, value in (env or {}).items() if not is_template(value)},
    )
    check_profiles(place.profiles)
    if warm and executable is None:
        scheduling["warm_up"] = (WARM_UP, argument_of(place))
    node: Handle = TASKS[command].options(isolation="process", **scheduling)(
        command=command,
        project=place.project,
        profiles=place.profiles,
        target=target,
        select=names(select),
        exclude=names(exclude),
        vars=dict(vars or {}),
        env=dict(env or {}),
        threads=threads,
        full_refresh=full_refresh,
        executable=executable,
        is_warm=warm,
    )
    return node


def names(given: Names) -> list[str]:
    """A string may hold several, as on dbt's command line."""
    return given.split() if isinstance(given, str) else list(given or ())


def check_profiles(folder: str) -> None:
    """Say at load what dbt would say at two in the morning."""
    if not (Path(folder) / "profiles.yml").is_file():
        raise FlowliteError(f"no profiles.yml in {folder}; put one there, or name its folder with profiles=")


# By command; a second one in a DAG without an id of its own gets a number.
TASKS = {command: task(id=f"dbt_{command}")(run_dbt) for command in ("build", "run", "test", "seed", "snapshot")}
