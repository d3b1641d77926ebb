"""What a running task may ask, and how its parameters are checked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

import flowlite
from flowlite import Context, Dag, FlowliteError
from flowlite.authoring.context import RUNNING, RunFacts
from flowlite.authoring.params import BadParams


class Told(SimpleNamespace):
    """An attempt's world that only listens."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder=folder, lines=[], reports=[])

    def log(self, level, text):
        self.lines.append((level, text))

    def report(self, report):
        self.reports.append(report)


def context(io=None, **more):
    start = 1_711_839_600.0  # 2024-03-31 00:00 in Berlin, an hour before the clocks change
    run = RunFacts(
        dag_id="d", run_id="17", logical_at=start, interval_start_at=start, interval_end_at=start + 82800,
        timezone="Europe/Berlin", params={"x": 1},
    )  # fmt: skip
    return Context(run, "g.t", 2, io or Told(), **more)


def test_dates_are_aware_and_ds_is_in_the_zone_of_the_dag():
    ctx = context()
    assert ctx.logical_date.isoformat() == "2024-03-30T23:00:00+00:00"
    assert (ctx.data_interval_start, ctx.ds) == (ctx.logical_date, "2024-03-31")
    assert (ctx.data_interval_end - ctx.data_interval_start).total_seconds() == 23 * 3600
    assert (ctx.run_id, ctx.dag_id, ctx.task_id, ctx.attempt, ctx.map_index, ctx.params) == (
        "17",
        "d",
        "g.t",
        2,
        None,
        {"x": 1},
    )


def test_the_idempotency_key_is_of_the_instance_not_of_the_attempt():
    keys = {context(map_index=index).idempotency_key for index in (None, 0, 1)}
    assert len(keys) == 3
    assert context().idempotency_key == "d/17/2024-03-30T23:00:00Z/g.t"


def test_the_log_takes_what_loggers_take():
    io = Told()
    log = context(io).log
    log.info("fetching %s for %s", "a", "b")
    log.warning("100%")
    log.debug("%(x)d", {"x": 3})
    log.error("%d", "no number")
    try:
        raise ValueError("bad")
    except ValueError:
        log.exception("failed")
    assert io.lines[:4] == [
        ("info", "fetching a for b"),
        ("warn", "100%"),
        ("debug", "3"),
        ("error", "%d ('no number',)"),
    ]
    assert io.lines[4][1].startswith("failed\nTraceback")


def test_progress_and_nodes_are_reported():
    io = Told()
    context(io).progress(3, 10, "rows")
    context(io).node("model.a", "success", rows=5)
    assert io.reports == [
        {"kind": "progress", "done": 3, "total": 10, "note": "rows"},
        {"rows": 5, "kind": "node", "id": "model.a", "state": "success"},
    ]


def test_folders(tmp_path):
    ctx = context(Told(tmp_path), previous_attempt_dir=tmp_path / "gone")
    assert (ctx.attempt_dir, ctx.previous_attempt_dir) == (tmp_path, None)
    assert context(previous_attempt_dir=tmp_path).previous_attempt_dir == tmp_path


def test_current_is_the_context_of_the_running_task():
    with pytest.raises(FlowliteError, match="no task is running here"):
        flowlite.current()
    ctx = context()
    token = RUNNING.set(ctx)
    assert flowlite.current() is ctx
    RUNNING.reset(token)


class Size(BaseModel):
    rows: int = 1
    day: Path = Path(".")


def test_params_are_a_model_and_its_text():
    dag = Dag("d", params=Size)
    assert dag.validate_params({"rows": "3"}) == (Size(rows=3), '{"rows":3,"day":"."}')
    assert dag.validate_params(None)[0] == Size()
    assert dag.validate_params('{"rows": 2}')[0] == Size(rows=2)
    assert dag.validate_params(Size(rows=4))[0] == Size(rows=4)


def test_without_a_model_any_object_will_do():
    assert Dag("d").validate_params({"a": [Path("x")]}) == ({"a": ["x"]}, '{"a":["x"]}')
    assert Dag("d").validate_params() == ({}, "{}")


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        (Size, {"rows": "many"}, "DAG 'd': params.rows: Input should be a valid integer"),
        (Size, "{", "DAG 'd': params are no JSON"),
        (None, "[1]", "DAG 'd': params are list; give an object"),
        (None, {"a": float("nan")}, "DAG 'd': params: nan (float)"),
        (Size, {"rows": object()}, "DAG 'd': params: object at"),
    ],
)
def test_bad_params_are_told(model, given, said):
    with pytest.raises(BadParams) as caught:
        Dag("d", params=model).validate_params(given)
    assert said in str(caught.value)
