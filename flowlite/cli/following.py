"""Follow a run on the screen: calm lines for what has happened, and below them a bar if somebody looks. The deciding
half is pure: it compares what a run looked like with what it looks like now."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from flowlite.cli.marks import color, mark
from flowlite.cli.output import is_terminal, paint
from flowlite.cli.tables import Cell, cut
from flowlite.cli.words import length, progress_bar

if TYPE_CHECKING:
    from flowlite.store.views import RunDetail, TaskView

ENDED = ("success", "failed", "skipped", "upstream_failed", "cancelled")
BAR_WIDTH = 24
NAME_WIDTH = 32
ERASE_LINE = "\r\x1b[2K"

Line = Sequence[Cell]


def news(before: Mapping[str, TaskView], after: RunDetail) -> list[Line]:
    """A line for each task that has ended, is tried again or waits since `before`, in declaration order."""
    found: list[Line] = []
    for task in after.tasks:
        was = before.get(task.id)
        if was is not None and (was.state, was.attempt, was.counts) == (task.state, task.attempt, task.counts):
            continue
        if task.state in ENDED and (was is None or was.state != task.state or was.attempt != task.attempt):
            found.append(ended_line(task, after.run.started_at or 0.0))
        elif _newly(task, was, "retrying"):
            found.append(state_line(task, "retrying", f"attempt {task.attempt} failed and will be tried again"))
        elif _newly(task, was, "failed"):
            found.append(state_line(task, "failed", f"{task.counts['failed']} of {task.width} failed so far"))
        elif _newly(task, was, "waiting"):
            found.append(state_line(task, "waiting", "waits; `flowlite why` says for what"))
    return found


def _newly(task: TaskView, was: TaskView | None, state: str) -> bool:
    return task.counts.get(state, 0) > (was.counts.get(state, 0) if was else 0)


def ended_line(task: TaskView, run_started_at: float) -> Line:
    """`✓ fetch ×50   2.1s`, with what else became of a map. What was done before the run was cleared does not count."""
    parts = []
    if task.started_at is not None and task.ended_at is not None:
        parts.append(length(task.ended_at - max(task.started_at, min(run_started_at, task.ended_at))))
    if task.width is not None and len(task.counts) > 1:
        parts.append(", ".join(f"{number} {state}" for state, number in task.counts.items()))
    elif task.state != "success":
        parts.insert(0, task.state.replace("_", " "))
    if task.attempt > 1 and task.width is None:
        parts.append(f"attempt {task.attempt}")
    return state_line(task, task.state, "  ".join(parts))


def state_line(task: TaskView, state: str, text: str) -> Line:
    """The mark, the name in a column, and what there is to say."""
    name = task.id if task.width is None else f"{task.id} ×{task.width}"
    return Cell(f"{mark(state)} ", color(state)), Cell(name.ljust(NAME_WIDTH) + " "), Cell(text, "bright_black")


def bar_text(details: Sequence[RunDetail], elapsed_s: float, width: int) -> str:
    """`█████▌       12/30  2 running  1 retrying  12s`, no wider than the terminal."""
    counts = counts_of(details)
    total, done = sum(counts.values()), sum(counts.get(state, 0) for state in ENDED)
    words = [f"{progress_bar(done, total, BAR_WIDTH)} {done}/{total}"]
    words += [f"{counts[state]} {state}" for state in ("running", "retrying", "waiting", "failed") if counts.get(state)]
    return cut("  ".join([*words, length(elapsed_s)]), width - 1)


def counts_of(details: Iterable[RunDetail]) -> dict[str, int]:
    """State -> task instances, over several runs."""
    counts: dict[str, int] = {}
    for detail in details:
        for state, number in detail.counts.items():
            counts[state] = counts.get(state, 0) + number
    return counts


class Screen:
    """Where lines go. On a terminal the last line is the bar, drawn anew below whatever is printed."""

    def __init__(self, *, is_live: bool | None = None) -> None:
        self._is_live = is_terminal() if is_live is None else is_live
        self._bar = ""

    @property
    def width(self) -> int:
        """Of the terminal now; it may be resized."""
        return shutil.get_terminal_size().columns

    def show(self, lines: Iterable[Line], bar: str = "") -> None:
        """Print lines above the bar, and the bar if it has changed."""
        lines = list(lines)
        if not lines and bar == self._bar:
            return
        self.clear()
        for line in lines:
            paint(*line)
        if self._is_live and bar:
            click.echo(bar, nl=False)
            self._bar = bar

    def clear(self) -> None:
        """Take the bar away."""
        if self._bar:
            click.echo(ERASE_LINE, nl=False)
            self._bar = ""
