"""What keys do in the grid and among the tabs of a DAG."""

from __future__ import annotations

from collections.abc import Callable

from flowlite.tui.actions import Action
from flowlite.tui.views.dag import DagView
from flowlite.tui.widgets.run_grid import RunGrid


def no_run(here: RunGrid) -> str:
    """There is nothing to open."""
    return "" if here.run is not None else "there is no run here yet; t starts one"


def move(verb: str, title: str, keys: tuple[str, ...], run: Callable[[RunGrid], None]) -> Action:
    """One that nobody looks for in the palette."""
    return Action(id=f"grid.{verb}", title=title, keys=keys, run=run, is_silent=True)


def tab(number: int, name: str) -> Action:
    """To a tab."""

    def choose(here: DagView) -> None:
        here.choose(name)

    return Action(id=f"dag.{name}", title=f"{name.title()} of the DAG", keys=(str(number),), run=choose)


GRIDS = (
    Action(
        id="grid.open",
        title="Open the run",
        keys=("enter",),
        run=RunGrid.enter,
        reason=no_run,
        rank=10,
        hint="open run",
    ),
    move("down", "Next task", ("j", "down"), lambda here: here.step(tasks=1)),
    move("up", "Previous task", ("k", "up"), lambda here: here.step(tasks=-1)),
    move("left", "Older run", ("h", "left"), lambda here: here.step(runs=-1)),
    move("right", "Newer run", ("l", "right"), lambda here: here.step(runs=1)),
    move("half-down", "Ten tasks down", ("ctrl+d", "pagedown"), lambda here: here.step(tasks=10)),
    move("half-up", "Ten tasks up", ("ctrl+u", "pageup"), lambda here: here.step(tasks=-10)),
    move("first", "First task", ("g",), lambda here: here.jump(task=0)),
    move("last", "Last task", ("G",), lambda here: here.jump(task=-1)),
    move("oldest", "Oldest run that is known", ("home", "0"), lambda here: here.jump(run=0)),
    move("newest", "Newest run", ("end", "dollar_sign"), lambda here: here.jump(run=-1)),
    Action(id="grid.mark", title="Mark the task of this run", keys=("space",), run=RunGrid.mark),
    Action(
        id="grid.range", title="Mark a rectangle: here to where the cross goes", keys=("v",), run=RunGrid.mark_range
    ),
    Action(id="grid.fold", title="Fold or open the group", keys=("z",), run=RunGrid.fold, rank=60, hint="fold"),
    Action(id="grid.fold-all", title="Fold or open all groups", keys=("Z",), run=RunGrid.fold_all),
    Action(
        id="grid.failed",
        title="Only tasks and runs with a failure",
        keys=("F",),
        run=RunGrid.only_failed,
        rank=60,
        hint="failed",
    ),
    *(tab(number, name) for number, name in enumerate(DagView.TABS, 1)),
)
