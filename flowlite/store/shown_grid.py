"""The grid of a DAG: its last runs by logical date, and in which state each of their tasks is; a letter for a state.

A map is one cell. Its elements are looked at only where the run does not already say how they ended: of sixty runs with
ten thousand elements each, most need none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flowlite.core.states import State, taken_together
from flowlite.store.ask import Question, packed
from flowlite.store.shown_whole import RUNS, columns, last_event

LETTERS: Mapping[str, str] = {str(state): chr(ord("a") + number) for number, state in enumerate(State)}
NO_ROW, MAP = " ", "M"
WHENS = " ".join(f"WHEN '{state}' THEN '{letter}'" for state, letter in LETTERS.items())
CELL = f"CASE WHEN x.width > 0 THEN '{MAP}' ELSE coalesce(CASE x.state {WHENS} END, '{NO_ROW}') END"


def grid(dag_id: str, last: int, before: int | None, ids: Sequence[int]) -> Question[tuple[int, dict[str, str]]]:
    """The last event's number; JSON of runs (the newest date first), of the ids of tasks by version, and of the letters
    by run, each in the order of its version's tasks. `before`: of earlier dates than that of this run; `ids`: of these
    runs only."""
    seq = yield from last_event()
    earlier = "r.logical_date < coalesce((SELECT logical_date FROM run WHERE id = ?), 1e999)"
    which = "r.id IN (SELECT value FROM json_each(?))" if ids else earlier
    values = (dag_id, json.dumps(list(ids)) if ids else before, len(ids) or last)
    source = f"FROM run r WHERE r.dag_id = ? AND {which} ORDER BY r.logical_date DESC LIMIT ?"
    runs = yield from columns(f"{RUNS}, r.version, r.created_at", source, values)
    found = yield from packed("r.id, r.version, r.state, r.had_failures", source, values)
    tasks = yield from _tasks(sorted({row[1] for row in found}))
    cells = yield from _cells(found)
    maps = yield from _maps([row for row in found if MAP in cells[row[0]] and (row[2] != "success" or row[3])], cells)
    done = LETTERS["success"]
    shown = [with_maps(cells[run], maps.get(run, {})).replace(MAP, done) for run, *_ in found]
    return seq, {
        "runs": runs, "tasks": json.dumps(tasks), "cells": json.dumps(shown), "letters": json.dumps(LETTERS),
    }  # fmt: skip


def with_maps(cells: str, maps: Mapping[int, Mapping[str, int]]) -> str:
    """A run's letters with those of its maps."""
    found = list(cells)
    for number, counts in maps.items():
        found[number] = LETTERS[taken_together(counts)]
    return "".join(found)


def _tasks(versions: Sequence[int]) -> Question[dict[int, list[str]]]:
    rows = yield from packed(
        "t.version, t.id",
        "FROM json_each(?) v CROSS JOIN task t ON t.version = v.value ORDER BY t.version, t.number",
        (json.dumps(list(versions)),),
    )
    found: dict[int, list[str]] = {version: [] for version in versions}
    for version, task_id in rows:
        found[version].append(task_id)
    return found


def _cells(runs: Sequence[Sequence[Any]]) -> Question[dict[int, str]]:
    """A letter for each task, one for all maps. Each row by its key: a run of many elements is not walked through."""
    rows = yield from packed(
        f"r.id, (SELECT group_concat(cell, '') FROM (SELECT {CELL} AS cell FROM task t LEFT JOIN task_instance x "
        "ON x.run_id = r.id AND x.task_no = t.number AND x.map_index = -1 WHERE t.version = r.version "
        "ORDER BY t.number)) AS cells",
        "FROM json_each(?) w CROSS JOIN run r ON r.id = w.value",
        (json.dumps([run for run, *_ in runs]),),
    )
    return {run: cells or "" for run, cells in rows}


def _maps(
    runs: Sequence[Sequence[Any]], cells: Mapping[int, str]
) -> Question[dict[int, dict[int, dict[str, int]]]]:  # fmt: skip
    """State -> how many elements, of the maps of these runs. What a wider map left behind is not counted."""
    wanted = [(run, number) for run, *_ in runs for number, letter in enumerate(cells[run]) if letter == MAP]
    if not wanted:
        return {}
    rows = yield from packed(
        "x.run_id, x.task_no, x.state, count(*) AS n",
        "FROM json_each(?) w CROSS JOIN task_instance m ON m.run_id = json_extract(w.value, '$[0]') "
        "AND m.task_no = json_extract(w.value, '$[1]') AND m.map_index = -1 "
        "CROSS JOIN task_instance x ON x.run_id = m.run_id AND x.task_no = m.task_no "
        "AND x.map_index BETWEEN 0 AND m.width - 1 GROUP BY x.run_id, x.task_no, x.state",
        (json.dumps(wanted),),
    )
    found: dict[int, dict[int, dict[str, int]]] = {}
    for run, number, state, count in rows:
        found.setdefault(run, {}).setdefault(number, {})[state] = count
    return found
