"""What flowlite knows of its own work, asked by its own commands: of the state that this task's run belongs to.

For tasks in processes: only there the environment says which state that is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flowlite import FlowliteError

MOST_RUNS, MOST_MISSES = 10_000, 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has ended."""

    run_id: str
    dag_id: str
    kind: str
    state: str
    had_failures: bool
    ended_at: datetime
    duration_s: float


@dataclass(frozen=True, slots=True)
class Deadline:
    """How often the deadline of a DAG, or of one of its tasks, was kept."""

    of: str
    due: int
    met: int
    mean_s: float | None  # by how much those that were missed were late
    worst_s: float | None

    @property
    def missed(self) -> int:
        """So often it was not."""
        return self.due - self.met


@dataclass(frozen=True, slots=True)
class Miss:
    """A deadline that was missed."""

    of: str
    run_id: str
    due_at: datetime
    late_s: float | None  # None: not over yet, or not known


@dataclass(frozen=True, slots=True)
class Update:
    """The latest update of an asset."""

    asset: str
    at: datetime
    by: str


def runs(since: datetime, until: datetime) -> list[Run]:
    """Those that ended between two instants, the earliest first."""
    found = [run_of(row) for row in asked("runs", "list", "--limit", str(MOST_RUNS)) if row["ended_at"]]
    return sorted((run for run in found if since <= run.ended_at < until), key=lambda run: run.ended_at)


def run_of(row: dict[str, Any]) -> Run:
    """A run as `flowlite runs list --json` has it."""
    return Run(
        run_id=row["run_id"], dag_id=row["dag_id"], kind=row["kind"], state=row["state"],
        had_failures=row["had_failures"], ended_at=instant(row["ended_at"]), duration_s=row["duration_s"] or 0.0,
    )  # fmt: skip


def deadlines(since: datetime, until: datetime) -> list[Deadline]:
    """Those that were due between two instants, by DAG and task."""
    span = ("--since", text(since), "--until", text(until))
    return [
        Deadline(name(row), row["due"], row["met"], row["mean_s"], row["worst_s"])
        for row in asked("sla", "report", *span)["deadlines"]
    ]


def misses(since: datetime, until: datetime, known: list[Run]) -> list[Miss]:
    """The deadlines that were missed, the earliest first. How late a DAG was is told by the end of its run."""
    ends = {run.run_id: run.ended_at for run in known}
    found = []
    for row in asked("sla", "list", "--missed", "--limit", str(MOST_MISSES)):
        due_at, end = instant(row["due_at"]), ends.get(row["run_id"]) if row["task_id"] is None else None
        if since <= due_at < until:
            found.append(
                Miss(name(row), row["run_id"], due_at, max((end - due_at).total_seconds(), 0) if end else None)
            )
    return sorted(found, key=lambda one: one.due_at)


def updates() -> list[Update]:
    """Of every asset, by name."""
    return [Update(row["asset"], instant(row["at"]), row["dag_id"] or "a person") for row in asked("assets", "list")]


def cause(run_id: str) -> tuple[str, str]:
    """Why a run failed: the task, and what it said in one line."""
    failure = (asked("why", run_id).get("cause") or {}).get("failure")
    if failure is None:
        return "", "not told"
    element = f"[{failure['map_index']}]" if failure["map_index"] >= 0 else ""
    said = failure["message"].strip().splitlines() or [""]
    return f"{failure['task_id']}{element}", f"{failure['type']}: {said[0]}"


def status() -> dict[str, Any]:
    """How the state folder is doing."""
    found: dict[str, Any] = asked("status")
    return found


def asked(*words: str) -> Any:
    """What a command says, as JSON."""
    state = os.environ.get("FLOWLITE_STATE_DIR")
    if state is None:
        raise FlowliteError("this task does not know its state; give it isolation='process'")
    line = [sys.executable, "-m", "flowlite", "--state", state, *words, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode not in (0, 1):  # 1: it has an answer, and that is not good news
        raise FlowliteError(f"`flowlite {' '.join(words)}` said: {done.stderr.strip()}")
    return json.loads(done.stdout)


def name(row: dict[str, Any]) -> str:
    """`gold_kpis`, or `gold_kpis.silver` for a task with a deadline of its own."""
    return f"{row['dag_id']}.{row['task_id']}" if row["task_id"] else str(row["dag_id"])


def instant(given: str) -> datetime:
    """Aware, in UTC."""
    return datetime.fromisoformat(given).astimezone(UTC)


def text(at: datetime) -> str:
    """As commands take it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def spans(since: datetime, until: datetime, step: timedelta) -> list[tuple[datetime, datetime]]:
    """A time in pieces, the last one shorter if need be."""
    found, begins = [], since
    while begins < until:
        found.append((begins, min(begins + step, until)))
        begins += step
    return found
