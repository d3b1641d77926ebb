"""`flowlite runs show RUN TASK`: its attempts, and the rows that it told below itself (dbt models and tests)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowlite.cli.marks import color, mark
from flowlite.cli.output import print_json, print_table, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.targets import Target
from flowlite.cli.words import instant, length

if TYPE_CHECKING:
    from flowlite.client.client import Client
    from flowlite.store.views import AttemptView, NodeView

NODE_MARKS = {"pass": "success", "ok": "success", "fail": "failed", "error": "failed", "skip": "skipped"}


def show_task(setting: Setting, run: int, task: Target, *, as_json: bool) -> None:
    """Print it. Raises RunUnknown, TaskUnknown."""

    async def asked(client: Client) -> tuple[list[AttemptView], list[NodeView]]:
        return await client.attempts(run, task.task_id, task.index), await client.nodes(run, task.task_id, task.index)

    attempts, nodes = setting.ask(asked)
    if as_json:
        print_json(
            {"run_id": run, "task_id": task.task_id, "attempts": [_fields(one) for one in attempts], "nodes": nodes}
        )
        return
    heads = ["element", "attempt", "outcome", "began", "took", "what it said"]
    print_table(heads, [attempt_row(one) for one in attempts], right=heads[:2], empty="no attempt has ended yet")
    if nodes:
        say()
        print_table(
            ["node", "state", "took", "rows", "what it said"], [node_row(one) for one in nodes], right=["took", "rows"]
        )


def attempt_row(one: AttemptView) -> tuple[str | Cell, ...]:
    """An attempt in one line."""
    index = str(one.map_index) if one.map_index >= 0 else ""
    outcome = Cell(f"{mark(one.outcome)} {one.outcome}", color(one.outcome))
    return index, str(one.number), outcome, instant(one.started_at), length(one.ended_at - one.started_at), _said(one)


def node_row(one: NodeView) -> tuple[str | Cell, ...]:
    """A model or a test in one line."""
    state = NODE_MARKS.get(one.state, one.state)
    took = one.ended_at - one.started_at if one.ended_at is not None and one.started_at is not None else None
    rows = "" if one.rows is None else f"{one.rows:,}"
    return one.node_id, Cell(f"{mark(state)} {one.state}", color(state)), length(took), rows, one.message or ""


def _said(one: AttemptView) -> str:
    if one.error is not None:
        error = json.loads(one.error)
        return f"{error.get('type')}: {error.get('message')}"
    return "" if one.exit_code in (None, 0) else f"exit code {one.exit_code}"


def _fields(one: AttemptView) -> dict[str, object]:
    fields = {name: getattr(one, name) for name in type(one).__dataclass_fields__}
    return {**fields, "error": json.loads(one.error) if one.error else None}
