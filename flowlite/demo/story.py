"""The story of the demo, from the first object to what was made and where it lies."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, TextIO

from flowlite.cli.setting import Setting
from flowlite.client.client import Client
from flowlite.demo import made, parts
from flowlite.demo.footprint import Footprint
from flowlite.demo.playing import Player
from flowlite.demo.programme import Programme
from flowlite.demo.running import Daemon
from flowlite.demo.screen import Screen
from flowlite.demo.stage import MARKED, Stage, stage

if TYPE_CHECKING:
    from flowlite.store.views import RunView

CTRL_C = 130
MARKS = {"ok": "✓", "bad": "✗", "note": "·"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went."""

    is_well: bool
    seconds: float
    peak_bytes: int


class Teller:
    """Tells what happens on a stage."""

    def __init__(self, screen: Screen, ready: Stage, programme: Programme) -> None:
        self._screen, self._stage, self._programme = screen, ready, programme
        self._began_at = time.monotonic()
        self.clock: Callable[[], str] = lambda: ""

    def opening(self, missing: Mapping[str, str], *, with_tui: bool) -> None:
        """Where we are, and what can't be played here."""
        stage, line = self._stage, self._screen.line
        line("MobilityCorp's five pipelines on real bike rentals of Washington DC (2011-2012, moved by 12 years)")
        line()
        line(f"  S3          {stage.s3.endpoint}  (a stand-in, like all below: moto)")
        line(f"  mail        {stage.mail.host}:{stage.mail.port}  (aiosmtpd)")
        line(f"  weather     {stage.weather.url}  (refuses, fails and is slow on purpose)")
        line(f"  Slack       {stage.slack.url}")
        line(f"  metrics     {stage.gateway.url}")
        line(f"  state       {shown(stage.state)}")
        for part, what_to_do in missing.items():
            line()
            line(f"  {part}: not available. {what_to_do}")
        if with_tui:
            line()
            line("  The terminal UI comes up now, and closes when the play is over; q leaves it before.")

    def title(self) -> None:
        """Above the news."""
        self._screen.title("  time  the demo's clock")

    def news(self, kind: str, text: str) -> None:
        """One line, with the time that it took and the time that it is in the play."""
        passed = time.monotonic() - self._began_at
        self._screen.line(f"{passed:5.0f} s  {self.clock():16}  {MARKS[kind]} {text}")

    def made(self) -> None:
        """Everything, and where it is."""
        stage, line = self._stage, self._screen.line
        self._screen.title("What was made")
        line()
        for table in made.tables(stage.lake):
            dates = f"{table.dates} date{'s' if table.dates != 1 else ' '}"
            line(f"  {table.layer:6}  {table.name:24}  {dates:8}  {table.rows:>9,} rows")
        line()
        line(f"  tables    {shown(stage.lake)}/{{silver,gold}}/TABLE/ds=DATE/data.parquet")
        for move in made.moves(stage):
            line(f"  model     version {move.version}: {move.why}  ({shown(stage.state / 'mlflow.db')})")
        for report in made.reports(stage.lake):
            line(f"  report    {shown(report)}  ({report.stat().st_size / 1024:.0f} KiB)")
        line(f"  mail      {len(stage.mail.mails)} in {shown(stage.state / 'mail')}, with their PDFs")
        for message in stage.slack.messages:
            line(f"  Slack     {message['text']}  ({shown(stage.state / 'slack.jsonl')})")
        line(f"  metrics   {made.metric_names(stage.metrics)} in {shown(stage.metrics)}")
        told = Counter(self._stage.weather.told)
        refused = ", ".join(f"{number} x {status}" for status, number in sorted(told.items()))
        line(f"  weather   {told.total()} questions were answered: {refused}")

    def answer(self) -> None:
        """What a manager wanted to know."""
        day = self._programme.backfill[1]
        if len(made.gold(self._stage.lake, "kpi_summary", [day - timedelta(days=7), day])) < 2:
            return
        self._screen.title(f"A manager asks: which hour of {day:%A %d %B} had most rentals, and how was the day?")
        self._screen.line()
        for line in made.clock_change_answer(self._stage.lake, day):
            self._screen.line(f"  {line}")

    def ending(self, outcome: Outcome, failed: int | None) -> None:
        """How long it took, and how to look around."""
        look = f"flowlite --state {shown(self._stage.state)}"
        memory = f"{outcome.peak_bytes / (1 << 20):,.0f} MiB"
        self._screen.title(
            f"That took {outcome.seconds:.0f} s, and {memory} at most in all processes together. Look around:"
        )
        self._screen.line()
        self._screen.line(f"  {look} runs list")
        if failed is not None:
            self._screen.line(f"  {look} why {failed}")
        self._screen.line(f"  {look} stats gold_kpis")
        self._screen.line(f"  {look} sla report")


