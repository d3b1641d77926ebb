"""The log of a task instance: its attempts as tabs, followed or paused, searched and filtered in the daemon, two of its
attempts side by side in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, ClassVar

from textual import events

from flowlite.core.errors import FlowliteError
from flowlite.core.states import FINISHED
from flowlite.tui.logs.asking import LogAim, LogAsk
from flowlite.tui.logs.drawing import Look, Times
from flowlite.tui.logs.finding import Search
from flowlite.tui.logs.going import Target, target_of
from flowlite.tui.logs.heading import Heading, headed, status
from flowlite.tui.logs.pages import Shown
from flowlite.tui.logs.pane import AROUND, LogPane
from flowlite.tui.logs.watching import Watch
from flowlite.tui.logs.window import seen
from flowlite.tui.model.run import Instance
from flowlite.tui.picture import Row, Span
from flowlite.tui.rows import Line, beside, filled, on_rule
from flowlite.tui.widgets.canvas import Canvas

LEVELS = ("", "warn", "error", "stderr", "info")
TIMES: tuple[Times, ...] = ("clock", "after", "none")
NUMBERS_FROM = 84  # columns: from here on lines have their numbers


class LogView(Canvas, can_focus=True):
    """`show` is given a task instance, or none."""

    DEFAULT_CSS = "LogView { width: 1fr; height: 1fr; }"
    scopes: ClassVar[tuple[str, ...]] = ("log",)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.run, self.attempt = -1, 0
        self.instance: Instance | None = None
        self.pane: LogPane | None = None
        self.other: LogPane | None = None  # another attempt, beside
        self.shown = Shown()
        self.is_wrapped, self.left = False, 0
        self.times: Times = "clock"
        self._watch = Watch(self)
        self._errands: set[asyncio.Task[None]] = set()
        self._aligned = -1
        self._body = (1, 0)

    # --- which log ----------------------------------------------------------------------------------------------------
    def show(self, run: int, instance: Instance | None) -> None:
        """Be about this task instance. The same one as before stays where it is; a new attempt of it is gone to from
        the one before."""
        was, self.instance = self.instance, instance
        if was is None and instance is None and run == self.run:
            return
        if was is not None and instance is not None and run == self.run and was.name == instance.name:
            if instance.attempt > was.attempt == self.attempt:
                self.choose(instance.attempt)
            elif instance.state != was.state:
                self._watch.soon()
            return
        self.run = run
        self.choose(0 if instance is None else instance.attempt)

    def choose(self, attempt: int) -> None:
        """The log of another attempt."""
        self._drop()
        instance = self.instance
        if instance is not None and 1 <= attempt <= instance.attempt:
            self.attempt = attempt
            self.pane = self._new_pane(attempt)
            has_failed = instance.state == "failed" or attempt < instance.attempt
            self.do(self._open(self.pane, is_at_error=has_failed))
        self.renew()

    def _new_pane(self, attempt: int) -> LogPane:
        assert self.instance is not None
        aim = LogAim(self.run, self.instance.task.id, self.instance.index, attempt)
        return LogPane(LogAsk(self.ui.remote, aim), self.renew, self.shown)

    def _drop(self) -> None:
        for task in self._errands:
            task.cancel()
        for pane in (self.pane, self.other):
            if pane is not None:
                self._own(pane.stop())
        self.pane = self.other = None
        self.attempt = 0
        self._watch.anew()

    async def _open(self, pane: LogPane, *, is_at_error: bool) -> None:
        """Where one wants to be first: at the last error of what failed, else at the end."""
        await pane.poll()
        self.renew_now()
        if is_at_error:
            await pane.find_error(is_backwards=True, start=-1)
        pane.begins_at = (await pane.ask.moment())["begins_at"]
        self._watch.soon()
        self.renew()

    @property
    def is_live(self) -> bool:
        """Whether more may come."""
        instance = self.instance
        return instance is not None and self.attempt == instance.attempt and instance.state not in FINISHED

    # --- in the background --------------------------------------------------------------------------------------------
    def do(self, doing: Coroutine[Any, Any, Any]) -> None:
        """In the background; what goes wrong is told, what is no longer wanted is given up."""
        self._own(self._told(doing))

    def _own(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing, name="flowlite tui log")
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _told(self, doing: Awaitable[Any]) -> None:
        try:
            await doing
        except (FlowliteError, OSError) as error:
            self.ui.say(str(error), "error")

    def on_mount(self) -> None:
        """Begin to look."""
        self._watch.start()

    async def on_unmount(self) -> None:
        """Look no more."""
        await self._watch.stop()
        for task in list(self._errands):
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    def on_show(self) -> None:
        """What came while nobody saw it."""
        super().on_show()
        self._watch.soon()

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """Title, lines, status."""
        pane, body = self.pane, max(1, height - 2)
        self._body = (1, body)
        head = on_rule(headed(self.heading(), pane, width), width, has_focus=self.has_focus)
        if pane is None:
            return [head, Line(width).skip(2).put(self.nothing(), "dim").row]
        if self.other is None:
            rows = pane.draw(self.look_of(pane, width), body, has_focus=self.has_focus)
        else:
            rows = self._both(pane, self.other, width, body)
        if pane.pages.is_known and not pane.count:
            rows = [Line(width).skip(2).put(self.nothing(), "dim").row]
        return [head, *filled(rows, body), status(pane, width, is_wrapped=self.is_wrapped)]

    def heading(self) -> Heading:
        """What the title says."""
        instance = self.instance
        name, attempts = ("", 0) if instance is None else (instance.name, instance.attempt)
        beside = 0 if self.other is None else self.other.ask.aim.attempt
        return Heading(name, self.attempt, attempts, self.is_live, beside, self._watch.skipped_per_s, self.has_focus)

    def nothing(self) -> str:
        """Why there are no lines."""
        if self.instance is None:
            return "put the cursor on a task to read its log"
        if self.pane is None:
            return f"{self.instance.name} has not been started yet"
        if self.shown.level and self.pane.pages.total:
            return f"no line is as bad as that ({self.pane.pages.total:,} lines); l shows others"
        return "nothing was written yet" if self.is_live else "nothing was written"

    def look_of(self, pane: LogPane, width: int) -> Look:
        """How its lines are drawn."""
        has_numbers = width >= NUMBERS_FROM and pane.pages.is_counted
        return Look(
            width, numbers=max(4, len(str(pane.pages.total))) if has_numbers else 0,
            times=self.times if self.other is None else "after", is_wrapped=self.is_wrapped, left=self.left,
            zone=self.ui.zone,
        )  # fmt: skip

    def _both(self, pane: LogPane, other: LogPane, width: int, height: int) -> list[Row]:
        """One at the left, the other at the right, at the same time after their beginnings."""
        half = (width - 1) // 2
        left = filled(pane.draw(self.look_of(pane, half), height, has_focus=self.has_focus), height)
        right = filled(other.draw(self.look_of(other, width - half - 1), height, has_focus=False), height)
        if pane.row is not None and pane.cursor != self._aligned:
            self._aligned = pane.cursor
            self.do(self._align())
        return [
            beside((*row, Span(half, "│", "rule")), later, half + 1) for row, later in zip(left, right, strict=True)
        ]

    async def _align(self) -> None:
        """The other one to the same time."""
        pane, other = self.pane, self.other
        row = None if pane is None else pane.row
        if pane is None or other is None or row is None or row.line.at is None or pane.begins_at is None:
            return
        told = await other.ask.moment(after_s=max(0.0, row.line.at - pane.begins_at))
        other.begins_at = told["begins_at"]
        if not other.pages.is_known:
            await other.poll()
        await other.to_line(told["line"])
        other.put(other.cursor, pane.depth)
        self.renew()

    # --- moving -------------------------------------------------------------------------------------------------------
    def moved(self, move: Callable[[LogPane], None]) -> None:
        """Move in the log, and show it at once."""
        if self.pane is None:
            return
        if not self.pane.pages.is_counted:
            self.ui.say("the lines are still being counted; its end is all there is yet", "warn")
            return
        move(self.pane)
        self._watch.soon()
        self.renew_now()

    def last(self) -> None:
        """To the end; of a log that still grows, to stay there."""
        self.moved(lambda pane: pane.follow() if self.is_live else pane.to(pane.count - 1))

    def scroll_sideways(self, by: int) -> None:
        """What is too long for the screen."""
        self.left = max(0, self.left + by)
        self.renew_now()

    def wrap(self) -> None:
        """Long lines in several rows, or cut."""
        self.is_wrapped, self.left = not self.is_wrapped, 0
        self.renew_now()

    def next_times(self) -> None:
        """The clock, the time since the beginning, neither."""
        self.times = TIMES[(TIMES.index(self.times) + 1) % len(TIMES)]
        self.renew_now()

    def follow(self) -> None:
        """Stay at the end, or stop doing so."""
        self.moved(lambda pane: pane.pause() if pane.is_following else pane.follow())

    # --- finding ------------------------------------------------------------------------------------------------------
    def search(self, text: str) -> None:
        """From here on; no text: nothing any more."""
        if self.pane is None:
            return
        self.pane.search = Search(text) if text else None
        self.renew()
        if text:
            self.find(is_backwards=False, is_first=True)

    def find(self, *, is_backwards: bool, is_first: bool = False) -> None:
        """The next line with the text, or the one before."""
        if self.pane is not None and self.pane.search is not None:
            self.do(self._find(self.pane, is_backwards=is_backwards, is_first=is_first))

    async def _find(self, pane: LogPane, *, is_backwards: bool, is_first: bool) -> None:
        await pane.find(is_backwards=is_backwards, is_first=is_first)
        self.renew_now()
        await pane.count_hits()

    def find_error(self, *, is_backwards: bool) -> None:
        """The next message that is an error, or the one before."""
        if self.pane is not None:
            self.do(self._find_error(self.pane, is_backwards=is_backwards))

    async def _find_error(self, pane: LogPane, *, is_backwards: bool) -> None:
        if not await pane.find_error(is_backwards=is_backwards):
            self.ui.say("this log has no error")
        self.renew_now()

    def next_level(self) -> None:
        """Only lines that are as bad as that."""
        at = LEVELS.index(self.shown.level)
        self._become(self.shown._replace(level=LEVELS[(at + 1) % len(LEVELS)]))

    def turn_context(self) -> None:
        """The lines around those that pass."""
        self._become(self.shown._replace(context=0 if self.shown.context else AROUND))

    def _become(self, shown: Shown) -> None:
        self.shown = shown
        if self.pane is not None:
            self.do(self._after(self.pane.become(shown)))

    async def _after(self, doing: Awaitable[None]) -> None:
        await doing
        self._watch.soon()
        self.renew()

    def go(self, text: str) -> None:
        """To a line, a share, a time."""
        if self.pane is not None:
            self.do(self._go(self.pane, self.target(text)))

    def target(self, text: str) -> Target:
        """What was typed. Raises NoSuchTarget."""
        return target_of(text, None if self.pane is None else self.pane.begins_at, self.ui.zone)

    async def _go(self, pane: LogPane, target: Target) -> None:
        if target.share is not None:
            pane.show(int(target.share * max(0, pane.count - 1)))
        elif target.line is not None:
            await pane.to_line(min(target.line, max(0, pane.pages.total - 1)))
        else:
            how = {"after_s": target.after_s} if target.at is None else {"at": target.at}
            told = await pane.ask.moment(**how)
            await pane.to_line(min(told["line"], max(0, pane.pages.total - 1)))
        self.renew_now()

    # --- two attempts -------------------------------------------------------------------------------------------------
    def compare(self) -> None:
        """The attempt before this one beside it (of the first, the one after), or none any more."""
        if self.other is not None:
            self._own(self.other.stop())
            self.other = None
        elif self.instance is not None and self.instance.attempt > 1:
            self.other = self._new_pane(self.attempt - 1 if self.attempt > 1 else 2)
            self._aligned = -1
            if self.pane is not None:
                self.pane.pause()
        self.renew_now()

    # --- the mouse ----------------------------------------------------------------------------------------------------
    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """The cursor goes there; a tab shows its attempt."""
        if key.startswith("attempt:"):
            self.choose(int(key.removeprefix("attempt:")))
            return
        pane, (start, height) = self.pane, self._body
        if pane is None or not start <= y < start + height:
            return
        rows = seen(pane.position, pane.count, height, pane.measure)
        places = [one.place for one in rows for _ in range(one.lines)]
        if y - start < len(places):
            self.moved(lambda pane: pane.to(places[y - start]))

    def wheeled(self, lines: int) -> None:
        """Scroll."""
        self.moved(lambda pane: pane.scroll(lines))

    def on_resize(self, event: events.Resize) -> None:
        """More may be seen."""
        super().on_resize(event)
        self._watch.soon()
