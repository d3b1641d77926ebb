"""The world: every DAG with its last runs, the pools, and what needs a person; from a snapshot, moved on by events."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowlite.tui.model.columns import Columns, rows, seconds

Told = Mapping[str, Any]

FINISHED = frozenset({"success", "failed", "cancelled"})
KEPT = 40  # runs of each DAG
BEFORE = {"running": "queued", "success": "running", "failed": "running", "cancelled": "running"}  # most likely


@dataclass(slots=True)
class Run:
    """A run as lists show it. What is only heard of by an event has no kind and no date until its row is asked for."""

    id: int
    dag_id: str
    state: str
    kind: str = ""
    logical_date: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    had_failures: bool = False
    wish: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it has ended."""
        return self.state in FINISHED

    def length_s(self, now: float) -> float | None:
        """From its start to its end, or to now."""
        if self.started_at is None:
            return None
        return (now if self.ended_at is None else self.ended_at) - self.started_at

    def become(self, other: Run) -> None:
        """As its row says."""
        self.state, self.kind, self.logical_date = other.state, other.kind, other.logical_date
        self.started_at, self.ended_at = other.started_at, other.ended_at
        self.had_failures, self.wish = other.had_failures, other.wish


def runs_in(columns: Columns) -> Iterator[Run]:
    """From columns of a snapshot."""
    names = ("run_id", "dag_id", "kind", "state", "logical_date", "started_at", "ended_at", "had_failures", "wish")
    for id_, dag_id, kind, state, date, started, ended, had, wish in rows(columns, *names):
        yield Run(
            id=int(id_), dag_id=dag_id, state=state, kind=kind, logical_date=seconds(date), started_at=seconds(started),
            ended_at=seconds(ended), had_failures=bool(had), wish=wish,
        )  # fmt: skip


@dataclass(slots=True)
class Dag:
    """A DAG. `runs`: its last ones, newest first; `counts`: of all that are kept, by state."""

    id: str
    version: int | None = None
    file: str | None = None
    description: str = ""
    schedule: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    makes: tuple[str, ...] = ()  # assets
    waits_for: tuple[str, ...] = ()
    tasks: int = 0
    is_declared: bool = False
    is_paused: bool = False
    priority: int | None = None
    next_due_at: float | None = None
    runs: list[Run] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def last(self) -> Run | None:
        """Its newest run."""
        return self.runs[0] if self.runs else None

    def failing(self) -> list[Run]:
        """The failed runs since the last success, newest first; cancelled and unfinished ones are not looked at."""
        found = []
        for run in self.runs:
            if run.state == "success":
                break
            if run.state == "failed":
                found.append(run)
        return found


@dataclass(slots=True)
class Held:
    """What one task of one run has or wants of a pool."""

    run_id: int
    task_id: str
    state: str
    instances: int
    slots: int


