"""The story of the demo, from the first object to the answer for the manager."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

from flowlite.demo.answers import clock_change_answer, tables
from flowlite.demo.playing import Played, play_dates
from flowlite.demo.screen import Screen
from flowlite.demo.stage import Stage, stage

CHANGE = date(2024, 3, 10)
CTRL_C = 130


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells what happened on a stage."""

    screen: Screen
    stage: Stage

    def opening(self) -> None:
        """Where we are."""
        self.screen.line("Bronze -> Silver -> Gold: real bike rentals of Washington DC, 2011-2012, moved by 12 years")
        self.screen.line()
        self.screen.line(f"  S3          {self.stage.s3.endpoint}  (a stand-in: moto)")
        self.screen.line(f"  metrics     {self.stage.gateway.url}  (a stand-in for Prometheus' push gateway)")
        self.screen.line(f"  state       {shown(self.stage.state)}")
        self.screen.title("Each date: its objects appear in S3, the hourly pipeline runs, the embeddings follow")

    def date(self, played: Played) -> None:
        """One date, when it is over."""
        run, published = played.run, played.published
        head = f"  {played.day:%a %Y-%m-%d}  {published.objects} objects, {published.lines:>6,} lines"
        if run.state == "success":
            tests = run["silver_tests"]["tests"] + run["gold"]["tests"]
            rows = f"silver {run['silver']['rows']:>6,} rows, {tests} tests, gold {run['gold']['rows']:>5,} rows"
            self.screen.line(f"{head}  ✓ {played.seconds:4.1f} s  {rows}")
        else:
            cause = run.root_cause
            self.screen.line(f"{head}  ✗ {played.seconds:4.1f} s  stopped at {cause.task_id if cause else run.state}")

    def failure(self, played: Played) -> None:
        """What `flowlite why` says about a run that its tests stopped."""
        self.screen.title(f"Why was {played.day} stopped?   $ {command(self.stage.state)} why {played.run.id}")
        self.screen.line()
        for line in asked(self.stage, "why", played.run.id):
            self.screen.line(f"  {line}".rstrip())

    def made(self) -> None:
        """The tables, and where everything is."""
        self.screen.title("What was made")
        self.screen.line()
        for table in tables(self.stage.lake):
            dates = f"{table.dates} date{'s' if table.dates != 1 else ' '}"
            self.screen.line(f"  {table.layer:6}  {table.name:24}  {dates:8}  {table.rows:>7,} rows")
        self.screen.line()
        self.screen.line(f"  Silver, Gold  {shown(self.stage.lake)}/{{silver,gold}}/TABLE/ds=DATE/data.parquet")
        self.screen.line(f"  metrics       {shown(self.stage.metrics)}")
        self.screen.line(f"  logs          {shown(self.stage.state / 'logs')}")

    def answer(self) -> None:
        """What the manager wanted to know."""
        before = CHANGE - timedelta(days=7)
        if not all((self.stage.lake / "gold" / "kpi_summary" / f"ds={day}").exists() for day in (before, CHANGE)):
            return  # other dates were asked for
        self.screen.title("A manager asks: which hour of Sunday 10 March had most rentals, and how did the day compare")
        self.screen.line("with the Sunday before? (The clocks went forward on it.)")
        self.screen.line()
        for line in clock_change_answer(self.stage.lake, CHANGE):
            self.screen.line(f"  {line}")

    def ending(self, seconds: float, played: Sequence[Played]) -> None:
        """How long it took, and how to look around."""
        look = command(self.stage.state)
        last = played[-1].run.id
        self.screen.title(f"That took {seconds:.0f} s. Look around:")
        self.screen.line()
        self.screen.line(f"  {look} runs list")
        self.screen.line(f"  {look} runs show {last}")
        self.screen.line(f"  {look} logs {last} silver")
        self.screen.line(f"  {look} stats gold_kpis")


def tell(state: Path, dates: Sequence[date], out: TextIO | None) -> int:
    """Play the dates and tell about them."""
    started_at = time.monotonic()
    screen = Screen(out or sys.stdout)
    screen.note("  starting the stand-ins ...")
    try:
        with stage(state) as ready:
            teller = Teller(screen, ready)
            teller.opening()
            played = asyncio.run(play_dates(ready, dates, on_date=teller.date, on_note=screen.note))
            stopped = [one for one in played if one.run.state != "success"]
            for one in stopped[:1]:
                teller.failure(one)
            teller.made()
            teller.answer()
            teller.ending(time.monotonic() - started_at, played)
            return 0 if all(is_dirty_data(one) for one in stopped) else 1
    except KeyboardInterrupt:
        screen.line("  stopped; nothing is left running, and the next start begins anew")
        return CTRL_C


def is_dirty_data(played: Played) -> bool:
    """Whether a date was stopped by a test, as it should be."""
    error = played.run.root_cause.error if played.run.root_cause else None
    return error is not None and error.error_class == "data_quality"


def asked(ready: Stage, *words: str) -> list[str]:
    """What a flowlite command prints."""
    line = [sys.executable, "-m", "flowlite", "--state", str(ready.state), *words]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ready.project, check=False, timeout=60)
    return (done.stdout or done.stderr).rstrip().splitlines()


def command(state: Path) -> str:
    """How to call flowlite on what the demo left."""
    return f"flowlite --state {shown(state)}"


def shown(path: Path) -> str:
    """A path as people would write it here."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
