"""Going about: places, panes, history, leaving."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowlite.tui.acting.aims import dags_aimed_at
from flowlite.tui.actions import Action
from flowlite.tui.model.needs import Failing, needs
from flowlite.tui.places import HOME, Place
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.listing import Listing
from flowlite.tui.widgets.run_grid import RunGrid

if TYPE_CHECKING:
    from flowlite.tui.app import FlowliteApp


AGAIN = "once more leaves flowlite; what runs goes on without it"


def escape(app: FlowliteApp) -> None:
    """Back, step by step: marks first, then to where one came from."""
    if isinstance(app.focused, Listing | RunGrid) and app.focused.unmark():
        return
    if isinstance(app.focused, Listing) and app.focused.filter:
        app.focused.filter_by("")
        return
    back(app)


def back(app: FlowliteApp) -> None:
    """To where one was before."""
    if app.history.back():
        app.run_worker(app.show_place(), group="places")
    elif app.history.here != HOME:
        app.go(HOME)


def forward(app: FlowliteApp) -> None:
    """To where one went back from."""
    if app.history.forward():
        app.run_worker(app.show_place(), group="places")


def next_pane(app: FlowliteApp, by: int = 1) -> None:
    """The keys go to the next pane."""
    panes = [one for one in (app.view.canvases() if app.view else []) if one.can_focus]
    if not panes:
        return
    at = panes.index(app.focused) if isinstance(app.focused, Canvas) and app.focused in panes else -by
    panes[(at + by) % len(panes)].focus(scroll_visible=False)


def no_failure(app: FlowliteApp) -> str:
    """Everything is well."""
    run = last_failure(app)
    if run is not None and app.history.here[:2] == ("run", str(run)):
        return f"this is the only failure: run {run}"
    return "" if run is not None else "nothing has failed since it went well last"


def last_failure(app: FlowliteApp) -> int | None:
    """The newest failed run: of the DAG that one is at, else of all that still fail; from one of these on, the next."""
    failing = [str(need.run.id) for need in needs(app.world) if isinstance(need, Failing)]
    if app.history.here.view == "run" and app.history.here.of in failing:
        return int(failing[(failing.index(app.history.here.of) + 1) % len(failing)])
    for dag_id in dags_aimed_at(app):
        dag = app.world.dags.get(dag_id)
        failed = [] if dag is None else [run for run in dag.runs if run.state == "failed"]
        if failed:
            return failed[0].id
    return int(failing[0]) if failing else None


def to_failure(app: FlowliteApp) -> None:
    """Into a run that failed, at its first failure."""
    run = last_failure(app)
    if run is not None:
        app.go(Place("run", str(run)))


def leave(app: FlowliteApp) -> None:
    """Out of the place; from Home, out of the terminal UI."""
    if app.history.here == HOME:
        app.exit()
    else:
        back(app)


def interrupt(app: FlowliteApp) -> None:
    """Twice: out of here. Once may be a habit."""
    if app.message is not None and app.message[0] == AGAIN:
        app.exit()
    app.say(AGAIN, "warn")


def previous_pane(app: FlowliteApp) -> None:
    """The keys go to the pane before."""
    next_pane(app, -1)


def anywhere(verb: str, title: str, keys: tuple[str, ...], run: Callable[[FlowliteApp], None]) -> Action:
    """One that holds everywhere."""
    return Action(id=f"everywhere.{verb}", title=title, keys=keys, run=run)


MOVING = (
    Action(
        id="everywhere.failure", title="Go to the next failure, and why", keys=("f",), run=to_failure,
        reason=no_failure, rank=30, hint="failure",
    ),
    anywhere("next-pane", "Next pane", ("tab",), next_pane),
    anywhere("previous-pane", "Previous pane", ("shift+tab",), previous_pane),
    anywhere("escape", "Back: marks, filter, place", ("escape",), escape),
    anywhere("back", "Back to where you were", ("left_square_bracket", "minus"), back),
    anywhere("forward", "Forward again", ("right_square_bracket",), forward),
    anywhere("leave", "Leave", ("q",), leave),
    anywhere("interrupt", "Leave flowlite, the second time", ("ctrl+c",), interrupt),
    anywhere("quit", "Leave flowlite", ("ctrl+q",), lambda app: app.exit()),
)  # fmt: skip
