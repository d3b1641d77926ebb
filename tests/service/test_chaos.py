"""The real daemon is killed again and again, at any moment of its life. Nothing may be lost, run twice at once, or be
more than its pool allows; in the end everything has succeeded, but for what was under way at three of the kills."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowlite.core.retry import LOST_BUDGET
from flowlite.service.reading import Reading

POOLS = """
    [pools]
    tight = 2
"""
WORK = Path(__file__).with_name("dagfile_chaos.py")


@pytest.fixture
def chaos(project, monkeypatch):
    """A project in which so many runs are due at once as the test says."""

    def with_runs(number: int):
        start = datetime.now(UTC) - timedelta(minutes=number, seconds=20)
        monkeypatch.setenv("FLOWLITE_CHAOS_START", start.isoformat())
        project.configure(POOLS)
        (project.root / "locks").mkdir()
        shutil.copy(WORK, project.root / "pipelines" / "chaos.py")
        return project

    return with_runs


def states(project) -> Counter[str]:
    """In which states task instances are right now, in the file."""
    file = project.state / "flowlite.db"
    if not file.exists():
        return Counter()
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as reader:
        try:
            query = "SELECT i.state, count(*) FROM task_instance i JOIN run r ON r.id = i.run_id"
            return Counter(dict(reader.execute(f"{query} WHERE r.ended_at IS NULL GROUP BY 1").fetchall()))
        except sqlite3.OperationalError:  # killed before the first schema was there
            return Counter()


def killed(project, rng: random.Random, times: int) -> Counter[str]:
    """Killed so often, from its first milliseconds on; which states were hit how often."""
    hit: Counter[str] = Counter()
    while times:
        daemon = project.start()
        if rng.random() < 0.8:
            daemon.ready.readline()
            time.sleep(rng.uniform(0.0, 0.4))
        else:
            time.sleep(rng.uniform(0.05, 0.45))  # recovery itself
        daemon.kill()
        daemon.wait()
        daemon.ready.close()
        found = states(project)
        hit.update(found.keys())
        times -= 1
    return hit


def ended(project, runs: int):
    def look() -> bool:
        with sqlite3.connect(f"file:{project.state / 'flowlite.db'}?mode=ro", uri=True) as reader:
            query = "SELECT count(*), count(ended_at) FROM run"
            made, over = reader.execute(query).fetchone()
            return made >= runs and made == over

    return look


def check_all(project, runs: int) -> list[str]:
    """Every invariant, from what the bodies wrote and from the file. Which tasks were given up as poison, because they
    were under way at three of the kills: those alone may have failed, and nothing else may lack its effect."""
    effects = Counter((project.root / "effects").read_text().splitlines())
    assert [line for line in effects if not line.startswith("did ")] == []
    rows = asyncio.run(read(project))
    assert len({row.run.logical_date for row in rows}) == len(rows) >= runs
    poison = []
    for row in rows:
        given_up = [one for one in row.instances if one.state == "failed"]
        assert all(one.losses >= LOST_BUDGET for one in given_up)
        assert (row.run.state == "failed") == bool(given_up), row.run
        assert {one.state for one in row.instances} <= {"success", "failed", "upstream_failed"}
        for one in row.instances:
            if one.state == "success":
                assert did(one) is None or did(one) in effects, one
        poison += [did(one) or "" for one in given_up]
    assert "✗" not in project.flowlite("db", "check")
    return poison


def did(one) -> str | None:
    """The line that a task leaves behind; None for a map itself."""
    if one.task_id == "outside.command":
        return f"did {one.run_id}-command"
    if one.map_index < 0 and one.task_id == "each":
        return None
    return f"did chaos-{one.run_id}-{one.task_id}-{None if one.map_index < 0 else one.map_index}"


async def read(project):
    reading = Reading(project.state)
    try:
        return await reading.views.whole_runs([run.id for run in await reading.runs(limit=10_000)])
    finally:
        reading.close()


def lived_through(project, *, seed: int, kills: int, runs: int) -> tuple[Counter[str], list[str]]:
    hit = killed(project, random.Random(seed), kills)
    project.up()
    until = time.monotonic() + 60 + runs
    while not ended(project, runs)():
        assert time.monotonic() < until, project.said()[-3000:]
        time.sleep(0.05)
    project.stop()
    return hit, check_all(project, runs)


def test_killed_ten_times_it_loses_nothing_and_runs_nothing_twice_at_once(chaos):
    hit, poison = lived_through(chaos(20), seed=1, kills=10, runs=20)
    assert {"running", "pending"} <= hit.keys()
    assert len(poison) <= 1


@pytest.mark.chaos
def test_killed_a_thousand_times(chaos):
    kills = int(os.environ.get("FLOWLITE_KILLS", "1000"))
    hit, poison = lived_through(chaos(kills), seed=int(os.environ.get("FLOWLITE_SEED", "7")), kills=kills, runs=kills)
    print(f"{kills} kills; states hit: {dict(hit)}; given up as poison: {poison}")
    assert len(poison) <= kills // 100
    wanted = {"pending", "queued", "running", "retrying", "waiting"}
    assert all(hit[state] >= min(20, kills // 50) for state in wanted), hit
