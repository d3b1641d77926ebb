"""The DAG under the cursor, told in a column: what it is, how it has been doing, why it failed, what comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowlite.tui.format import fitted, length, moment, percent, plural, when
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.world import Dag, Run
from flowlite.tui.picture import Row
from flowlite.tui.rows import BLANK, Line, row_of, spark
from flowlite.tui.telling import error_text, instance_name, often, place_in_file
from flowlite.tui.widgets.canvas import Canvas
from flowlite.tui.widgets.column import column
from flowlite.tui.wrapping import wrapped

RUNS = 8


class Preview(Canvas):
    """`about` is the id of the DAG."""

    about: str | None = None

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """A thin line at the left, the rest beside it."""
        dag = self.ui.world.dags.get(self.about or "")
        return column([] if dag is None else self.told(dag, width - 3), width, height)

    def told(self, dag: Dag, width: int) -> Iterator[Row]:
        """From the top down."""
        yield Line(width).put(dag.id, "strong").right((dag.owner, "dim")).row
        for text in wrapped(dag.description, width, 2):
            yield row_of(width, (text, "dim"))
        yield row_of(width, (facts_of(dag), "dim"))
        yield BLANK
        yield from self.how_it_does(dag, width)
        yield BLANK
        if (failed := next(iter(dag.failing()), None)) is not None:
            yield from self.why_it_failed(failed, width)
            yield BLANK
        yield from self.runs(dag, width)
        yield from self.coming(dag, width)

    def how_it_does(self, dag: Dag, width: int) -> Iterator[Row]:
        """Lengths of the last runs."""
        stats = self.ui.stats_of(dag.id)
        if not stats or not stats["dag"]["finished"]:
            yield row_of(width, ("no run has ended yet" if stats else "", "dim"))
            return
        history = stats["dag"]
        lengths = history["durations_s"][: max(8, width - 1)][::-1]
        yield row_of(width, (spark(lengths, width), "chart"))
        line = Line(width).put("p50 ", "dim").put(length(history["p50_s"])).put("  p95 ", "dim")
        line.put(length(history["p95_s"])).put("  went well ", "dim")
        yield line.put(percent(history["succeeded"], history["finished"])).row

    def why_it_failed(self, run: Run, width: int) -> Iterator[Row]:
        """The first cause."""
        why = self.ui.lookups.look("why", stamp=(run.state, run.ended_at), run=run.id).value
        yield row_of(
            width, (f"{glyph('failed')} ", "state-failed"), (f"run {run.id}", "strong", f"place:run/{run.id}"),
            (f"  {moment(run.logical_date, self.ui.zone)}", "dim"),
        )  # fmt: skip
        if not why or not why["cause"]:
            return
        cause = why["cause"]
        failure = cause["failure"]
        name = instance_name(failure["task_id"], failure["map_index"])
        yield Line(width).skip(2).put(name).right((place_in_file(failure), "dim")).row
        for text in wrapped(error_text(failure), width - 2, 3):
            yield Line(width).skip(2).put(text, "bad").row
        if cause["source"]:
            yield Line(width).skip(2).put(cause["source"], "dim").row
        said = [often(cause), plural(len(cause["blocked"]), "task") + " did not run" if cause["blocked"] else ""]
        yield Line(width).skip(2).put(" · ".join(one for one in said if one), "dim").row

    def runs(self, dag: Dag, width: int) -> Iterator[Row]:
        """The newest ones."""
        now = self.ui.now()
        for run in dag.runs[:RUNS]:
            if run.state == "running":
                self.is_ticking = True
            yield (
                Line(width).put(glyph(run.state), f"state-{run.state}").skip()
                .put(f"{run.id}", "dim", f"place:run/{run.id}").to(8).put(when(run.logical_date, now, self.ui.zone))
                .to(17).put(run.kind, "dim").right((length(run.length_s(now)), "text")).row
            )  # fmt: skip
        if dag.runs:
            yield BLANK

    def coming(self, dag: Dag, width: int) -> Iterator[Row]:
        """When it is due."""
        if dag.is_paused:
            yield row_of(width, ("paused: its schedule starts nothing", "warn"))
        elif dag.next_due_at is not None:
            fires = (
                self.ui.lookups.look("fires", stamp=dag.next_due_at, every_s=5.0, dag_id=dag.id, number=4).value or []
            )
            times = "  ".join(when(fire["fires_at"], self.ui.now(), self.ui.zone) for fire in fires)
            yield row_of(width, ("next  ", "dim"), (fitted(times, width - 6), "text"))

    def clicked(self, key: str, x: int, y: int, *, times: int) -> None:
        """Go to a run."""
        if key.startswith("place:"):
            self.ui.go(key.removeprefix("place:"))


def facts_of(dag: Dag) -> str:
    """`every 0:01:00 · 8 tasks · etl`."""
    said = [dag.schedule or "no schedule", plural(dag.tasks, "task"), *dag.tags]
    return " · ".join(said if dag.is_declared else ["gone from the DAG folder", *dag.tags])
