"""What keys do in the graph, the Gantt chart and the trends of a DAG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowlite.tui.actions import Action, always
from flowlite.tui.layout.graph_pane import MOST_HOPS
from flowlite.tui.widgets.dag_canvas import DagCanvas
from flowlite.tui.widgets.gantt_view import GanttView
from flowlite.tui.widgets.of_run import OfRun
from flowlite.tui.widgets.prompt import Prompt
from flowlite.tui.widgets.trends_view import TrendsView


def no_run(here: OfRun) -> str:
    """There is nothing to open."""
    return "" if here.run is not None else "there is no run here yet; t starts one"


def none_failed(here: DagCanvas) -> str:
    """There is no failed path."""
    return "" if here.has_failed() else "no task of this run has failed"


def no_search(here: DagCanvas) -> str:
    """There is nothing to go on with."""
    return "" if here.search else "nothing is searched for; / begins"


def search(here: DagCanvas) -> None:
    """Type a part of a task's id; the cursor goes there with every letter."""
    prompt = here.ui.screen_stack[0].query_one(Prompt)
    prompt.ask("/ ", "", heard=here.find, note="a part of a task's id  ·  n next  N previous")


def move(verb: str, title: str, keys: tuple[str, ...], run: Callable[[Any], None]) -> Action:
    """One that nobody looks for in the palette."""
    return Action(id=verb, title=title, keys=keys, run=run, is_silent=True)


def hops(number: int) -> Action:
    """After `f`: so many steps around."""
    title = f"{number} step{'' if number == 1 else 's'} around it"
    return move(f"hops.{number}", title, (str(number),), lambda here: here.hop(number))


def in_rows(scope: str) -> tuple[Action, ...]:
    """What a chart with rows has."""
    return (
        move(f"{scope}.down", "Next task", ("j", "down"), lambda here: here.step(1)),
        move(f"{scope}.up", "Previous task", ("k", "up"), lambda here: here.step(-1)),
        move(f"{scope}.half-down", "Half a page down", ("ctrl+d", "pagedown"), lambda here: here.page(0.5)),
        move(f"{scope}.half-up", "Half a page up", ("ctrl+u", "pageup"), lambda here: here.page(-0.5)),
        move(f"{scope}.first", "First task", ("g", "home"), lambda here: here.jump(0)),
        move(f"{scope}.last", "Last task", ("G", "end"), lambda here: here.jump(-1)),
    )


def runs_of(scope: str) -> tuple[Action, ...]:
    """What shows one run has."""
    return (
        Action(id=f"{scope}.older", title="Older run", keys=("comma",), run=lambda here: here.other_run(1)),
        Action(id=f"{scope}.newer", title="Newer run", keys=("full_stop",), run=lambda here: here.other_run(-1)),
    )


def act(
    verb: str, title: str, keys: str, run: Callable[[Any], None], hint: str = "", reason: Callable[[Any], str] = always
) -> Action:
    """`keys` with blanks between them."""
    return Action(id=verb, title=title, keys=tuple(keys.split()), run=run, hint=hint, reason=reason)


GRAPH = (
    act("graph.open", "Open the task, the fold, what is not shown", "enter", DagCanvas.enter, "open"),
    move("graph.left", "Upstream", ("h", "left"), lambda here: here.step("left")),
    move("graph.right", "Downstream", ("l", "right"), lambda here: here.step("right")),
    move("graph.up", "Up in the layer", ("k", "up"), lambda here: here.step("up")),
    move("graph.down", "Down in the layer", ("j", "down"), lambda here: here.step("down")),
    move("graph.screen-down", "Scroll down", ("ctrl+d", "pagedown"), lambda here: here.scroll(0, 1)),
    move("graph.screen-up", "Scroll up", ("ctrl+u", "pageup"), lambda here: here.scroll(0, -1)),
    move("graph.screen-right", "Scroll right", ("greater_than_sign", "shift+right"), lambda here: here.scroll(1, 0)),
    move("graph.screen-left", "Scroll left", ("less_than_sign", "shift+left"), lambda here: here.scroll(-1, 0)),
    act("graph.around", "Only what is around it (then a digit: how far), or all", "f", DagCanvas.focus_here, "focus"),
    act("graph.all", "Every task", "plus", lambda here: here.show_whole(is_folded=False), "all"),
    act("graph.groups", "Groups and families", "minus", lambda here: here.show_whole(is_folded=True), "groups"),
    act("graph.fit", "The whole DAG, folded if it is large", "0", DagCanvas.fit),
    act("graph.fold", "Open the fold, or fold the group of the task", "z space", DagCanvas.fold, "fold"),
    act(
        "graph.failed",
        "Only what failed and what it holds up, or all",
        "F",
        DagCanvas.only_failed,
        "failed",
        none_failed,
    ),
    act("graph.critical", "Mark the critical path of the run", "c", DagCanvas.mark_critical, reason=no_run),
    act("graph.search", "Search a task", "slash", search, "search"),
    act("graph.next", "Next match", "n", lambda here: here.find_again(1), reason=no_search),
    act("graph.previous", "Previous match", "N", lambda here: here.find_again(-1), reason=no_search),
    *runs_of("graph"),
    *(hops(number) for number in range(1, MOST_HOPS + 1)),
)
GANTT = (
    act("gantt.open", "Open the task in its run", "enter", GanttView.enter, "open", no_run),
    *in_rows("gantt"),
    act("gantt.sort", "Order by start, end, length, graph", "s", GanttView.sort, "order"),
    act("gantt.zoom", "Zoom in", "z plus", lambda here: here.stretch(1), "zoom"),
    act("gantt.zoom-out", "Zoom out", "Z underscore", lambda here: here.stretch(-1)),
    move("gantt.left", "Earlier", ("h", "left"), lambda here: here.scroll(-1)),
    move("gantt.right", "Later", ("l", "right"), lambda here: here.scroll(1)),
    act("gantt.fold", "The elements of a map, the tasks of a family, or none", "space", GanttView.fold, "fold"),
    act("gantt.critical", "Only the critical path, or all", "c", GanttView.only_critical, "critical path"),
    *runs_of("gantt"),
)
TRENDS = (
    *in_rows("trends"),
    act("trends.sort", "Order by share, change, p95, retries, queue, name", "s", TrendsView.sort, "order"),
    act("trends.more", "Over more runs", "plus", lambda here: here.look_back(1), "more runs"),
    act("trends.fewer", "Over fewer runs", "underscore", lambda here: here.look_back(-1), "fewer"),
)
CHARTS = (*GRAPH, *GANTT, *TRENDS)
