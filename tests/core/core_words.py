"""The contract said once more, over lists of states and rows: knows nothing of tallies, gates or agendas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowlite.core.graph import Each, Fact, Graph
from flowlite.core.rows import GroupRow, InstanceRow

FINISHED = {"success", "failed", "skipped", "upstream_failed", "cancelled"}
BAD = {"failed", "cancelled", "upstream_failed"}
Rows = Mapping[tuple[int, int], InstanceRow]


def in_words(rule: str, states: Sequence[str]) -> str:
    """`wait`, `run`, or the state it ends in without having run."""
    ended = all(state in FINISHED for state in states)
    n, s, k, b = len(states), states.count("success"), states.count("skipped"), states.count("upstream_failed")
    f = states.count("failed") + states.count("cancelled")
    if not states or rule == "always":
        return "run"
    runs = {
        "all_success": s == n,
        "all_failed": f + b == n,
        "all_done": ended,
        "all_skipped": k == n,
        "one_success": s > 0,
        "one_failed": f + b > 0,
        "one_done": s + f > 0,
        "none_failed": s + k == n,
        "none_failed_min_one_success": s + k == n and s > 0,
        "none_skipped": ended and not k,
        "all_done_min_one_success": ended and not k and s > 0,
    }
    blocked = {
        "all_success": f + b > 0,
        "none_failed": f + b > 0,
        "none_failed_min_one_success": f + b > 0,
        "one_success": ended and not s and f + b > 0,
        "all_done_min_one_success": ended and not k and not s,
    }
    skipped = {
        "all_success": ended and k > 0,
        "all_failed": s + k > 0,
        "all_skipped": s + f + b > 0,
        "one_success": ended and k == n,
        "one_failed": ended and not f + b,
        "one_done": ended and not s + f,
        "none_failed_min_one_success": k == n,
        "none_skipped": k > 0,
        "all_done_min_one_success": k > 0,
    }
    if runs[rule]:
        return "run"
    return "upstream_failed" if blocked.get(rule) else "skipped" if skipped.get(rule) else "wait"


def groups_around(graph: Graph, task: int) -> list[str]:
    """The groups that retry around a task."""
    return [name for name in graph.groups if graph.tasks[task].id.startswith(f"{name}.")]


def counted(rows: Rows, task: int) -> list[InstanceRow]:
    """The rows of a task that others see."""
    width = rows[task, -1].width
    return [rows[task, index] for index in range(width)] if width else [rows[task, -1]]


def is_in_map(graph: Graph, rows: Rows, task: int, index: int) -> bool:
    """Whether the row is one that the rules are about."""
    width = rows[task, -1].width
    if graph.tasks[task].over is None:
        return True
    return index < 0 if width is None else 0 <= index < width


def verdict_in_words(graph: Graph, rows: Rows, groups: Mapping[str, GroupRow], task: int, index: int) -> str:
    """What should become of a pending row: `wait`, `run`, or the state that it ends in."""
    if any(name in groups and groups[name].resume_at is not None for name in groups_around(graph, task)):
        return "wait"
    gates = [gate_in_words(rows[graph.number[fact.task], -1], fact.key) for fact in graph.tasks[task].when]
    gates += [branch_in_words(graph, rows[up, -1], task) for up in graph.shared[task] if graph.tasks[up].is_branch]
    for said in ("upstream_failed", "wait", "skipped"):
        if said in gates:
            return said
    states = [row.state for up in graph.shared[task] for row in counted(rows, up)]
    if graph.tasks[task].over is not None and index < 0:
        return map_in_words(graph, rows, task, states)
    states += [(rows[up, index] if rows[up, -1].width else rows[up, -1]).state for up in graph.pairs[task]]
    return in_words(graph.tasks[task].rule, states)


def gate_in_words(up: InstanceRow, key: str) -> str:
    """A condition: unfinished, failed, skipped, or by its truth; a marked success holds."""
    if up.state == "success":
        return "run" if up.facts is None or up.facts[key] else "skipped"
    return "wait" if up.state not in FINISHED else "upstream_failed" if up.state in BAD else "skipped"


def branch_in_words(graph: Graph, up: InstanceRow, task: int) -> str:
    """A branch: unfinished, or whether this task lies on a path that was chosen; a marked success chose all."""
    if up.state not in FINISHED:
        return "wait"
    if up.state != "success" or up.facts is None:
        return "run"
    return "run" if task in graph.reach(up.facts["chosen:"]) else "skipped"


def map_in_words(graph: Graph, rows: Rows, task: int, states: list[str]) -> str:
    """What the row of a map itself should be, as long as it has no width."""
    if rows[task, -1].width is not None:
        return "run"
    said = in_words(graph.tasks[task].rule, states + ["pending"] * bool(graph.pairs[task]))
    if said not in ("run", "wait") or (said == "wait" and any(state not in FINISHED for state in states)):
        return said
    over = graph.tasks[task].over or ()
    sources = [rows[graph.number[source.task], -1].state for source in over if not isinstance(source, int)]
    if BAD & set(sources):
        return "upstream_failed"
    if set(sources) - FINISHED:
        return "wait"
    if "skipped" in sources:
        return "skipped"
    return "run" if len({length_in_words(graph, rows, source) for source in over}) == 1 else "failed"


def length_in_words(graph: Graph, rows: Rows, source: int | Fact | Each) -> int:
    """How long a list is; a marked success has an empty one."""
    if isinstance(source, int):
        return source
    up = rows[graph.number[source.task], -1]
    return (up.width or 0) if isinstance(source, Each) else (up.facts or {}).get(source.key, 0)
