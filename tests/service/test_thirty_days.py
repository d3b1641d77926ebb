"""The real daemon, a process on a folder of DAG files, through thirty days of which nothing is real but the kills: what
ran when is checked against the table of `thirty_days`."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from flowlite.service.reading import Reading
from tests.engine.scheduling.thirty_days import BEGIN, DOWN, END, TABLES, check

PROGRAM = Path(__file__).with_name("daemon_on_a_clock.py")
DAGS = """
    from flowlite import cron, dag, every, task

    @task
    async def nothing(): ...

    def named(name, **settings):
        @dag(id=name, **settings)
        def one():
            nothing()

    more = {"catchup": True, "start": "2024-03-14", "max_active_runs": 2}
    nightly = cron("30 2 * * *", tz="Europe/Berlin")
    named("hourly", schedule="@hourly")
    named("quarters", schedule=every(minutes=15))
    named("quarters_caught_up", schedule="*/15 * * * *", **more)
    named("nightly", schedule=nightly)
    named("nightly_caught_up", schedule=nightly, **more)
    named("listed", schedule=[cron("0 6 * * *", "Europe/Berlin"), cron("0 6,18 * * 1-5", "Europe/Berlin")])
"""


class Told:
    """A daemon that is told the time."""

    def __init__(self, root: Path, now: datetime) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), now.isoformat()], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, "PYTHONPATH": os.getcwd()},
        )  # fmt: skip
        assert self._hear() == "ready"

    def say(self, line: str) -> None:
        """And wait until all that follows has happened."""
        assert self._process.stdin is not None
        print(line, file=self._process.stdin, flush=True)
        assert self._hear() == "there"

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.communicate()

    def end(self) -> int:
        """In order."""
        self._process.communicate(timeout=30)
        return self._process.returncode

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def lived_through(root: Path) -> None:
    """All thirty days."""
    daemon = Told(root, BEGIN)
    for down, up, why in DOWN:
        daemon.say(down.isoformat())
        if why == "kill":
            daemon.kill()
            daemon = Told(root, up)
        else:
            daemon.say(f"={up.isoformat()}")
    daemon.say(END.isoformat())
    assert daemon.end() == 0


@pytest.mark.slow
async def test_what_the_daemon_ran_when_is_what_the_table_says(project):
    project.write("calendar.py", DAGS)
    await asyncio.to_thread(lived_through, project.root)
    reading = Reading(project.state)
    for name in TABLES:
        rows = await reading.views.intervals(name, limit=100_000)
        check(name, rows[::-1], await reading.views.list_runs(name, limit=100_000))
    reading.close()
    assert "✗" not in project.flowlite("db", "check")
