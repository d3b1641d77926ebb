"""Rows as the machine makes them, and a store with one DAG of four tasks in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from flowlite.core.graph import Graph
from flowlite.core.rows import AttemptRow, Changes, Evidence, InstanceRow, RunRow
from flowlite.core.tasks import Task
from flowlite.store.rows import TaskRow
from flowlite.store.store import Store

TASKS = (
    TaskRow("load"),
    TaskRow("clean", pool="db", slots=2),
    TaskRow("ask", kind="approval"),
    TaskRow("each", is_map=True),
)
GRAPH = Graph(
    "sales", [Task(id="load"), Task(id="clean", pool="db", slots=2), Task(id="ask", is_approval=True),
              Task(id="each", over=(3,))]
).to_json()  # fmt: skip


class Rows:
    """Makers of rows: what a test does not say has a plain value."""

    graph = GRAPH

    def run(self, number: int = 1, state: str = "running", *, date: float | None = None, **more: Any) -> RunRow:
        date = float(number * 100) if date is None else date
        ended = {"started_at": 1.0, "ended_at": 2.0} if state in ("success", "failed", "cancelled") else {}
        values: dict[str, Any] = {
            "id": number, "dag_id": "sales", "version": 1, "kind": "manual", "lane": "sales", "order": date,
            "logical_date": date, "data_interval_start": date, "data_interval_end": date + 100, "params": "{}",
            "asked_by": "ana", "created_at": 1.0, "state": state, "has_rows": True, **ended, **more,
        }  # fmt: skip
        return RunRow(**values)

    def instance(
        self, run: int = 1, task: int = 0, index: int = -1, *, was: str | None = None, to: str = "pending", **more: Any
    ) -> InstanceRow:
        values: dict[str, Any] = {
            "since": 5.0, "attempt": 0, "poke": 0, "failures": 0, "losses": 0, "ooms": 0, "started_at": None,
            "resume_at": None, "wait_until": None, "wish": None, "width": None, "facts": None, **more,
        }  # fmt: skip
        if to == "running":
            values |= {"attempt": values["attempt"] or 1, "started_at": 4.0}
        return InstanceRow(run=run, task=task, index=index, state=to, was=was, **values)

    def attempt(
        self, run: int = 1, task: int = 0, index: int = -1, number: int = 1, outcome: str = "success", *,
        started_at: float = 4.0, ended_at: float = 5.0, **evidence: Any,
    ) -> AttemptRow:  # fmt: skip
        return AttemptRow(run, task, index, number, 0, started_at, ended_at, outcome, Evidence(**evidence))

    def begun(self, run: int = 1, tasks: Sequence[int] = (0, 1, 2, 3), **more: Any) -> Changes:
        """A run and its pending task instances."""
        return Changes(runs=[self.run(run, **more)], instances=[self.instance(run, task) for task in tasks])

    def started(self, run: int = 1, task: int = 0, index: int = -1) -> Changes:
        return Changes(instances=[self.instance(run, task, index, was="pending", to="running")])

    def succeeded(self, run: int = 1, task: int = 0, index: int = -1, result: str = "1") -> Changes:
        return Changes(
            instances=[self.instance(run, task, index, was="running", to="success", attempt=1, started_at=4.0)],
            attempts=[self.attempt(run, task, index, result=result)],
        )


@pytest.fixture
def rows() -> Rows:
    return Rows()


def with_sales(store: Store) -> Store:
    """The DAG that the rows speak of, as version 1."""
    from functools import partial

    from flowlite.store import declared

    work = partial(
        declared.add_version, dag_id="sales", fingerprint="f1", graph_json=GRAPH, tasks=TASKS, file="sales.py",
        at=1.0, about="{}",
    )  # fmt: skip
    assert store._writer.ask_now(work, writes=True) == 1
    return store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flowlite.db"


@pytest.fixture(params=["file", "memory"])
async def store(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Store]:
    """Every claim holds for a file and for memory."""
    store = with_sales(Store.open(path if request.param == "file" else None))
    yield store
    store.close()


@pytest.fixture
def on_disk(path: Path) -> Iterator[Store]:
    store = with_sales(Store.open(path))
    yield store
    store.close()
