"""The head of a run: how it is, why it failed or what it waits for; one line where there is little room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowlite.tui.format import clock, length, moment, plural
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.run import RunModel
from flowlite.tui.picture import Row
from flowlite.tui.rows import Line, Piece, rule
from flowlite.tui.telling import Told, error_text, instance_name, often, place_in_file
from flowlite.tui.widgets.canvas import Canvas

SHOWN = (
    "success",
    "failed",
    "upstream_failed",
    "running",
    "retrying",
    "queued",
    "waiting",
    "pending",
    "skipped",
    "cancelled",
)


class RunHead(Canvas):
    """`about` is the number of the run; `most`: lines, with the thin one below."""

    DEFAULT_CSS = "RunHead { height: 2; }"
    about = -1
    most = 2

    @property
    def model(self) -> RunModel:
        """What is known."""
        return self.ui.reader.run(self.about)

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """As high as there is something to say."""
        model = self.model
        rows = list(self.told(model, width))[: self.most - 1] if model.is_known else [()]
        rows.append(rule(width))
        if len(rows) != height:
            self.call_later(self.become, len(rows))
        return rows

    def become(self, height: int) -> None:
        """Another height."""
        self.styles.height = height

    def told(self, model: RunModel, width: int) -> Iterator[Row]:
        """Where there is room for one line only, the cause is that line: the first line of the screen has the rest."""
        why = self.why(model)
        cause = None if why is None else why["cause"]
        if self.most <= 2 and cause:
            yield self.cause(cause, width)
            return
        yield self.state(model, width)
        if cause:
            yield self.cause(cause, width)
            yield self.more(cause, width)
        elif not model.is_finished:
            yield from self.outlook(model, why, width)

    def why(self, model: RunModel) -> Told | None:
        """What the daemon makes of it."""
        if model.state == "success" and not model.had_failures:
            return None
        stamp = (model.state, model.ended_at, model.tally().get("failed", 0))
        found: Told | None = self.ui.lookups.look("why", stamp=stamp, run=self.about).value
        return found

    def state(self, model: RunModel, width: int) -> Row:
        """`✗ failed 14m31s  43✓ 1✗ 28⊘ ... 2026-11-21 15:00  scheduled`."""
        now = self.ui.now()
        line = Line(width).skip().put(f"{glyph(model.state)} {model.state}", f"state-{model.state}")
        if model.started_at is not None:
            self.is_ticking = self.is_ticking or not model.is_finished
            line.put(f"  {length((model.ended_at or now) - model.started_at)}", "strong")
        line.put("   ").pieces(*tally(model))
        if model.wish:
            line.put(f"  {model.wish} asked for", "warn")
        by = model.kind if model.kind in ("scheduled", "backfill") else f"{model.kind} by {model.asked_by}"
        return line.right((moment(model.logical_date, self.ui.zone), "text"), (f"  {by}", "dim"), margin=1).row

    def cause(self, cause: Told, width: int) -> Row:
        """What failed first, how and where."""
        failure = cause["failure"]
        name = instance_name(failure["task_id"], failure["map_index"])
        line = (
            Line(width).skip().put(f"{glyph('failed')} {name}", "state-failed").put(f"  {error_text(failure)}", "text")
        )
        blocked = len(cause["blocked"])
        right: list[Piece] = [(f"  {place_in_file(failure)}", "accent")] if failure.get("file") else []
        if blocked and width >= 100:
            right.append((f"  {plural(blocked, 'task')} not run", "dim"))
        return line.right(*right, margin=1).row

    def more(self, cause: Told, width: int) -> Row:
        """How often before, in which line, what else failed."""
        said = [often(cause), plural(cause["elements"], "element") + " failed" if cause["elements"] > 1 else ""]
        if cause["also_failed"]:
            said.append(f"also failed: {', '.join(cause['also_failed'][:3])}")
        line = Line(width).skip(3)
        if cause["source"]:
            line.put(cause["source"], "dim").put("   ")
        return line.put(" · ".join(one for one in said if one), "text").row

    def outlook(self, model: RunModel, why: Told | None, width: int) -> Iterator[Row]:
        """When it should be done; what it waits for."""
        stats = self.ui.stats_of(model.dag_id)
        usual = None if stats is None else stats["dag"]
        line = Line(width).skip(3)
        if usual and usual["p50_s"] and model.started_at is not None:
            taken = self.ui.now() - model.started_at
            if taken > (usual["p95_s"] or 0.0):
                line.put(f"slow: {taken / usual['p50_s']:.1f}× its usual {length(usual['p50_s'])}", "warn")
            else:
                line.put(f"expected end {clock(model.started_at + usual['p50_s'], self.ui.zone)[:5]}", "text")
                line.put(f"  p50 {length(usual['p50_s'])}, p95 {length(usual['p95_s'])}", "dim")
        waits = [hold for hold in (why or {}).get("holds", ()) if hold["state"] in ("queued", "waiting", "retrying")]
        if waits:
            name = instance_name(waits[0]["task_id"], waits[0]["map_index"])
            line.put("   ").put(name, "text").put(f" {waits[0]['reason']}", "dim")
        elif why is not None and model.state == "queued":
            line.put(why["headline"], "dim")
        if line.row:
            yield line.row


def tally(model: RunModel) -> list[Piece]:
    """`43✓ 1✗ 28⊘`."""
    counts = model.tally()
    found: list[Piece] = []
    for state in SHOWN:
        if number := counts.get(state):
            found += [(f"{number:,}", "text"), (f"{glyph(state)} ", f"state-{state}")]
    return found
