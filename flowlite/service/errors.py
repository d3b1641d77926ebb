"""What can be asked for that is not there: each error names what there is."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from difflib import get_close_matches

from flowlite.core.errors import FlowliteError

MOST_NAMED = 8


class Unknown(FlowliteError):
    """Asked for by a name that nothing has."""


class RunUnknown(Unknown):
    """There is no run of that number."""

    def __init__(self, run: object) -> None:
        super().__init__(f"there is no run {run}; `flowlite runs list` shows those there are")


class TaskUnknown(Unknown):
    """The run's DAG has no such task."""

    def __init__(self, task_id: str, run: int, known: Iterable[str]) -> None:
        super().__init__(f"run {run} has no task {task_id!r}; {among(task_id, known)}")


class DagUnknown(Unknown):
    """No DAG file declares it. `gone`: those that there were once."""

    def __init__(
        self, dag_id: str, known: Iterable[str], problems: Sequence[object] = (), gone: Container[str] = ()
    ) -> None:
        known = list(known)
        if problems:
            many = (
                "1 DAG file has a problem" if len(problems) == 1 else f"{len(problems)} problems were found, the first"
            )
            way_out = f"{many}: {problems[0]}"
        elif dag_id in gone:
            way_out = f"it is gone from the DAG folder; put its file back. `flowlite runs list {dag_id}` has its runs"
        elif known:
            way_out = among(dag_id, known)
        else:
            way_out = "no DAG was found: look at `dags` in flowlite.toml, and run `flowlite check`"
        super().__init__(f"there is no DAG {dag_id!r}; {way_out}")


class AttemptUnknown(Unknown):
    """The task instance had no such attempt."""

    def __init__(self, name: str, number: int, has: int) -> None:
        super().__init__(f"{name} has no attempt {number}; it had {has}")


class ElementUnknown(Unknown):
    """The task has no such element."""

    def __init__(self, task_id: str, index: int, has: int) -> None:
        there = f"it has elements 0 to {has - 1}" if has else "it is no map, or it has not been expanded"
        super().__init__(f"there is no {task_id}[{index}]; {there}")


class NobodyWorks(FlowliteError):
    """Something was to be left to a daemon, and none is up."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(f"no daemon is up that would {what}; start one with `flowlite up`, or {instead}")


class Nothing(FlowliteError):
    """What was asked to be done would change nothing."""


def among(wrong: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?`, or the names there are."""
    known = list(known)
    if close := get_close_matches(wrong, known, n=1):
        return f"did you mean {close[0]!r}?"
    named = ", ".join(known[:MOST_NAMED])
    return f"there are {named} and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else f"there are {named}"
