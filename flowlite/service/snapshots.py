"""Snapshots for screens: all that is shown at first, in columns, with the number of the event that it is up to. What
comes after that number, the event stream tells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flowlite.core.graph import Graph
from flowlite.service.api.shapes import RawJson

if TYPE_CHECKING:
    from flowlite.loading.catalog import Catalog


def joined(seq: int, at: float, parts: Mapping[str, str]) -> RawJson:
    """One object from JSON texts."""
    inside = ",".join(f'"{name}":{text}' for name, text in parts.items())
    return RawJson(f'{{"seq":{seq},"at":{at!r},{inside}}}'.encode("utf-8", "backslashreplace"))


def declared_part(catalog: Catalog) -> str:
    """What DAG files say, in columns by DAG, and what is wrong with them."""
    from flowlite.service.declared import makes, schedule_told, waits_for

    dags = [dag for _, dag in sorted(catalog.dags.items())]
    found: dict[str, Any] = {
        "dag_id": [dag.id for dag in dags],
        "file": [str(dag.file) if dag.file is not None else None for dag in dags],
        "description": [dag.settings.description for dag in dags],
        "schedule": [schedule_told(dag) for dag in dags],
        "tags": [list(dag.settings.tags) for dag in dags],
        "owner": [dag.settings.owner or None for dag in dags],
        "is_paused": [dag.settings.paused for dag in dags],
        "tasks": [len(dag.specs) for dag in dags],
        "makes": [makes(dag) for dag in dags],
        "waits_for": [waits_for(dag) for dag in dags],
        "problems": [str(problem) for problem in catalog.problems],
    }
    return json.dumps(found, separators=(",", ":"))


def graph_part(graph: Graph) -> str:
    """By the number of the task: the numbers of its direct upstream, and the group that it is in."""
    upstream = [sorted({*graph.shared[number], *graph.pairs[number]}) for number in range(len(graph.tasks))]
    groups = [task.group for task in graph.tasks]
    return json.dumps({"upstream": upstream, "group": groups}, separators=(",", ":"))


def listed(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """`{"name": [..], ..}` of rows with values in the order of the names."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return json.dumps(dict(zip(names, columns, strict=True)), separators=(",", ":"))
