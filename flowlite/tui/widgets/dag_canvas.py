"""The graph of a DAG with the states of a run on it. It is laid out in a thread, once for each part that is looked at;
states and cursor are painted on what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from flowlite.tui.format import length, plural
from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.boxes import Now
from flowlite.tui.layout.course import critical_path
from flowlite.tui.layout.drawing import Drawing
from flowlite.tui.layout.graph_pane import GraphPane, Part
from flowlite.tui.layout.history import slowness, slowness_said
from flowlite.tui.layout.tally import tally
from flowlite.tui.layout.task_graph import TaskGraph
from flowlite.tui.model.run import RunModel, Task
from flowlite.tui.model.story import graph_of
from flowlite.tui.picture import Row
from flowlite.tui.places import Place
from flowlite.tui.rows import BLANK, Line, Piece, row_of
from flowlite.tui.widgets.of_run import OfRun

SMALL = 60  # tasks up to which a picture is made at once: sooner than anybody could look
Job = Callable[[], tuple[Part, Drawing]]


class DagCanvas(OfRun, can_focus=True):
    """One line above says what is shown, one below what is under the cursor."""

    scopes: tuple[str, ...] = ("graph",)  # type: ignore[misc]  # the key after `f` has another meaning

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.pane: GraphPane | None = None
        self.search = self.trouble = ""
        self._found = (0, 0)
        self._graph: tuple[list[Task], TaskGraph] | None = None  # of the run, with the tasks that it was made from
        self._layout: asyncio.Task[None] | None = None
        self._seen: tuple[int, int, bool] | None = None  # what the pane shows: run, version of the model, path

    # --- what is known ------------------------------------------------------------------------------------------------
    def graph(self) -> TaskGraph | None:
        """Of the run, or of the DAG as its file declares it; None while that is not known."""
        model = self.model
        if model is not None and model.is_known and (self._graph is None or self._graph[0] is not model.tasks):
            self._graph = model.tasks, graph_of(model)
        if model is not None:
            return self._graph[1] if model.is_known and self._graph is not None else None
        dag = self.ui.world.dags.get(self.about)
        answer = self.ui.lookups.look("dag", stamp=None if dag is None else dag.version, dag_id=self.about)
        self.trouble, told = answer.error, answer.value
        if told is None:
            return None
        numbers = {one["task_id"]: number for number, one in enumerate(told["tasks"])}
        return TaskGraph(
            tuple(numbers),
            tuple(tuple(numbers[up] for up in one["after"]) for one in told["tasks"]),
            frozenset(number for number, one in enumerate(told["tasks"]) if one["is_map"]),
        )

    def take(self) -> GraphPane | None:
        """The pane with everything that is known by now."""
        model = self.model
        stamp = None if model is None or not model.is_known else (model.id, model.version, self._path_is_known(model))
        if self.pane is not None and stamp is not None and stamp == self._seen:
            return self.pane
        graph = self.graph()
        if graph is None:
            return self.pane
        if self.pane is None or (graph is not self.pane.graph and graph != self.pane.graph):
            self.pane = GraphPane(graph)
        self._seen = stamp
        self.pane.show(now_of(model), self._critical(model))
        return self.pane

    def _path_is_known(self, model: RunModel) -> bool:
        """Whether the path can be marked, where it is to be."""
        return self.pane is not None and self.pane.is_critical_marked and self.story(model) is not None

    def _critical(self, model: RunModel | None) -> Sequence[int]:
        """The tasks that the run had to wait for; asked for only where it is marked."""
        if model is None or self.pane is None or not self.pane.is_critical_marked:
            return ()
        story = self.story(model)
        return () if story is None else critical_path(story.upstream, story.ended())

    # --- drawing ------------------------------------------------------------------------------------------------------
    def draw(self, width: int, height: int) -> Sequence[Row]:
        """What is shown, the picture, what is under the cursor."""
        pane = self.take()
        if pane is None:
            model = self.model
            return [row_of(width, (f"  {(model.trouble if model else self.trouble) or 'asking the daemon…'}", "dim"))]
        pane.room = width
        self._lay_out(pane)
        rows = pane.draw(width, max(height - 3, 1))
        if pane.drawing is None:
            rows = [row_of(width, ("  laying out…", "dim"))]
        rows += [BLANK] * (height - 3 - len(rows))
        return [self._title(pane, width), BLANK, *rows, self._told(pane, width)]

    def _title(self, pane: GraphPane, width: int) -> Row:
        line = Line(width).skip().put(pane.said(), "title" if self.has_focus else "title-idle")
        if self.search:
            place, number = self._found
            said = f"{place} of {number}" if number else "not here"
            line.put(f"  /{self.search} {said}", "accent" if number else "warn")
        if pane.is_critical_marked:
            line.put("  critical path", "edge-critical")
        if self._layout is not None:
            line.put("  laying out…", "dim")
        return line.right(*self.of_run(), margin=1).row

    def _told(self, pane: GraphPane, width: int) -> Row:
        """What is under the cursor, in one line."""
        box, line = pane.box, Line(width).skip()
        if box is None:
            return line.row
        if box.kind == "stub":
            return line.put(f"{plural(len(box.tasks), 'task')} that are not shown; f goes there", "dim").row
        if box.kind == "fold":
            line.put(box.label, "strong").skip(2)
            for text, state in tally(pane.now.of(box), width):
                line.put(f"{text} ", f"state-{state}" if state else "dim")
            return line.put("  z opens it", "dim").row
        return line.pieces(*self._of_task(pane, box.tasks[0])).row

    def _of_task(self, pane: GraphPane, number: int) -> list[Piece]:
        graph, model = pane.graph, self.model
        found: list[Piece] = []
        up, down = len(graph.upstream[number]), len(graph.downstream[number])
        if model is not None and model.is_known and number < len(model.tasks):
            task, state = model.tasks[number], model.tasks[number].state
            found += [(f"{glyph(state)} ", f"state-{state}"), (graph.ids[number], "strong"), (f"  {state}", "dim")]
            instance = None if task.width is not None else model.instance(task.id)
            taken = None if instance is None else instance.length_s(self.ui.now())
            if taken is not None:
                found.append((f" {length(taken)}", "text"))
                if state == "running":
                    self.is_ticking = True
                    found.append((f"  {slowness_said(slowness(taken, self.usual(task.id)))}", "warn"))
            if task.width is not None:
                found.append((f"  ×{task.width:,} ", "text"))
                found += [(f" {text}", f"state-{of}" if of else "dim") for text, of in tally(task.tally(), 40)]
            if task.attempt > 1:
                found.append((f"  attempt {task.attempt}", "state-retrying"))
            found.append((f"  pool {task.pool}", "dim"))
        else:
            found.append((graph.ids[number], "strong"))
        return [*found, (f"  ‹ {up} up · {down} down ›", "dim")]

    # --- laying out ---------------------------------------------------------------------------------------------------
    def _lay_out(self, pane: GraphPane) -> None:
        """A small one now, a large one in a thread; what is there stays until then."""
        job = pane.job()
        if job is None:
            return
        if len(pane.graph.ids) <= SMALL:
            pane.take(*job())
        elif self._layout is None:
            self._layout = asyncio.create_task(self._lay_out_aside(pane, job), name="flowlite tui layout")

    async def _lay_out_aside(self, pane: GraphPane, job: Job) -> None:
        try:
            pane.take(*await asyncio.to_thread(job))
        finally:
            self._layout = None
        self.renew()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        if self._layout is not None:
            self._layout.cancel()

    # --- what keys do -------------------------------------------------------------------------------------------------
    def step(self, direction: str) -> None:
        """To the next box: left, right, up or down."""
        self._do(lambda pane: pane.step(direction))

    def scroll(self, columns: int, rows: int) -> None:
        """The screen over the picture, by so many halves of it."""
        self._do(
            lambda pane: pane.viewport.scroll(columns * pane.viewport.width // 2, rows * pane.viewport.height // 2)
        )

    def show_whole(self, *, is_folded: bool) -> None:
        """The whole DAG, by its groups and families or task by task."""
        self._do(lambda pane: pane.show_whole(is_folded=is_folded))

    def fit(self) -> None:
        """The whole DAG with as little folded as has room on the screen."""
        self._do(GraphPane.fit)

    def fold(self) -> None:
        """Open what is folded under the cursor, or fold the task under it with those of its group or family."""
        self._do(GraphPane.fold)

    def focus_here(self) -> None:
        """What is around the box under the cursor; the next key may say how many steps."""
        self._do(GraphPane.focus)
        if self.pane is not None and self.pane.centre:
            self.scopes = ("hops", *DagCanvas.scopes)

    def hop(self, number: int) -> None:
        """So many steps around it."""
        self._do(lambda pane: setattr(pane, "hops", number))

    def only_failed(self) -> None:
        """What failed and what it holds up, or everything again."""
        self._do(GraphPane.only_failed)

    def has_failed(self) -> bool:
        """Whether a task has."""
        return self.pane is not None and "failed" in self.pane.now.states

    def mark_critical(self) -> None:
        """The path that the run had to wait for stands out, or does not any more."""
        self._do(GraphPane.mark_critical)

    def find(self, text: str, *, after_here: bool = False) -> None:
        """To the next box that holds a task with this text in its id."""
        self.search = text
        if self.pane is not None:
            self._found = self.pane.find(text, after_here=after_here)
        self._do(lambda pane: None)

    def find_again(self, by: int) -> None:
        """To the next one, or the one before below 0."""
        if self.pane is not None:
            self._found = self.pane.find(self.search, after_here=True, is_back=by < 0)
        self._do(lambda pane: None)

    def enter(self) -> None:
        """Into what is under the cursor: the run at its task, a fold, what a stub stands for."""
        box = None if self.pane is None else self.pane.box
        if box is None:
            return
        if box.kind == "fold":
            self.fold()
        elif box.kind == "stub":
            self.focus_here()
        elif self.run is not None and self.pane is not None:
            self.ui.go(Place("run", str(self.run), self.pane.graph.ids[box.tasks[0]]))

    def aimed(self) -> list[tuple[str, int]]:
        """The task; of a fold the group, or all its tasks where it is no group or a piece of one."""
        box = None if self.pane is None else self.pane.box
        if box is None or self.pane is None or box.kind == "stub":
            return []
        if box.key.startswith("group:") and "#" not in box.key:
            return [(box.key.removeprefix("group:"), -1)]
        return [(self.pane.graph.ids[task], -1) for task in box.tasks]

    def _do(self, what: Callable[[GraphPane], object]) -> None:
        self.scopes = DagCanvas.scopes
        if self.pane is not None:
            what(self.pane)
        self.renew_now()

    # --- the mouse ----------------------------------------------------------------------------------------------------
    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """Once: the cursor goes there. Twice: into it."""
        drawing = None if self.pane is None else self.pane.drawing
        if drawing is None or key not in drawing.view.number:
            return
        self._do(lambda pane: pane.go(drawing.view.number[key]))
        if times == 2:
            self.enter()

    def wheeled(self, lines: int) -> None:
        """The screen over the picture."""
        self._do(lambda pane: pane.viewport.scroll(0, lines))


def now_of(model: RunModel | None) -> Now:
    """The states of a run's tasks."""
    if model is None or not model.is_known:
        return Now()
    return Now(
        states=[task.state for task in model.tasks],
        elements={task.number: task.width for task in model.tasks if task.is_map and task.width is not None},
    )
