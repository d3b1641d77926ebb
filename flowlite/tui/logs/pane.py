"""A pane of a log: what is seen of it, where the cursor is, what is searched for and marked. Knows no Textual."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from flowlite.tui.logs.asking import LogAsk
from flowlite.tui.logs.drawing import Look, drawn, height_of
from flowlite.tui.logs.finding import Search, counted, found
from flowlite.tui.logs.line import LogLine, LogRow
from flowlite.tui.logs.pages import PAGE, Pages, Shown
from flowlite.tui.logs.window import Following, Paused, Position, cursor_of, ending_at, scrolled, seen, settled
from flowlite.tui.picture import Row, Span
from flowlite.tui.rows import grounded

AROUND = 3  # lines of context
MOST_COPIED = 2_000  # lines


class LogPane:
    """Of one log. `heard` is called when something has come."""

    def __init__(self, ask: LogAsk, heard: Callable[[], None], shown: Shown = Shown()) -> None:  # noqa: B008  a value
        self.ask, self.heard = ask, heard
        self.pages = Pages(ask.page, heard, shown)
        self.position: Position = Following()
        self.search: Search | None = None
        self.errors = Search("")
        self.anchor: int | None = None  # where a range begins that is marked
        self.begins_at: float | None = None
        self.goal: int | None = None  # the line to go to once all of the log is sifted
        self.look, self.height = Look(80), 20

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, look: Look, height: int, *, has_focus: bool) -> list[Row]:
        """The lines that are seen."""
        needle = "" if self.search is None else self.search.text
        was_at_end = self.is_at_end
        self.look, self.height = replace(look, needle=needle, begins_at=self.begins_at), height
        if was_at_end and isinstance(self.position, Paused):  # of a window that has become lower, too
            self.position = Paused(*ending_at(self.count - 1, height, self.measure), self.position.cursor)
        self.settle()
        rows: list[Row] = []
        wanted: list[int] = []
        before: LogLine | None = None
        for one in seen(self.position, self.count, height, self.measure):
            row = self.pages.at(one.place)
            if row is None:
                wanted.append(one.place)
                rows += [self.missing()] * one.lines
                continue
            lines = list(drawn(row, self.look, before))[one.skip : one.skip + one.lines]
            rows += [self._on_ground(line, one.place, has_focus=has_focus) for line in lines]
            before = row.line
        self.pages.want(wanted or self._ahead())
        return rows

    def _ahead(self) -> Iterator[int]:
        """The pages before and after what is seen; of what runs on, nothing."""
        if not self.is_following:
            yield from (self.cursor + PAGE, max(0, self.cursor - PAGE))

    def _on_ground(self, row: Row, place: int, *, has_focus: bool) -> Row:
        width = self.look.width
        if place == self.cursor and not isinstance(self.position, Following):
            row = (Span(0, "▌", "accent" if has_focus else "faint"), *(span for span in row if span.x))
            return grounded(row, width, "cursor" if has_focus else "trace")
        return grounded(row, width, "mark") if place in self.marked else row

    def missing(self) -> Row:
        """A row that is on its way."""
        return (Span(self.look.text_at, "·", "faint"),)

    def measure(self, place: int) -> int:
        """How high a row is."""
        if not self.look.is_wrapped and not self.pages.shown.context:
            return 1
        return height_of(self.pages.at(place), self.look)

    @property
    def count(self) -> int:
        """Rows that there are."""
        return self.pages.count

    def settle(self) -> None:
        """Where one is, in what there is."""
        self.position = settled(self.position, self.count, self.height, self.measure)

    # --- moving -------------------------------------------------------------------------------------------------------
    @property
    def cursor(self) -> int:
        """The place that is acted on."""
        return cursor_of(self.position, self.count)

    @property
    def row(self) -> LogRow | None:
        """What is there."""
        return self.pages.at(self.cursor)

    @property
    def line(self) -> int:
        """Its number in the file."""
        row = self.row
        return self.cursor if row is None else row.line.number

    @property
    def is_following(self) -> bool:
        """Whether the end is seen and stays so."""
        return isinstance(self.position, Following)

    @property
    def is_at_end(self) -> bool:
        """Whether the last row is seen."""
        return self.count > 0 and self._top() >= ending_at(self.count - 1, self.height, self.measure)

    def follow(self) -> None:
        """Go to the end and stay there."""
        self.position, self.anchor = Following(), None

    def pause(self) -> None:
        """Stay here."""
        self.to(self.cursor)

    def to(self, place: int) -> None:
        """The cursor to a place."""
        top, skip = self._top()
        self.position = Paused(top, skip, place)
        self.settle()

    def show(self, place: int) -> None:
        """The cursor to a place that is seen a third down the window."""
        self.position = Paused(max(0, place - self.height // 3), 0, place)
        self.settle()

    def put(self, place: int, depth: int) -> None:
        """The cursor to a place that is seen so many rows down the window."""
        top = place
        while depth > 0 and top > 0:
            top -= 1
            depth -= self.measure(top)
        self.position = Paused(top, max(0, -depth), place)
        self.settle()

    @property
    def depth(self) -> int:
        """How many rows down the window the cursor is."""
        above = 0
        for one in seen(self.position, self.count, self.height, self.measure):
            if one.place == self.cursor:
                break
            above += one.lines
        return above

    def step(self, by: int) -> None:
        """The cursor, by rows."""
        self.to(min(max(self.cursor + by, 0), max(0, self.count - 1)))

    def page(self, share: float) -> None:
        """By what is seen at once."""
        self.step(int(share * max(1, self.height - 1)))

    def scroll(self, by: int) -> None:
        """The window, by rows of the screen."""
        self.position = scrolled(self.position, by, self.count, self.height, self.measure)

    def _top(self) -> tuple[int, int]:
        if isinstance(self.position, Paused):
            return self.position.top, self.position.skip
        return ending_at(self.count - 1, self.height, self.measure) if self.count else (0, 0)

    async def to_line(self, line: int) -> None:
        """The cursor to a line of the file, or to the next one that is shown."""
        if self.pages.shown.level:
            line = (await self.pages.look(0, PAGE, at_line=line))["from_line"]
        # What will be seen is asked for first, so that it is there with the cursor.
        if not all(map(self.pages.at, (max(0, line - self.height), min(line + self.height, self.count - 1)))):
            await self.pages.look(max(0, line - PAGE // 2), PAGE)
        self.show(line)

    # --- marks --------------------------------------------------------------------------------------------------------
    @property
    def marked(self) -> range:
        """The places of the range."""
        if self.anchor is None:
            return range(0)
        low, high = sorted((self.anchor, self.cursor))
        return range(low, high + 1)

    def mark(self) -> None:
        """Begin a range here, or give it up."""
        self.anchor = self.cursor if self.anchor is None else None
        self.pause()

    async def texts(self) -> list[str]:
        """What is marked, or the line under the cursor."""
        places = self.marked or range(self.cursor, self.cursor + 1)
        found = []
        for place in places[:MOST_COPIED]:
            if self.pages.at(place) is None:
                await self.pages.look(place, PAGE)
            row = self.pages.at(place)
            found.append("" if row is None else row.line.text)
        return found

    # --- finding ------------------------------------------------------------------------------------------------------
    async def find(self, *, is_backwards: bool, is_first: bool = False) -> bool:
        """To the next line with the text, or the one before; whether there is one."""
        if self.search is None:
            return False
        start = self.line if is_backwards or is_first else self.line + 1
        return await self._find(self.search, start, self.pages.shown.level, is_backwards=is_backwards)

    async def find_error(self, *, is_backwards: bool, start: int | None = None) -> bool:
        """To the next message that is an error."""
        if start is None:
            start = self.line if is_backwards else self.line + 1
        return await self._find(self.errors, start, "error", is_backwards=is_backwards)

    async def _find(self, search: Search, start: int, level: str, *, is_backwards: bool) -> bool:
        line = await found(
            self.ask.search, search, start, is_backwards=is_backwards, level=level, heard=self.heard
        )  # fmt: skip
        if line is None:
            return False
        await self.to_line(line)
        return True

    async def count_hits(self) -> None:
        """How many lines hold the text."""
        if self.search is not None:
            await counted(self.ask.search, self.search, level=self.pages.shown.level, heard=self.heard)

    async def count_errors(self) -> None:
        """How many messages are errors."""
        await counted(self.ask.search, self.errors, level="error", heard=self.heard)

    # --- filters ------------------------------------------------------------------------------------------------------
    async def become(self, shown: Shown) -> None:
        """Other lines; the cursor stays at its line, or the next that is left."""
        line, was_following = self.line, self.is_following
        old, self.pages = self.pages, Pages(self.ask.page, self.heard, shown)
        self.anchor = None
        await old.stop()
        self.position = Following()
        self.goal = None if was_following else line
        await self.poll()

    async def poll(self) -> bool:
        """Ask how the log is now; whether anything has changed."""
        before = self.pages.extent
        rows = self.height if self.is_following or not self.pages.is_counted else 1
        await self.pages.look(-rows, rows)
        if self.goal is not None and self.pages.is_whole:
            line, self.goal = self.goal, None
            await self.to_line(line)
        return before != self.pages.extent

    async def stop(self) -> None:
        """Ask no more."""
        await self.pages.stop()
