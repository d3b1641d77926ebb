"""A figure beside its goal, and what several measurements make of it."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """`goal` is for people, `is_met` for machines; None: there is no goal for it."""

    name: str
    value: str
    goal: str = ""
    is_met: bool | None = None


def at_most(name: str, value: float, goal: float, unit: str, note: str = "") -> Figure:
    """Less is better."""
    return Figure(name, f"{shown(value)} {unit}{note}", f"<= {shown(goal)} {unit}", value <= goal)


def spread(name: str, values_s: Sequence[float], goals_ms: dict[str, float]) -> Iterable[Figure]:
    """Median, p95 and largest of some times, each beside its goal if it has one."""
    found = {"p50": quantile(values_s, 0.5), "p95": quantile(values_s, 0.95), "max": max(values_s)}
    for part, value in found.items():
        goal = goals_ms.get(part)
        if goal is not None:
            yield at_most(f"{name}, {part}", value * 1e3, goal, "ms", f"   (n={len(values_s)})")


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so many are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """Half are above it."""
    return statistics.median(values)


def shown(value: float) -> str:
    """Three digits are enough."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def table(figures: Sequence[Figure]) -> str:
    """For people."""
    wide = [max(len(getattr(one, part)) for one in figures) for part in ("name", "value", "goal")]
    lines = []
    for one in figures:
        verdict = {None: "", True: "ok", False: "MISSED"}[one.is_met]
        lines.append(f"{one.name:<{wide[0]}}  {one.value:>{wide[1]}}  {one.goal:<{wide[2]}}  {verdict}".rstrip())
    return "\n".join(lines)


def keep(figures: Sequence[Figure], folder: Path) -> Path:
    """For machines."""
    folder.mkdir(exist_ok=True)
    path = folder / "tui.json"
    told = {"python": platform.python_version(), "figures": [asdict(one) for one in figures]}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return path
