"""The short way to a daemon that is up: what a command needs to ask for a run, and nothing else is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flowlite.client.remote import Remote, are_within
from flowlite.client.remote_line import DaemonLeft, Line
from flowlite.engine.lock import pid_of
from flowlite.service.api.place import SOCKET
from flowlite.service.presence import DAEMON_ROLE


async def requested(
    state: Path, dag_folders: Sequence[Path], dag_id: str, date: str | None, params: Mapping[str, Any],
    tasks: Sequence[str],
) -> Mapping[str, Any] | None:  # fmt: skip
    """The run that was asked for, as the daemon tells of it. None: there is no daemon for these DAG files that answers
    at once, and the long way says why. Raises what the daemon says."""
    if pid_of(state, DAEMON_ROLE) is None:
        return None
    remote = Remote(Line(state / SOCKET))
    try:
        theirs = [Path(folder) for folder in (await remote.raw("health"))["dag_folders"]]
    except (DaemonLeft, OSError):
        return None
    if not are_within(dag_folders, theirs):
        return None
    run = await remote.raw("request", dag_id=dag_id, date=date, params=params, tasks=tasks)
    return (await remote.raw("detail", run=run))["run"]  # type: ignore[no-any-return]
