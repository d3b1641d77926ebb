"""What is shown of one run of a DAG: the one that somebody chose, or else its newest."""

from __future__ import annotations

from collections.abc import Collection

from flowlite.tui.format import length, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.layout.gantt import Story
from flowlite.tui.layout.history import Spread, spread
from flowlite.tui.model.run import RunModel
from flowlite.tui.model.story import History
from flowlite.tui.rows import Piece
from flowlite.tui.widgets.canvas import Canvas


class OfRun(Canvas):
    """`about` is the id of the DAG, `chosen` the run that is looked at; None: its newest, whichever that is."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.about = ""
        self.chosen: int | None = None
        self._history: tuple[object, History] | None = None
        self._asked_at = 0  # the version of the model for which attempts were asked for

    def show(self, dag_id: str, run: int | None = None) -> None:
        """Be about this DAG, and this run of it."""
        if (dag_id, run) != (self.about, self.chosen):
            self.about, self.chosen = dag_id, run
            self.renew()

    @property
    def runs(self) -> list[int]:
        """The last ones of the DAG, newest first."""
        dag = self.ui.world.dags.get(self.about)
        return [] if dag is None else [run.id for run in dag.runs]

    @property
    def run(self) -> int | None:
        """The one that is shown; None: it never ran."""
        return self.chosen if self.chosen is not None else next(iter(self.runs), None)

    @property
    def model(self) -> RunModel | None:
        """What is known of it; None: nothing."""
        return None if self.run is None else self.ui.reader.run(self.run)

    def aimed(self) -> list[tuple[str, int]]:
        """What is under the cursor: tasks or groups, each with a map index or -1."""
        raise NotImplementedError

    def other_run(self, by: int) -> None:
        """An older one, or a newer one below 0; the newest is followed by whatever will be."""
        runs = self.runs
        if self.run in runs:
            place = runs.index(self.run) + by
            if 0 <= place < len(runs):
                self.chosen = runs[place] if place else None
                self.renew_now()

    def story(self, model: RunModel, unfolded: Collection[str] = ()) -> Story | None:
        """How it has gone so far; None while that is not known."""
        told = self.ui.lookups.look("run_course", stamp=(model.id, self._asked_at), run=model.id).value
        if told is None or not model.is_known:
            return None
        if self._history is None or self._history[0] is not told:
            self._history = told, History(told)
        history = self._history[1]
        if history.lacks(model):
            self._asked_at = model.version
        stats = self.ui.stats_of(self.about)
        usual = {one["name"]: one["p95_s"] for one in stats["tasks"]} if stats else {}
        by_number = {task.number: usual[task.id] for task in model.tasks if usual.get(task.id) is not None}
        return history.story(model, self.ui.now(), usual_s=by_number, unfolded=unfolded)

    def usual(self, task_id: str) -> Spread | None:
        """How long a task usually takes; None while that is not known."""
        stats = self.ui.stats_of(self.about)
        found = next((one for one in stats["tasks"] if one["name"] == task_id), None) if stats else None
        return None if found is None else spread(found["durations_s"])

    def of_run(self) -> list[Piece]:
        """`run 211  14:00 ▸ running 7m12s`."""
        model = self.model
        if model is None or not model.is_known:
            return []
        now = self.ui.now()
        if model.started_at is not None and not model.is_finished:
            self.is_ticking = True
        taken = None if model.started_at is None else (model.ended_at or now) - model.started_at
        return [
            (f"run {model.id}", "dim", f"place:run/{model.id}"),
            (f"  {when(model.logical_date, now, self.ui.zone)}  ", "dim"),
            (f"{glyph(model.state)} {model.state} {length(taken)}".rstrip(), f"state-{model.state}"),
        ]