def tell(state: Path, programme: Programme, out: TextIO | None, *, with_tui: bool = False) -> int:
    """Play the programme and tell about it. Returns the exit code."""
    screen = Screen(out or sys.stdout)
    screen.note("  starting the stand-ins ...")
    try:
        with stage(state) as ready, Footprint(MARKED, str(ready.state)) as memory:
            return told(ready, programme, screen, memory, with_tui=with_tui)
    except KeyboardInterrupt:
        screen.line("  stopped; nothing is left running, and the next start begins anew")
        return CTRL_C


def told(ready: Stage, programme: Programme, screen: Screen, memory: Footprint, *, with_tui: bool) -> int:
    """On a stage that is ready."""
    began_at = time.monotonic()
    wanted = [part for part in parts.CHECKS if part != parts.ON_SPARK or programme.on_spark]
    missing = parts.not_available(wanted)
    setting = Setting(config=ready.project / "flowlite.toml", state=ready.state)
    teller = Teller(screen, ready, programme)
    teller.opening(missing, with_tui=with_tui)
    teller.title()
    with Daemon(ready.project / "flowlite.toml", setting.place):
        play = Playing(setting, ready, programme, missing, teller)
        play.below_the_tui(screen) if with_tui else play.here()
    teller.made()
    teller.answer()
    failed = next((run.id for run in play.runs if run.state == "failed"), None)
    outcome = Outcome(play.is_well, time.monotonic() - began_at, memory.peak_bytes)
    teller.ending(outcome, failed)
    return 0 if outcome.is_well else 1


class Playing:
    """The play with all that it needs, here or below the terminal UI."""

    def __init__(
        self, setting: Setting, ready: Stage, programme: Programme, missing: Mapping[str, str], teller: Teller
    ) -> None:
        self._setting, self._stage, self._programme = setting, ready, programme
        self._missing, self._teller = missing, teller
        self._player: Player | None = None
        self._error: BaseException | None = None

    def here(self) -> None:
        """Until it is over."""
        asyncio.run(self._play())

    def below_the_tui(self, screen: Screen) -> None:
        """In a thread; the terminal belongs to the UI until its user leaves."""
        from flowlite.cli.tui import show

        screen.hold()
        over = Event()
        thread = Thread(target=self._in_thread, args=(over,), name="play", daemon=True)
        thread.start()
        try:
            show(self._setting, over=over)
        finally:
            screen.release()
        thread.join()
        if self._error is not None:
            raise self._error

    def _in_thread(self, over: Event) -> None:
        try:
            asyncio.run(self._play())
        except BaseException as error:
            self._error = error
        finally:
            over.set()

    async def _play(self) -> None:
        async with Client(self._setting.place) as client, client.acting() as desk:
            player = self._player = Player(
                self._stage, self._programme, client, desk, parts.left_out(self._missing),
                parts.ON_SPARK not in self._missing, self._teller.news,
            )  # fmt: skip
            self._teller.clock = lambda: f"{player.now:%a %d %b %H:%M}"
            await player.play()

    @property
    def runs(self) -> list[RunView]:
        """All that ran, the first first."""
        return [] if self._player is None else [run for _, run in sorted(self._player.runs.items())]

    @property
    def is_well(self) -> bool:
        """Only the bad day failed, and it did."""
        failed = [run for run in self.runs if run.state != "success"]
        wanted = [] if self._programme.bad_day is None else ["gold_daily"]
        return [run.dag_id for run in failed] == wanted


def shown(path: Path) -> str:
    """A path as people would write it here."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
