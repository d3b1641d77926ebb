"""One run with its tasks, the elements of its maps, and what they tell below themselves. Ten thousand elements are four
arrays: a state is one byte."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowlite.core.states import FINISHED, State, taken_together
from flowlite.tui.model.columns import rows, seconds

Told = Mapping[str, Any]
STATES = tuple(str(state) for state in State)
CODE = {state: code for code, state in enumerate(STATES)}
PENDING = CODE["pending"]
NEVER = math.nan


class Elements:
    """Of a map, by map index: in columns."""

    __slots__ = ("attempt", "since", "started", "state")

    def __init__(self, width: int) -> None:
        self.state = bytearray([PENDING]) * width
        self.since = array("d", [NEVER]) * width
        self.started = array("d", [NEVER]) * width
        self.attempt = array("H", [0]) * width

    def __len__(self) -> int:
        return len(self.state)

    def grow(self, width: int) -> None:
        """At least so many; new ones are pending."""
        more = width - len(self.state)
        if more > 0:
            self.state += bytearray([PENDING]) * more
            self.since.extend([NEVER] * more)
            self.started.extend([NEVER] * more)
            self.attempt.extend([0] * more)


@dataclass(slots=True)
class Node:
    """A row below a task: a dbt model, a Spark stage."""

    id: str
    state: str
    started_at: float | None
    ended_at: float | None
    rows: int | None
    message: str
    attempt: int


@dataclass(slots=True)
class Progress:
    """How far a task instance said it is."""

    attempt: int
    done: float
    total: float | None
    note: str
    at: float


@dataclass(slots=True)
class Task:
    """A task of the run; its own row, which for a map stands for all."""

    number: int
    id: str
    kind: str
    pool: str
    slots: int
    is_map: bool
    group: str = ""
    upstream: tuple[int, ...] = ()
    state_code: int = PENDING
    since: float = NEVER
    started: float = NEVER
    attempt: int = 0
    width: int | None = None
    wish: str | None = None
    resume_at: float | None = None
    wait_until: float | None = None
    elements: Elements | None = None
    counts: list[int] = field(default_factory=list)  # of the elements, by state code
    nodes: dict[int, dict[str, Node]] = field(default_factory=dict)  # by map index
    progress: dict[int, Progress] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """Its own, or that of its elements taken together."""
        if self.width and self.counts:
            return taken_together(self.tally())
        return STATES[self.state_code]

    def tally(self) -> dict[str, int]:
        """State -> how many."""
        if self.width is None or not self.counts:
            return {STATES[self.state_code]: 1} if self.width is None else {}
        return {STATES[code]: number for code, number in enumerate(self.counts) if number}

    def state_of(self, index: int) -> str:
        """Of one element; of the task itself below 0."""
        if index < 0 or self.elements is None:
            return self.state
        return STATES[self.elements.state[index]]


@dataclass(frozen=True, slots=True)
class Instance:
    """One row of the run, for whoever wants to know all of it."""

    task: Task
    index: int
    state: str
    since: float | None
    started_at: float | None
    attempt: int

    @property
    def name(self) -> str:
        """`fetch` or `fetch[3]`."""
        return self.task.id if self.index < 0 else f"{self.task.id}[{self.index}]"

    def length_s(self, now: float) -> float | None:
        """Of the attempt under way, or of the last one."""
        if self.started_at is None or self.state == "pending":
            return None
        end = self.since if self.state in FINISHED or self.state == "retrying" else now
        return None if end is None else max(0.0, end - self.started_at)


class RunModel:
    """`take` a snapshot of the run, then `apply` the events; those that come before the snapshot are kept for it."""

    def __init__(self, id_: int) -> None:
        self.id = id_
        self.seq = -1  # nothing is known yet
        self.dag_id, self.kind, self.state, self.asked_by, self.params = "", "", "", "", "{}"
        self.logical_date: float | None = None
        self.interval: tuple[float, float] = (0.0, 0.0)
        self.created_at: float | None = None
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.had_failures = False
        self.priority: int | None = None
        self.wish: str | None = None
        self.lane = ""
        self.tasks: list[Task] = []
        self.by_id: dict[str, Task] = {}
        self.is_old = True  # its snapshot should be asked for (again)
        self.is_stale = False  # something was told below tasks, or a map has got its width
        self.told_until = 0.0  # what was told below tasks is known up to there
        self.version = 0  # counts up with everything that is new
        self.taken = 0  # snapshots
        self.trouble = ""  # why there is nothing to see
        self._early: list[Told] = []

    @property
    def is_known(self) -> bool:
        """Whether its snapshot has come."""
        return self.seq >= 0

    @property
    def outline(self) -> tuple[object, ...]:
        """What its rows follow from: states come and go, and are not in it."""
        return (self.taken, self.told_until, *(task.width for task in self.tasks))

    @property
    def is_finished(self) -> bool:
        """Whether it has ended."""
        return self.state in ("success", "failed", "cancelled")

    # --- snapshots ----------------------------------------------------------------------------------------------------
    def take(self, told: Told) -> None:
        """A whole snapshot, in the place of all that was known."""
        self._take_run(told["run"])
        self._take_tasks(told["tasks"], told["graph"])
        self._take_instances(told["instances"])
        self.take_told(told)
        self.seq, early, self._early = told["seq"], self._early, []
        self.is_old, self.trouble = False, ""
        self.taken += 1
        for event in early:
            self.apply(event)

    def _take_run(self, columns: Mapping[str, Any]) -> None:
        one = {name: values[0] for name, values in columns.items()}
        for name in ("dag_id", "kind", "state", "asked_by", "params", "priority", "wish", "lane"):
            setattr(self, name, one[name])
        for name in ("logical_date", "created_at", "started_at", "ended_at"):
            setattr(self, name, seconds(one[name]))
        self.interval = (float(one["data_interval_start"]), float(one["data_interval_end"]))
        self.had_failures = bool(one["had_failures"])

    def _take_tasks(self, columns: Mapping[str, Any], graph: Mapping[str, Any]) -> None:
        names = ("number", "task_id", "kind", "pool", "slots", "is_map")
        self.tasks = [
            Task(number, id_, kind, pool, slots, bool(is_map))
            for number, id_, kind, pool, slots, is_map in rows(columns, *names)
        ]
        self.by_id = {task.id: task for task in self.tasks}
        for task, upstream in zip(self.tasks, graph["upstream"], strict=True):
            task.upstream = tuple(upstream)
            task.group = task.id.rpartition(".")[0]

    def _take_instances(self, columns: Mapping[str, Any]) -> None:
        names = (
            "task_no", "map_index", "state", "since", "attempt", "started_at", "resume_at", "wait_until", "wish",
            "width",
        )  # fmt: skip
        late = []
        for number, index, state, since, attempt, started, resume, until, wish, width in rows(columns, *names):
            task = self.tasks[number]
            if index < 0:
                task.state_code, task.since, task.attempt = CODE[state], since, attempt
                task.started = NEVER if started is None else started
                task.resume_at, task.wait_until, task.wish = seconds(resume), seconds(until), wish
                self.widen(task, width)
            elif task.width is not None and index < task.width:  # beyond it lies what was a wider map once
                late.append((task, index, CODE[state], since, started, attempt))
        for task, index, code, since, started, attempt in late:
            self._put(task, index, code, since, NEVER if started is None else started, attempt)

    def widen(self, task: Task, width: int | None) -> None:
        """The width of a map; None: not known (any more)."""
        if width == task.width:
            return
        if width and (task.elements is None or task.width is None or width < len(task.elements)):
            task.elements, task.counts = Elements(width), [0] * len(STATES)
            task.counts[PENDING] = width
        elif not width:
            task.elements, task.counts = None, []
        task.width = width

    def take_told(self, told: Told) -> None:
        """Progress and nodes, of the whole run or since they were asked for last; and the widths of its maps."""
        for number, width in rows(told.get("maps", {}), "task_no", "width"):
            self.widen(self.tasks[number], width)
        names = ("task_no", "map_index", "attempt", "done", "total", "note", "at")
        for number, index, attempt, done, total, note, at in rows(told.get("progress", {}), *names):
            self.tasks[number].progress[index] = Progress(attempt, done, total, note, at)
            self.told_until = max(self.told_until, at)
        said = ("node_id", "state", "started_at", "ended_at", "rows", "message", "at")
        for number, index, attempt, id_, state, started, ended, made, message, at in rows(
            told.get("nodes", {}), "task_no", "map_index", "attempt", *said
        ):
            known = self.tasks[number].nodes.setdefault(index, {})
            if any(node.attempt < attempt for node in known.values()):
                known.clear()
            known[id_] = Node(id_, state, seconds(started), seconds(ended), made, message or "", attempt)
            self.told_until = max(self.told_until, at)
        self.is_stale = False
        self.version += 1

    def refuse(self, because: str) -> None:
        """There is no such run."""
        self.trouble, self.is_old = because, False
        self._early.clear()
        self.version += 1

    # --- events -------------------------------------------------------------------------------------------------------
    def apply(self, event: Told) -> None:
        """One event of this run, if it is not known already."""
        if self.is_old:
            self._early.append(event)
            return
        if event["seq"] <= self.seq:
            return
        self.seq = event["seq"]
        self.version += 1
        match event["kind"]:
            case "run":
                self._hear_run(event["state"], event["at"])
            case "task":
                self._hear_task(event)
            case "node" | "progress":
                self.is_stale = True

    def _hear_run(self, state: str, at: float) -> None:
        self.state = state
        if state == "queued":
            self.started_at = self.ended_at = None
        elif state == "running":
            self.started_at, self.ended_at = self.started_at or at, None
        else:
            self.ended_at = at

    def _hear_task(self, event: Told) -> None:
        task = self.by_id.get(event["task_id"])
        if task is None:
            return
        index, state, at, attempt = event["map_index"], event["state"], event["at"], event["attempt"] or 0
        if index is not None and index >= 0:
            if task.width is None or index >= task.width:
                self.is_stale = True  # its list is known by now
                self.widen(task, max(index + 1, task.width or 0))
            elements = task.elements
            assert elements is not None
            started = at if state == "running" else elements.started[index]
            self._put(task, index, CODE[state], at, started, attempt)
            return
        if state == "running":
            task.started = at
        elif task.is_map:
            self.is_stale = True
        task.state_code, task.since, task.attempt = CODE[state], at, attempt
        task.resume_at = None

    def _put(self, task: Task, index: int, code: int, since: float, started: float, attempt: int) -> None:
        elements = task.elements
        if elements is None:
            return
        if index >= len(elements):
            task.counts[PENDING] += index + 1 - len(elements)
            elements.grow(index + 1)
        task.counts[elements.state[index]] -= 1
        task.counts[code] += 1
        elements.state[index], elements.since[index], elements.started[index] = code, since, started
        elements.attempt[index] = attempt

    # --- looking ------------------------------------------------------------------------------------------------------
    def instance(self, task_id: str, index: int = -1) -> Instance | None:
        """One row; None: there is none."""
        task = self.by_id.get(task_id)
        if task is None or (index >= 0 and (task.elements is None or index >= len(task.elements))):
            return None
        if index < 0 or task.elements is None:
            return Instance(task, -1, task.state, known(task.since), known(task.started), task.attempt)
        e = task.elements
        return Instance(
            task, index, STATES[e.state[index]], known(e.since[index]), known(e.started[index]), e.attempt[index]
        )

    def tally(self) -> dict[str, int]:
        """State -> how many task instances, elements and not the map that stands for them."""
        found: dict[str, int] = {}
        for task in self.tasks:
            for state, number in task.tally().items():
                found[state] = found.get(state, 0) + number
        return found

    def in_state(self, *states: str) -> Iterator[Instance]:
        """Those, in the order of tasks and map indices."""
        codes = {CODE[state] for state in states}
        for task in self.tasks:
            if task.elements is None:
                indices = [-1] if task.width is None and task.state_code in codes else []
            else:
                indices = [index for index, code in enumerate(task.elements.state) if code in codes]
            for index in indices:
                found = self.instance(task.id, index)
                if found is not None:
                    yield found


def known(value: float) -> float | None:
    """None for never."""
    return None if math.isnan(value) else value
