"""What is to be acted on: what the cursor is on, what is marked, or the place itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowlite.tui.telling import instance_name
from flowlite.tui.views.dag import DagView
from flowlite.tui.views.run import RunView
from flowlite.tui.widgets.dag_list import DagList
from flowlite.tui.widgets.of_run import OfRun
from flowlite.tui.widgets.run_grid import RunGrid
from flowlite.tui.widgets.run_list import RunList
from flowlite.tui.widgets.task_tree import TaskTree

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


@dataclass(frozen=True, slots=True)
class Aim:
    """A run, or a task, group or element of it (`name` "": all of it)."""

    run: int
    dag_id: str
    name: str = ""
    index: int = -1

    def __str__(self) -> str:
        return instance_name(self.name, self.index) if self.name else f"run {self.run}"


def dags_aimed_at(app: FlowliteApp) -> list[str]:
    """The DAGs that are marked or under the cursor, or the one that is looked at."""
    focused = app.focused
    if isinstance(focused, DagList):
        return [str(key) for key in focused.picking.picked]
    if isinstance(app.view, DagView):
        return [app.view.place.of]
    if isinstance(app.view, RunView):
        dag_id = app.reader.run(int(app.view.place.of)).dag_id
        return [dag_id] if dag_id else []
    return []


def runs_aimed_at(app: FlowliteApp) -> list[Aim]:
    """Whole runs: those of the list or the grid, the one that is looked at, the newest of the DAGs."""
    focused = app.focused
    if isinstance(focused, RunList):
        return [Aim(run, focused.about) for run in focused.picking.picked]
    if isinstance(focused, RunGrid):
        marked = {run for run, _ in focused.marks}
        runs = [cell.run.id for cell in focused.model.columns if cell.run.id in marked]
        return [Aim(run, focused.about) for run in runs or ([focused.run.run.id] if focused.run else [])]
    if isinstance(focused, OfRun):
        return [] if focused.run is None else [Aim(focused.run, focused.about)]
    if isinstance(app.view, RunView):
        run = app.reader.run(int(app.view.place.of))
        return [Aim(run.id, run.dag_id)]
    found = [app.world.dags[dag_id].last for dag_id in dags_aimed_at(app) if dag_id in app.world.dags]
    return [Aim(run.id, run.dag_id) for run in found if run is not None]


def tasks_aimed_at(app: FlowliteApp) -> list[Aim]:
    """Tasks, groups and elements where those are looked at, else whole runs."""
    focused = app.focused
    if isinstance(focused, TaskTree):
        dag_id = focused.model.dag_id
        rows = [key for key in focused.picking.picked if key.kind != "node"]
        return [Aim(focused.about, dag_id, key.id, key.at) for key in rows]
    if isinstance(focused, RunGrid) and focused.run is not None:
        if focused.marks:
            return [Aim(run, focused.about, name) for run, name in focused.marks]
        return [Aim(focused.run.run.id, focused.about, focused.row.id if focused.row else "")]
    if isinstance(focused, OfRun) and focused.run is not None:
        return [Aim(focused.run, focused.about, name, index) for name, index in focused.aimed()]
    return runs_aimed_at(app)


def by_run(aims: Iterable[Aim]) -> dict[int, list[Aim]]:
    """Together, in the order in which they came."""
    found: dict[int, list[Aim]] = {}
    for aim in aims:
        found.setdefault(aim.run, []).append(aim)
    return found


@dataclass(frozen=True, slots=True)
class Ask:
    """What one question to the daemon is about: several tasks of a run, or one element."""

    run: int
    dag_id: str
    names: tuple[str, ...]
    index: int | None


def asks(aims: Iterable[Aim]) -> list[Ask]:
    """One for the tasks of each run, one for each element."""
    found = []
    for run, these in by_run(aims).items():
        if whole := next((aim for aim in these if not aim.name), None):
            found.append(Ask(run, whole.dag_id, (), None))
            continue
        names = tuple(dict.fromkeys(aim.name for aim in these if aim.index < 0))
        if names:
            found.append(Ask(run, these[0].dag_id, names, None))
        found += [
            Ask(run, aim.dag_id, (aim.name,), aim.index) for aim in these if aim.index >= 0 and aim.name not in names
        ]
    return found
