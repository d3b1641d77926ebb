"""A DAG over its last runs: what is usual and whether that changes; a curve of all runs, figures for each task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from flowlite.tui.format import length, middle
from flowlite.tui.layout.box_plot import box_plot, scale_of
from flowlite.tui.layout.curve import curve
from flowlite.tui.layout.history import Past, TaskPast, change, change_said, spread
from flowlite.tui.layout.line import Line
from flowlite.tui.picture import Row
from flowlite.tui.rows import LEVELS

ORDERS = ("share", "change", "p95", "retries", "queued", "name")
RECENT = 10  # cells of the small curve of a task
LEAST_BOX = 16
CHANGE_ROLE = {"▲": "warn", "▼": "good", "=": "dim"}
# Of a row of figures: how wide each is, and from which width of the whole on there is room for it.
FIGURES = (
    ("p50", 7, 0), ("p95", 7, 0), ("recent", RECENT + 2, 80), ("change", 9, 80), ("share", 7, 60), ("retries", 8, 130),
    ("failed", 7, 130), ("queued", 8, 130),
)  # fmt: skip


def summary(past: Past, *, is_short: bool = False) -> list[tuple[str, str]]:
    """What one reads first, as (text, role)."""
    usual, rate = spread(past.lengths), past.success_rate
    found = [(f"last {len(past.runs)} runs", "text")]
    if rate is not None:
        found.append((f"success {rate:.1%}".replace("%", " %"), "good" if rate >= 0.99 else "warn"))
    if usual is not None and not is_short:
        found += [(f"p50 {length(usual.p50)}", "text"), (f"p95 {length(usual.p95)}", "text")]
    trend = change(past.lengths)
    if trend is not None:
        said = change_said(trend)
        text = f"as long as the {trend.before} before" if said == "=" else f"{said} against the {trend.before} before"
        found.append((text, CHANGE_ROLE[said[0]]))
    return found


class Trends:
    """Rows in so many cells. The tasks are in an order, the one to look at first on top."""

    def __init__(self, past: Past, width: int, *, order: str = "share", zone: tzinfo | None = None) -> None:
        self.past, self.width, self._zone, self._order = past, width, zone, order
        self.tasks = sorted(past.tasks, key=lambda task: _rank(task, order))
        self._name = min(max((max(len(task.id), 16) for task in past.tasks), default=4), max(width // 4, 16))
        self._figures = [(name, wide) for name, wide, least in FIGURES if width >= least]
        self._box_at = self._name + 6 + 2
        box = width - self._box_at - 1 - sum(wide for _, wide in self._figures)
        self._box = box if box >= LEAST_BOX else 0
        self._scale = scale_of([task.spread for task in past.tasks if task.spread is not None], max(self._box, 1))

    def curve(self, height: int) -> list[Row]:
        """The runs one after the other."""
        return curve(self.past, self.width, height, self._zone)

    def heads(self) -> Row:
        """Above the rows of tasks, with the scale of their boxes."""
        line = Line(self.width)
        line.put(0, f"tasks by {self._order}", "dim")
        line.put(self._name, "runs".rjust(6), "dim")
        for span in self._scale.row() if self._box else ():
            line.put(self._box_at + span.x, span.text, span.role)
        for name, x, wide in self._places():
            line.put(x, name.rjust(wide), "dim")
        return line.row()

    def row(self, task: TaskPast) -> Row:
        """One task."""
        line = Line(self.width)
        line.put(0, middle(task.id, self._name), "text", task.id)
        line.put(self._name, f"{task.spread.n if task.spread else 0}".rjust(6), "dim", task.id)
        if task.spread is not None and self._box:
            for span in box_plot(task.spread, self._scale):
                line.put(self._box_at + span.x, span.text, span.role, task.id)
        for name, x, wide in self._places():
            text, role = _figure(task, name)
            line.put(x, text.rjust(wide), role, task.id)
        return line.row()

    def foot(self) -> Row:
        """Which tasks are tried again most, and which wait longest for a slot."""
        line = Line(self.width)
        again = sorted((task for task in self.past.tasks if task.retries), key=lambda task: (-task.retries, task.id))
        x = 0
        if again:
            said = " · ".join(f"{task.id} {task.retries}" for task in again[:3])
            others = sum(task.retries for task in again[3:])
            text = f"retries  {said}{f' · others {others}' if others else ''}"
            line.put(0, text, "dim")
            x = len(text) + 4
        slowest = max(self.past.tasks, key=lambda task: task.queued_p95_s or 0.0, default=None)
        if slowest is not None and (slowest.queued_p95_s or 0.0) >= 1:
            pool = f" (pool {slowest.pool})" if slowest.pool else ""
            line.put(x, f"queue wait p95  {slowest.id} {length(slowest.queued_p95_s)}{pool}", "dim")
        return line.row()

    def _places(self) -> list[tuple[str, int, int]]:
        """Name, column and width of each figure: they stand at the right end."""
        found, x = [], self.width - sum(wide for _, wide in self._figures)
        for name, wide in self._figures:
            found.append((name, x, wide))
            x += wide
        return found


def _rank(task: TaskPast, order: str) -> tuple[float, str]:
    trend = change(task.recent, len(task.recent) // 2)
    first = {
        "share": -task.share,
        "change": -(trend.part if trend else -9.0),
        "p95": -(task.spread.p95 if task.spread else 0.0),
        "retries": -float(task.retries),
        "queued": -(task.queued_p95_s or 0.0),
    }
    return first.get(order, 0.0), task.id


def _figure(task: TaskPast, name: str) -> tuple[str, str]:
    said = change_said(change(task.recent, len(task.recent) // 2))
    figures = {
        "p50": (length(task.spread.p50) if task.spread else "", "text"),
        "p95": (length(task.spread.p95) if task.spread else "", "text"),
        "recent": (small_curve(task.recent), "chart"),
        "change": (said, CHANGE_ROLE.get(said[:1], "dim")),
        "share": (f"{task.share:.0%}".replace("%", " %") if task.share else "", "dim"),
        "retries": (f"{task.retries}" if task.retries else "", "state-retrying"),
        "failed": (f"{task.failed}" if task.failed else "", "state-failed"),
        "queued": (length(task.queued_p95_s) if task.queued_p95_s and task.queued_p95_s >= 1 else "", "dim"),
    }
    return figures[name]


def small_curve(lengths: Sequence[float], cells: int = RECENT) -> str:
    """Medians of as many stretches as there are cells, from the lowest to the highest."""
    if not lengths:
        return ""
    cells = min(cells, len(lengths))
    parts = [sorted(lengths[n * len(lengths) // cells : (n + 1) * len(lengths) // cells]) for n in range(cells)]
    middles = [part[len(part) // 2] for part in parts]
    low, high = min(middles), max(middles)
    if high - low < 0.1 * high:  # hardly any difference is not blown up to one
        return LEVELS[3] * cells
    return "".join(LEVELS[round((one - low) / (high - low) * 7)] for one in middles)
