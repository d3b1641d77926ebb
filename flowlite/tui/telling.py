"""What the daemon explains, in pieces for a line: why a run failed, where, how often before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from flowlite.tui.format import one_line
from flowlite.tui.rows import Piece

Told = Mapping[str, Any]


def instance_name(task_id: str, index: int) -> str:
    """`fetch` or `fetch[3]`."""
    return task_id if index < 0 else f"{task_id}[{index}]"


def error_text(failure: Told) -> str:
    """`KeyError: 'label'`, `exit code 3`, in one line."""
    kind, message = str(failure["type"] or ""), one_line(str(failure["message"] or ""))
    if not kind or message.startswith(kind) or kind in ("failed", "lost", "timed_out", "out_of_memory"):
        return message or kind
    return f"{kind}: {message}" if message else kind


def place_in_file(failure: Told) -> str:
    """`shop.py:74`."""
    return f"{PurePath(failure['file']).name}:{failure['line']}" if failure.get("file") else ""


def often(cause: Told) -> str:
    """`in each of the last 4 runs`, `in 3 of the last 7 runs`; "" the first time."""
    same = cause.get("same_error")
    if not same or len(same["runs"]) < 2:
        return ""
    if len(same["runs"]) == same["looked_at"]:
        return f"in each of the last {same['looked_at']} runs"
    return f"in {len(same['runs'])} of the last {same['looked_at']} runs"


def cause_pieces(why: Told | None) -> list[Piece]:
    """`load_labels  KeyError: 'label'`; nothing while it is not known."""
    cause = None if why is None else why.get("cause")
    if not cause:
        return [] if why is None else [(one_line(str(why["headline"])), "dim")]
    failure = cause["failure"]
    name = instance_name(failure["task_id"], failure["map_index"])
    return [(name, "text"), ("  ", "text"), (error_text(failure), "bad")]
