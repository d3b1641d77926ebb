"""Parking: attempts of DAGs that this process does not know. They wait; the run is not failed for a file not loaded."""

from __future__ import annotations

from flowlite.core.messages import Start, Stop


class Parking:
    """By DAG: attempts that may be running since before a restart, and attempts that were to start."""

    def __init__(self) -> None:
        self._running: dict[str, list[Start]] = {}
        self._starting: dict[str, list[Start]] = {}

    def enter(self, dag_id: str, start: Start, *, is_running: bool) -> None:
        """Wait for the DAG."""
        (self._running if is_running else self._starting).setdefault(dag_id, []).append(start)

    def leave(self, dag_id: str) -> tuple[list[Start], list[Start]]:
        """The DAG is known: those that may be running, and those that are to start."""
        return self._running.pop(dag_id, []), self._starting.pop(dag_id, [])

    def pick(self, stop: Stop) -> Start | None:
        """Take out the attempt that is to be stopped, if it waits here."""
        for waiting in (*self._running.values(), *self._starting.values()):
            for start in waiting:
                if (start.run, start.task, start.index, start.attempt) == (
                    stop.run,
                    stop.task,
                    stop.index,
                    stop.attempt,
                ):
                    waiting.remove(start)
                    return start
        return None
