"""Commands that do work: show it as it goes, and let Ctrl-C end it cleanly, or leave it to the daemon that does it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from flowlite.cli.faults import WorkFailed
from flowlite.cli.following import Screen, bar_text, news
from flowlite.cli.marks import color, mark
from flowlite.cli.output import paint
from flowlite.cli.tables import Cell
from flowlite.cli.words import length

if TYPE_CHECKING:
    from flowlite.service.desk import Desk
    from flowlite.store.views import RunDetail, TaskView

T = TypeVar("T")
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class Watcher:
    """Shows runs as they go: a line for each task that ends, and a bar."""

    def __init__(self, screen: Screen, *, is_quiet: bool = False) -> None:
        self._screen, self._is_quiet = screen, is_quiet
        self._seen: dict[int, dict[str, TaskView]] = {}
        self._began = time.monotonic()

    def known(self, detail: RunDetail) -> None:
        """What the run looks like is known to whoever watches: from here on only news are told."""
        self._seen[detail.run.id] = {task.id: task for task in detail.tasks}

    def look(self, details: list[RunDetail]) -> None:
        """Called with what the runs look like now."""
        if self._is_quiet:
            return
        lines = []
        for detail in details:
            lines += news(self._seen.get(detail.run.id, {}), detail)
            self.known(detail)
        is_over = all(detail.run.ended_at is not None for detail in details)
        bar = "" if is_over else bar_text(details, time.monotonic() - self._began, self._screen.width)
        self._screen.show(lines, bar)


async def until_the_end(
    acting: Desk, runs: Sequence[int], watch: Coroutine[Any, Any, T], say: Callable[[str], None]
) -> T:
    """Watch runs to their end. The first Ctrl-C cancels them and goes on watching; the second leaves at once. Where a
    daemon carries them out, the first leaves, and they go on."""
    if not acting.is_here:
        one = runs[0]
        what = f"run {one} goes on" if len(runs) == 1 else f"{len(runs)} runs go on"
        way_out = f"`flowlite runs show {one}` shows how it goes, `flowlite runs cancel {one}` ends it"
        return await unless_left(watch, f"left; {what} in the daemon: {way_out}", say)
    return await unless_interrupted(watch, lambda: cancel_all(acting, runs), say)


async def unless_interrupted(
    watch: Coroutine[Any, Any, T], cancel: Callable[[], Coroutine[Any, Any, None]], say: Callable[[str], None]
) -> T:
    """The same for whatever can be watched and cancelled."""
    watching = asyncio.ensure_future(watch)
    asked: list[asyncio.Task[None]] = []

    def interrupted() -> None:
        if asked:
            say("leaving; what still runs is stopped")
            watching.cancel()
            return
        say("cancelling (once more to leave at once)")
        asked.append(asyncio.ensure_future(cancel()))

    with_signals(asyncio.get_running_loop(), interrupted)
    try:
        return await watching
    except asyncio.CancelledError:
        raise WorkFailed("left before the work had ended; `flowlite runs list` shows where it stands") from None
    finally:
        without_signals(asyncio.get_running_loop())
        await asyncio.gather(*asked, return_exceptions=True)


async def unless_left(watch: Coroutine[Any, Any, T], goes_on: str, say: Callable[[str], None]) -> T:
    """Watch what goes on without us; Ctrl-C only leaves. Raises WorkFailed then: how it ended, nobody knows yet."""
    watching = asyncio.ensure_future(watch)

    def left() -> None:
        say("leaving")
        watching.cancel()

    with_signals(asyncio.get_running_loop(), left)
    try:
        return await watching
    except asyncio.CancelledError:
        raise WorkFailed(goes_on) from None
    finally:
        without_signals(asyncio.get_running_loop())


async def cancel_all(acting: Desk, runs: Sequence[int]) -> None:
    """Ask for the end of each."""
    for run in runs:
        await acting.cancel(run, why="Ctrl-C")


def with_signals(loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM ring instead of raising."""
    for number in INTERRUPTS:
        loop.add_signal_handler(number, ring)


def without_signals(loop: asyncio.AbstractEventLoop) -> None:
    """As it was."""
    for number in INTERRUPTS:
        loop.remove_signal_handler(number)


def ended(detail: RunDetail) -> None:
    """One line on how a run ended."""
    run = detail.run
    note = ", with failures on the way" if run.state == "success" and run.had_failures else ""
    paint(
        Cell(f"{mark(run.state)} run {run.id} of {run.dag_id}: {run.state}{note}", color(run.state), bold=True),
        f"  {length(run.duration_s)}",
    )
