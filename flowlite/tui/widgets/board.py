"""The board of a backfill: a cell for each of its days in rows of a calendar, how far it is, when it will be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from flowlite.tui.format import clock, count, length, moment, percent, plural
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.backfill import BackfillModel, CalendarLine, Day, calendar
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row, Span
from flowlite.tui.places import Place
from flowlite.tui.rows import BLANK, Line, Piece, bar, grounded, on_rule, row_of
from flowlite.tui.telling import error_text
from flowlite.tui.widgets.canvas import Canvas

LABEL = 14
CELL = 2
HEAD = 4
FAILURES = 8


class Board(Canvas, can_focus=True):
    """`about` is the number of the backfill."""

    scopes: ClassVar[tuple[str, ...]] = ("backfill", "board")

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.about = -1
        self.picking: Picking[float] = Picking()
        self.lines: list[CalendarLine] = []
        self.top = 0
        self._is_fresh = True

    @property
    def model(self) -> BackfillModel:
        """What is known."""
        return self.ui.reader.backfill(self.about)

    @property
    def day(self) -> Day | None:
        """What is under the cursor."""
        model = self.model
        return model.days[self.picking.at] if model.days else None

    def show(self, id_: int) -> None:
        """Be about this backfill."""
        if id_ != self.about:
            self.about, self.picking, self.top, self._is_fresh = id_, Picking(), 0, True
        self.renew()

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """How far, the calendar, what failed."""
        model = self.model
        if not model.is_known:
            return [row_of(width, (f"  {model.trouble or 'asking the daemon…'}", "dim"))]
        self.picking.take([day.at for day in model.days])
        if self._is_fresh:
            self._is_fresh = False
            first = next((n for n, day in enumerate(model.days) if day.state == "failed"), None)
            self.picking.go(first if first is not None else self._first_open(model))
        step_s = model.days[0].end - model.days[0].at if model.days else 86_400.0
        self.lines = calendar([day.at for day in model.days], step_s, self.ui.zone)
        failures = list(self.failures(model, width))
        room = max(3, height - HEAD - len(failures) - 1)
        here = self.line_of(self.picking.at)
        self.top = max(min(self.top, here, len(self.lines) - room), here - room + 1, 0)
        body = [self.line(model, line, width) for line in self.lines[self.top : self.top + room]]
        return [*self.head(model, width), *body, BLANK, *failures]

    def _first_open(self, model: BackfillModel) -> int:
        return next((n for n, day in enumerate(model.days) if day.state in ("running", "queued")), 0)

    def head(self, model: BackfillModel, width: int) -> Iterator[Row]:
        """State, bar, pace, end."""
        told, now = model.told, self.ui.now()
        done, total = model.done()
        self.is_ticking = self.is_ticking or model.state == "running"
        state = model.state
        line = (
            Line(width).skip().put(f"{glyph(state) or '='} {state}", f"state-{state}" if state != "paused" else "warn")
        )
        line.put(f"  {count(done)} of {plural(total, 'run')}", "strong")
        for one in ("success", "failed", "running", "queued", "cancelled", "skipped"):
            if number := model.counts[one]:
                line.put(f"  {number:,}").put(glyph(one), f"state-{one}")
        yield line.right((f"{told['concurrency']} at once", "text"), margin=1).row
        full, rest = bar(done, total, max(10, width - 2))
        yield Line(width).skip().put(full, "bar-bad" if model.counts["failed"] else "bar").put(rest, "bar-rest").row
        left, pace = model.left_s(now), model.pace(now)
        said: list[Piece] = [(percent(done, total), "strong")]
        if state == "running" and left is not None:
            said += [
                ("  done at ", "dim"),
                (clock(now + left, self.ui.zone)[:5], "text"),
                (f", in {length(left)}", "dim"),
            ]
        if pace and state == "running":
            said.append((f"  {pace * 60:.1f} runs a minute", "dim"))
        how = (
            f"reprocess {told['reprocess']}{', newest first' if told['is_newest_first'] else ''}, by {told['asked_by']}"
        )
        yield Line(width).skip().pieces(*said).right((how, "dim"), margin=1).row
        yield on_rule(Line(width).skip().pieces(*self.about_day(model)).row, width, has_focus=self.has_focus)

    def about_day(self, model: BackfillModel) -> list[Piece]:
        """The day under the cursor."""
        day = self.day
        if day is None:
            return []
        found: list[Piece] = [(moment(day.at, self.ui.zone), "title"), (f"  {glyph(day.state)} ", f"state-{day.state}")]
        if day.run_id is None:
            return [*found, (f"left alone: {day.reason}", "dim")]
        taken = None if day.started_at is None else (day.ended_at or self.ui.now()) - day.started_at
        return [
            *found,
            (day.state, f"state-{day.state}"),
            (f"  run {day.run_id}", "dim"),
            (f"  {length(taken)}", "text"),
        ]

    def line(self, model: BackfillModel, line: CalendarLine, width: int) -> Row:
        """A month."""
        here = self.line_of(self.picking.at)
        is_here = line is self.lines[here]
        spans = [Span(1, line.title[: LABEL - 2], "strong" if is_here else "dim")]
        x = LABEL + CELL * line.first
        for number in range(line.start, line.start + line.number):
            if x + CELL > width:
                spans.append(Span(width - 1, "…", "dim"))
                break
            day = model.days[number]
            role = "cell-failed" if day.state == "failed" else f"state-{day.state}"
            at = number == self.picking.at
            spans.append(Span(x, glyph(day.state) or "·", f"{role}.here" if at and self.has_focus else role))
            x += CELL
        return tuple(spans) if not is_here else grounded(tuple(spans), width, "trace")

    def failures(self, model: BackfillModel, width: int) -> Iterator[Row]:
        """What failed, by how it failed."""
        failed = [day for day in model.days if day.state == "failed" and day.run_id is not None]
        if not failed:
            return
        found: dict[str, list[Day]] = {}
        for day in failed[:FAILURES]:
            why = self.ui.lookups.look("why", stamp=(day.state, day.ended_at), run=day.run_id).value
            cause = (why or {}).get("cause")
            said = f"{cause['failure']['task_id']}  {error_text(cause['failure'])}" if cause else "…"
            found.setdefault(said, []).append(day)
        yield row_of(width, (" failed ", "state-failed"), (plural(len(failed), "day"), "text"))
        for said, days in found.items():
            dates = ", ".join(moment(day.at, self.ui.zone)[:10] for day in days[:4])
            more = f" and {len(days) - 4} more" if len(days) > 4 else ""
            yield row_of(width, (f"   {len(days)}× ", "strong"), (said, "text"), (f"   {dates}{more}", "dim"))

    def line_of(self, number: int) -> int:
        """In which row of the calendar a day is."""
        found = (n for n, line in enumerate(self.lines) if line.start <= number < line.start + line.number)
        return next(found, 0)

    # --- moving -------------------------------------------------------------------------------------------------------
    def step(self, by: int) -> None:
        """By days."""
        self.picking.move(by)
        self.renew_now()

    def step_lines(self, by: int) -> None:
        """By rows of the calendar, at the same place."""
        here = self.line_of(self.picking.at)
        if not 0 <= here + by < len(self.lines):
            return
        old, new = self.lines[here], self.lines[here + by]
        column = old.first + self.picking.at - old.start
        self.picking.go(new.start + min(max(0, column - new.first), new.number - 1))
        self.renew_now()

    def next_failed(self, by: int = 1) -> None:
        """To the next day that failed, round the end."""
        days = self.model.days
        failed = [n for n, day in enumerate(days) if day.state == "failed"]
        if failed:
            later = [n for n in failed if n > self.picking.at] if by > 0 else [n for n in failed if n < self.picking.at]
            self.picking.go((later or failed)[0 if by > 0 else -1])
            self.renew_now()

    def enter(self) -> None:
        """Into the run of the day."""
        if self.day is not None and self.day.run_id is not None:
            self.ui.go(Place("run", str(self.day.run_id)))

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """The cursor goes there; twice: into the run."""
        place = self.top + y - HEAD
        if not y - HEAD >= 0 or place >= len(self.lines) or x < LABEL:
            return
        line = self.lines[place]
        number = (x - LABEL) // CELL - line.first
        if 0 <= number < line.number:
            self.picking.go(line.start + number)
            self.renew_now()
            if times == 2:
                self.enter()
