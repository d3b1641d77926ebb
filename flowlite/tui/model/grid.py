"""The grid of a DAG: its runs by logical date, a byte for the state of each task in each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowlite.core.states import taken_together
from flowlite.tui.model.run import CODE, STATES
from flowlite.tui.model.tree import Tree, tree_of
from flowlite.tui.model.world import FINISHED, Run, runs_in

Told = Mapping[str, Any]
PAGE = 60
NOTHING = len(STATES)  # the code of a task that a run has no row of


@dataclass(slots=True)
class Cell:
    """A run as a column of the grid; `cells` in the order of the tasks of its version."""

    run: Run
    version: int
    cells: bytearray = field(default_factory=bytearray)


class GridModel:
    """`take` the newest page, `extend` it with older ones, then `apply` events. The oldest run is the first."""

    def __init__(self, dag_id: str) -> None:
        self.dag_id = dag_id
        self.seq = -1
        self.columns: list[Cell] = []
        self.by_id: dict[int, Cell] = {}
        self.tasks: dict[int, list[str]] = {}  # by version
        self.numbers: dict[int, dict[str, int]] = {}
        self.tree: Tree = tree_of(())
        self.is_old = True  # should be asked for (again)
        self.wants_more = False  # older runs
        self.has_all = False
        self.wanted: set[int] = set()  # runs whose rows should be asked for
        self.trouble = ""
        self.version = 0
        self._early: list[Told] = []

    @property
    def is_known(self) -> bool:
        """Whether its first page has come."""
        return self.seq >= 0

    # --- pages --------------------------------------------------------------------------------------------------------
    def take(self, told: Told) -> None:
        """The newest page; what is known of older runs stays."""
        self._put(told)
        self.has_all = self.has_all or (not self.is_known and len(told["cells"]) < PAGE)
        self.seq, early, self._early = told["seq"], self._early, []
        self.is_old, self.trouble = False, ""
        for event in early:
            self.apply(event)

    def extend(self, told: Told) -> None:
        """An older page."""
        self.wants_more = False
        self.has_all = len(told["cells"]) < PAGE
        self._put(told)

    def take_rows(self, told: Told) -> None:
        """Rows of runs that were asked for."""
        self._put(told)

    def refuse(self, because: str) -> None:
        """There is no such DAG."""
        self.trouble, self.is_old = because, False
        self.version += 1

    def _put(self, told: Told) -> None:
        codes = {letter: CODE.get(state, NOTHING) for state, letter in told["letters"].items()}
        for version, ids in told["tasks"].items():
            self.tasks[int(version)] = ids
            self.numbers[int(version)] = {id_: number for number, id_ in enumerate(ids)}
        for run, version, cells in zip(runs_in(told["runs"]), told["runs"]["version"], told["cells"], strict=True):
            self.by_id[run.id] = Cell(run, version, bytearray(codes.get(letter, NOTHING) for letter in cells))
            self.wanted.discard(run.id)
        self.columns = sorted(self.by_id.values(), key=lambda cell: cell.run.logical_date or 0.0)
        newest = max(self.tasks, default=None)
        self.tree = tree_of(self.tasks[newest]) if newest is not None else tree_of(())
        self.version += 1

    # --- events -------------------------------------------------------------------------------------------------------
    def apply(self, event: Told) -> None:
        """One event of a run of this DAG."""
        if self.is_old:
            self._early.append(event)
            return
        if event["seq"] <= self.seq:
            return
        self.seq = event["seq"]
        cell = self.by_id.get(int(event["run_id"]))
        if event["kind"] == "run":
            self._hear_run(cell, int(event["run_id"]), event["state"], event["at"])
        elif event["kind"] == "task" and cell is not None:
            self._hear_task(cell, event)
        self.version += 1

    def _hear_run(self, cell: Cell | None, id_: int, state: str, at: float) -> None:
        if cell is None or state == "queued" or state in FINISHED:
            self.wanted.add(id_)
        if cell is None:
            return
        run = cell.run
        run.state = state
        if state == "running":
            run.started_at, run.ended_at = run.started_at or at, None
        else:
            run.ended_at = at if state in FINISHED else None

    def _hear_task(self, cell: Cell, event: Told) -> None:
        number = self.numbers.get(cell.version, {}).get(event["task_id"])
        if number is None:
            return
        if len(cell.cells) <= number:
            cell.cells += bytearray([NOTHING]) * (number + 1 - len(cell.cells))
        if event["map_index"] is not None and event["map_index"] >= 0:
            self.wanted.add(cell.run.id)  # its elements are not known here
        else:
            cell.cells[number] = CODE[event["state"]]

    # --- looking ------------------------------------------------------------------------------------------------------
    def state(self, cell: Cell, task_id: str) -> str:
        """Of a task in a run; "" if the run has none."""
        number = self.numbers.get(cell.version, {}).get(task_id)
        if number is None or number >= len(cell.cells) or cell.cells[number] == NOTHING:
            return ""
        return STATES[cell.cells[number]]

    def together(self, cell: Cell, task_ids: Sequence[str]) -> str:
        """Of several tasks in a run."""
        counts: dict[str, int] = {}
        for id_ in task_ids:
            if state := self.state(cell, id_):
                counts[state] = counts.get(state, 0) + 1
        return taken_together(counts) if counts else ""

    def failed_tasks(self) -> Iterator[str]:
        """Those that failed in one of the runs."""
        bad = {CODE["failed"], CODE["upstream_failed"]}
        found: dict[str, None] = {}
        for cell in self.columns:
            ids = self.tasks[cell.version]
            found.update((ids[number], None) for number, code in enumerate(cell.cells) if code in bad)
        return iter(found)
