"""Spark's own event log: a row for each stage while the application runs, and the figures at its end.

The driver writes the log in blocks, when a job begins and when a stage ends: that a stage began, and how many of its
tasks are done, is in there late, and heard from the driver's lines in the meantime.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MOST_ROWS = 200  # a training may have thousands of stages: then only those that failed are told
WRITTEN = "internal.metrics.output.recordsWritten"
READ = "internal.metrics.input.recordsRead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage, as its row shows it."""

    name: str
    state: str
    started_at: float | None = None
    ended_at: float | None = None
    rows: int | None = None
    message: str = ""


@dataclass(slots=True)
class Figures:
    """Counts over the whole application."""

    stages: int = 0
    failed_stages: int = 0
    tasks: int = 0
    done: int = 0
    failed_tasks: int = 0
    rows: int = 0


class Story:
    """Takes events in; stages are told as they change."""

    def __init__(self, tell: Callable[[Stage], None]) -> None:
        self._tell = tell
        self._planned: dict[int, Mapping[str, Any]] = {}
        self._begun: set[tuple[int, int]] = set()
        self.figures = Figures()
        self.application: str | None = None

    def hear(self, event: Mapping[str, Any]) -> None:
        """One event of the log."""
        kind = event.get("Event")
        if kind == "SparkListenerApplicationStart":
            self.application = event.get("App ID")
        elif kind == "SparkListenerJobStart":
            self._planned |= {int(info["Stage ID"]): info for info in event.get("Stage Infos") or ()}
        elif kind == "SparkListenerStageSubmitted":
            self._begin(event["Stage Info"])
        elif kind == "SparkListenerTaskEnd":
            self._count(event)
        elif kind == "SparkListenerStageCompleted":
            self._end(event["Stage Info"])

    def has_begun(self, number: int, attempt: int, at: float) -> None:
        """A task of this stage was started, says the driver. One of which the log knows nothing yet is told later."""
        if (number, attempt) not in self._begun and number in self._planned:
            moment = {"Stage Attempt ID": attempt, "Submission Time": at * 1000}
            self._begin({**self._planned[number], **moment})

    def _begin(self, info: Mapping[str, Any]) -> None:
        key = (int(info["Stage ID"]), int(info.get("Stage Attempt ID") or 0))
        if key in self._begun:
            return
        self._begun.add(key)
        self.figures.stages += 1
        self.figures.tasks += int(info.get("Number of Tasks", 0))
        if self.figures.stages <= MOST_ROWS:
            self._tell(Stage(name=name_of(info), state="running", started_at=seconds(info.get("Submission Time"))))

    def _count(self, event: Mapping[str, Any]) -> None:
        is_good = (event.get("Task End Reason") or {}).get("Reason") == "Success"
        self.figures.done += is_good
        self.figures.failed_tasks += not is_good

    def _end(self, info: Mapping[str, Any]) -> None:
        why, counts = info.get("Failure Reason"), accumulated(info)
        self.figures.failed_stages += why is not None
        self.figures.rows += counts.get(WRITTEN, 0)
        if why is None and self.figures.stages > MOST_ROWS:
            return
        self._tell(
            Stage(
                name=name_of(info),
                state="success" if why is None else "failed",
                started_at=seconds(info.get("Submission Time")),
                ended_at=seconds(info.get("Completion Time")),
                rows=counts.get(WRITTEN) or counts.get(READ),
                message=str(why or "")[:1000],
            )
        )


def name_of(info: Mapping[str, Any]) -> str:
    """Its number and what Spark calls it; a second try of a stage is a row of its own."""
    again = f".{info['Stage Attempt ID']}" if info.get("Stage Attempt ID") else ""
    return f"stage {info['Stage ID']}{again}: {Path(str(info.get('Stage Name') or '?')).name}"[:200]


def accumulated(info: Mapping[str, Any]) -> dict[str, int]:
    """Those of Spark's counters that are whole numbers."""
    return {
        str(one["Name"]): int(one["Value"])
        for one in info.get("Accumulables") or ()
        if str(one.get("Name", "")).startswith("internal.metrics.") and str(one.get("Value")).isdigit()
    }


def seconds(milliseconds: Any) -> float | None:
    """Spark counts in milliseconds."""
    return None if milliseconds is None else float(milliseconds) / 1000


class Tail:
    """The whole lines that a growing file has got since the last look. It may be renamed meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._rest = folder, b""
        self._file: BinaryIO | None = None

    def events(self) -> Iterator[Mapping[str, Any]]:
        """What is new; nothing while there is no file yet."""
        if self._file is None:
            found = sorted(path for path in self._folder.glob("*") if path.is_file()) if self._folder.is_dir() else []
            if not found:
                return
            self._file = found[0].open("rb")
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