@dataclass(slots=True)
class Pool:
    """Slots, who has them, and who waits for some."""

    name: str
    size: int
    is_by_hand: bool
    holders: list[Held] = field(default_factory=list)
    waiting: list[Held] = field(default_factory=list)

    @property
    def used(self) -> int:
        """Slots in use."""
        return sum(one.slots for one in self.holders)

    @property
    def queued(self) -> int:
        """Task instances that wait."""
        return sum(one.instances for one in self.waiting)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a DAG file."""

    file: str
    line: int | None
    message: str
    fix: str
    since: float | None


@dataclass(frozen=True, slots=True)
class Question:
    """An approval that waits for a person."""

    run_id: int
    dag_id: str
    task_id: str
    map_index: int
    since: float
    wait_until: float | None


class World:
    """`take` a snapshot, then `apply` each event after its number. `wanted`: runs whose rows should be asked for."""

    def __init__(self) -> None:
        self.seq = 0
        self.dags: dict[str, Dag] = {}
        self.runs: dict[int, Run] = {}
        self.pools: dict[str, Pool] = {}
        self.problems: list[Problem] = []
        self.questions: list[Question] = []
        self.wanted: set[int] = set()
        self.is_stale = False  # tasks have moved: pools and questions should be asked for
        self.is_old = False  # DAG files have changed: everything should be
        self.is_miscounted = False  # a run that is not kept has moved: how many there are by state should be asked for
        self.turns = 0  # counts up with what runs, backfills and deadlines do: what is told of many of them is old
        self.moves = 0  # counts up with what tasks do

    # --- snapshots ----------------------------------------------------------------------------------------------------
    def take(self, told: Told) -> None:
        """A whole snapshot, in the place of all that was known."""
        self.seq = told["seq"]
        self.dags, self.runs, self.wanted, self.is_old = {}, {}, set(), False
        declared = told["declared"]
        names = (
            "dag_id",
            "file",
            "description",
            "schedule",
            "tags",
            "owner",
            "is_paused",
            "tasks",
            "makes",
            "waits_for",
        )
        for id_, file, description, schedule, tags, owner, is_paused, tasks, makes, waits in rows(declared, *names):
            self.dags[id_] = Dag(
                id=id_, file=file, description=description or "", schedule=schedule or "", tags=tuple(tags or ()),
                owner=owner or "", makes=tuple(makes or ()), waits_for=tuple(waits or ()), is_paused=bool(is_paused),
                tasks=tasks, is_declared=True,
            )  # fmt: skip
        self._take_flags(told["dags"])
        self.take_runs(told["runs"])
        self.take_counts(told["counts"])
        self.dags = dict(sorted(self.dags.items()))
        self.take_current(told, problems=declared.get("problems", ()))

    def take_counts(self, columns: Columns) -> None:
        """How many runs there are by state."""
        self.is_miscounted = False
        for dag in self.dags.values():
            dag.counts.clear()
        for id_, state, number in rows(columns, "dag_id", "state", "runs"):
            self.dag(id_).counts[state] = number

    def take_current(self, told: Told, problems: Iterable[str] = ()) -> None:
        """What is the case now beside runs: pools, and what waits for people."""
        self.is_stale = False
        self._take_flags(told.get("dags", {}))
        self._take_pools(told["pools"], told["in_pools"])
        named = ("file", "line", "message", "fix", "since")
        found = [Problem(*row) for row in rows(told.get("problems", {}), *named)]
        self.problems = found or [Problem("", None, text, "", None) for text in problems]
        asked = ("run_id", "dag_id", "task_id", "map_index", "since", "wait_until")
        self.questions = [Question(int(run), *rest) for run, *rest in rows(told.get("approvals", {}), *asked)]

    def _take_flags(self, columns: Columns) -> None:
        for id_, version, is_paused, priority, due in rows(
            columns, "dag_id", "version", "is_paused", "priority", "next_due_at"
        ):
            dag = self.dag(id_)
            dag.version, dag.priority, dag.next_due_at = version, priority, seconds(due)
            if is_paused is not None:  # by hand; else the file decides
                dag.is_paused = bool(is_paused)

    def _take_pools(self, pools: Columns, busy: Columns) -> None:
        self.pools = {name: Pool(name, size, bool(by)) for name, size, by in rows(pools, "name", "size", "is_by_hand")}
        for name, run, task, state, number, slots in rows(
            busy, "pool", "run_id", "task_id", "state", "instances", "slots"
        ):
            pool = self.pools.setdefault(name, Pool(name, 0, is_by_hand=False))
            held = Held(int(run), task, state, number, slots)
            (pool.holders if state == "running" else pool.waiting).append(held)

    def take_runs(self, columns: Columns) -> None:
        """Rows of runs: new ones, or ones that were only heard of."""
        for told in runs_in(columns):
            self.wanted.discard(told.id)
            run = self._run(told.id, told.dag_id, told.state)
            if run is not None:
                run.become(told)

    # --- events -------------------------------------------------------------------------------------------------------
    def apply(self, event: Told) -> None:
        """One event; those up to `seq` are known already."""
        if event["seq"] <= self.seq:
            return
        self.seq = event["seq"]
        match event["kind"]:
            case "run":
                self._hear_run(int(event["run_id"]), event["dag_id"], event["state"], event["at"])
                self.turns += 1
            case "task" | "pool":
                self.is_stale = True
                self.moves += 1
            case "backfill" | "deadline" | "asset":
                self.turns += 1
            case "dag":
                self._hear_dag(event["dag_id"], event["state"])

    def _hear_run(self, id_: int, dag_id: str, state: str, at: float) -> None:
        dag = self.dag(dag_id)
        known = self.runs.get(id_)
        is_new = known is None and id_ > max((run.id for run in dag.runs), default=0)
        before = known.state if known is not None else "" if is_new else BEFORE.get(state, "")
        self.is_miscounted = self.is_miscounted or (known is None and not is_new)
        if before != state:
            dag.counts[state] += 1
            dag.counts[before] -= bool(before)
        run = self._run(id_, dag_id, state)
        if run is None:
            return
        if state == "running" and run.started_at is None:
            run.started_at = at
        run.ended_at = at if state in FINISHED else None
        if known is None or state in FINISHED:
            self.wanted.add(id_)
        self._move(run, state)

    def _hear_dag(self, dag_id: str, state: str) -> None:
        if state in ("paused", "unpaused"):
            self.dag(dag_id).is_paused = state == "paused"
            self.is_stale = True  # its next fire
        else:
            self.is_old = True

    def _move(self, run: Run, state: str) -> None:
        run.state = state
        if state == "queued":
            run.started_at = run.ended_at = None

    def _run(self, id_: int, dag_id: str, state: str) -> Run | None:
        """The run, kept from now on; None: older than those that are kept."""
        found = self.runs.get(id_)
        if found is not None:
            return found
        dag = self.dag(dag_id)
        if len(dag.runs) >= KEPT and id_ < dag.runs[-1].id:
            return None
        found = self.runs[id_] = Run(id_, dag_id, state)
        insort(dag.runs, found, key=lambda run: -run.id)
        for old in dag.runs[KEPT:]:
            del self.runs[old.id]
            self.wanted.discard(old.id)
        del dag.runs[KEPT:]
        return found

    def dag(self, dag_id: str) -> Dag:
        """The DAG, known from now on."""
        if dag_id not in self.dags:
            self.dags[dag_id] = Dag(id=dag_id)
        return self.dags[dag_id]

    # --- figures ------------------------------------------------------------------------------------------------------
    @property
    def slots(self) -> tuple[int, int]:
        """In use, and of how many."""
        return sum(pool.used for pool in self.pools.values()), sum(pool.size for pool in self.pools.values())

    @property
    def running(self) -> int:
        """Runs."""
        return sum(dag.counts["running"] for dag in self.dags.values())
