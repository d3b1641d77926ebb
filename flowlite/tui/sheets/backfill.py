"""Planning a backfill: a range, what happens to dates that have a run, how many at once; what it would do, month by
month, before anything is made; and the command that does the same."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowlite.core.errors import FlowliteError
from flowlite.tui.format import count, length, plural
from flowlite.tui.model.backfill import by_month
from flowlite.tui.picture import Row
from flowlite.tui.rows import Line, Piece
from flowlite.tui.sheets.confirm import TYPED_ABOVE
from flowlite.tui.sheets.form import Param, filled, params_of
from flowlite.tui.sheets.parts import Buttons, Check, Choice, Entry, Gap, Picture, Words
from flowlite.tui.sheets.sheet import Sheet
from flowlite.tui.sheets.trigger import is_changed, value_shown

RUN = re.compile(r"run \d+")
WAIT_S = 0.25  # after the last letter, before the daemon is asked
EXISTING = [("none", "leave alone"), ("failed", "failed ones again"), ("all", "all again")]
ROWS = (("run", "new", "good"), ("again", "again", "warn"), ("skip", "left alone", "dim"))


class BackfillSheet(Sheet[int]):
    """`detail` is what the daemon knows of the DAG. Answers the number of the backfill, or nothing."""

    wide = 100

    def __init__(self, detail: Mapping[str, Any], start: str, end: str) -> None:
        super().__init__()
        self.dag_id = detail["dag"]["dag_id"]
        self.start = Entry("from", start, "2024-01-01", self.look)
        self.end = Entry("to", end, "exclusive: that day is not run", self.look)
        self.existing = Choice("existing runs", EXISTING, changed=self.look)
        self.at_once = Entry("at once", "4", "runs at a time", self.look)
        self.newest = Check("newest first", changed=self.look)
        self.params: list[Param] = params_of(detail["params_schema"])
        for param in self.params:
            param.field.changed = self.show_command
        self.preview = Picture(self.drawn)
        self.said = Words("")
        self.command = Words("", "dim")
        self.typed = Entry("type", note="to start so many runs")
        self.buttons = Buttons(("Cancel", self.leave), ("Start", self.agree))
        self.plan: Mapping[str, Any] | None = None
        self.put_together()
        self.focused_part = self.start

    def put_together(self) -> None:
        """The parts, as they are needed now."""
        fields = [self.start, self.end, self.existing, self.at_once, self.newest, *(one.field for one in self.params)]
        typed = [self.typed] if self.number > TYPED_ABOVE else []
        self.parts = [*fields, Gap(), self.preview, self.said, self.command, *typed, Gap(), self.buttons]

    @property
    def number(self) -> int:
        """Of runs that would be made."""
        return 0 if self.plan is None else sum(day["decision"] != "skip" for day in self.plan["days"])

    def heading(self) -> list[Piece]:
        """Which DAG."""
        return [("Backfill ", "strong"), (self.dag_id, "accent-strong")]

    def on_mount(self) -> None:
        """Look at once."""
        super().on_mount()
        self.look()

    # --- the plan -----------------------------------------------------------------------------------------------------
    def asked(self) -> dict[str, Any]:
        """The range and how, as the daemon takes it."""
        return {
            "dag_id": self.dag_id, "start": self.start.text.strip(), "end": self.end.text.strip(),
            "concurrency": int(self.at_once.text) if self.at_once.text.strip().isdigit() else 0,
            "reprocess": self.existing.chosen, "is_newest_first": self.newest.is_on,
            "params": filled(self.params) or {},
        }  # fmt: skip

    def look(self) -> None:
        """Ask what it would do, when nothing has been typed for a moment."""
        self.show_command()
        self.look_again(self._look)

    async def _look(self) -> None:
        await asyncio.sleep(WAIT_S)
        try:
            self.plan = await self.ui.remote.raw("plan_backfill", **self.asked())
            self.said.text, self.said.role = self.summary(), "text"
        except (FlowliteError, OSError) as error:
            self.plan, self.said.text, self.said.role = None, str(error), "error"
        self.typed.label = f"type {self.number}"
        self.buttons.buttons[1] = (f"Start {plural(self.number, 'run')}" if self.number else "Start", self.agree)
        self.put_together()
        self.changed()

    def summary(self) -> str:
        """How many, and how long it may take."""
        assert self.plan is not None
        skipped = Counter(RUN.sub("its run", day["reason"]) for day in self.plan["days"] if day["decision"] == "skip")
        because = "; ".join(f"{count(number)} left alone: {reason}" for reason, number in skipped.most_common(2))
        typical, at_once = self.plan["typical_s"], max(1, self.plan["concurrency"])
        takes = (
            f", about {length(-(-self.number // at_once) * typical)} at this pace" if typical and self.number else ""
        )
        return f"{plural(self.number, 'run')}{takes}. {because}".strip()

    def drawn(self, width: int) -> Sequence[Row]:
        """A column for each month, a row for each decision."""
        if self.plan is None:
            return []
        return list(months(by_month(self.plan["days"], self.ui.zone), width))

    def show_command(self) -> None:
        """What could be typed instead."""
        options = [] if self.existing.chosen == "none" else [f"--reprocess {self.existing.chosen}"]
        options += ["--newest-first"] if self.newest.is_on else []
        options += [
            f"--param {shlex.quote(f'{one.name}={value_shown(one)}')}" for one in self.params if is_changed(one)
        ]
        range_ = f"{shlex.quote(self.start.text.strip() or '...')} {shlex.quote(self.end.text.strip() or '...')}"
        how = f"--concurrency {self.at_once.text.strip()} {' '.join(options)}".strip()
        self.command.text = f"$ flowlite backfill {self.dag_id} {range_} {how}"

    # --- yes ----------------------------------------------------------------------------------------------------------
    def agree(self) -> None:
        """Start what was shown."""
        if self.params and filled(self.params) is None:
            self.focused_part = next(one.field for one in self.params if one.field.error)
            self.changed()
        elif not self.number or self.plan is None:
            self.said.text = self.said.text or "there is nothing to run in this range"
            self.changed()
        elif self.number > TYPED_ABOVE and self.typed.text.strip().replace(",", "") != str(self.number):
            self.typed.error = f"type {self.number} to start so many runs"
            self.focused_part = self.typed
            self.changed()
        else:
            self.ui.run_worker(self._start(self.plan["token"]), group="acting")

    async def _start(self, token: str) -> None:
        try:
            told = await self.ui.remote.raw("start_backfill", **self.asked(), seen=token)
        except (FlowliteError, OSError) as error:
            self.said.text, self.said.role = str(error), "error"
            self.changed()
            return
        self.dismiss(None if told is None else int(told["backfill"]["id"]))


def months(found: Mapping[str, Counter[str]], width: int) -> Iterator[Row]:
    """As many as have room; the last column says how many more there are."""
    room = max(1, (width - 14) // 8)
    names = list(found)[:room] if len(found) <= room else list(found)[: room - 1]
    line = Line(width).skip(14)
    for name in names:
        line.put(f"{name:>7} ", "dim")
    more = len(found) - len(names)
    yield line.put(f" +{more} months" if more else "", "dim").row
    for decision, title, role in ROWS:
        if any(counts[decision] for counts in found.values()):
            line = Line(width).put(f"  {title:<12}", "dim")
            for name in names:
                number = found[name][decision]
                line.put(f"{number or '·':>7} ", role if number else "faint")
            yield line.put(f"{sum(counts[decision] for counts in found.values()):>8,} in all", "strong").row
