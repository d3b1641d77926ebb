"""What goes over the wire comes out the same."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from flowlite.core.rows import RunRow
from flowlite.service.api.faults import DaemonFault, raised, status_of, told
from flowlite.service.api.table import ROUTES
from flowlite.service.api.wire import builder, decoded, encoded
from flowlite.service.desk import Touched
from flowlite.service.errors import RunUnknown
from flowlite.service.records import LogFile, PoolUse
from flowlite.store.errors import DiskFull
from flowlite.store.views import History, RunView, SameError

RUN = RunView(
    id=2**60, dag_id="a", version=1, kind="manual", state="success", logical_date=0.5, data_interval_start=0.5,
    data_interval_end=0.5, params="{}", asked_by="é", created_at=1.0, started_at=None, ended_at=None,
    had_failures=False, priority=None, wish=None, lane="dag:a",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RunView, RUN),
        (list[RunView], [RUN, RUN]),
        (int, 2**60),
        (list[int], [1, 2]),
        (list[Touched], [Touched("load", 3, "failed")]),
        (LogFile, LogFile(run_id=1, task_id="t", map_index=-1, attempt=1, path=Path("/a/b"))),
        (PoolUse, PoolUse(name="p", size=1, used=0, queued=0, is_by_hand=False, holders=("x", "y"))),
        (SameError, SameError(type="E", message="m", runs=(3, 2), looked_at=7)),
        (History | None, History(name="d", durations_s=(1.5,), finished=1, succeeded=1, p50_s=None, p95_s=0.1)),
        (RunView | None, None),
        (None, None),
    ],
)
def test_a_value_comes_out_as_it_went_in(kind, value):
    assert decoded(kind, json.loads(encoded(value))) == value


@pytest.mark.parametrize("route", [one for one in ROUTES if one.shape.answer is not None], ids=lambda one: one.verb)
def test_every_answer_has_a_way_back(route):
    builder(route.shape.answer)
    builder(route.shape.look)


def test_numbers_of_runs_are_text():
    found = json.loads(encoded(RUN))
    assert (found["id"], found["version"]) == (str(2**60), 1)
    row = RunRow(*range(len(RunRow._fields)))
    assert json.loads(encoded([row]))[0]["id"] == "0"


def test_what_json_has_no_word_for_does_not_stop_it():
    found = json.loads(encoded(History(name="\udcff", durations_s=(math.inf,), finished=1, succeeded=1, p50_s=math.nan,
                                       p95_s=1.0)))  # fmt: skip
    assert (found["name"], found["durations_s"], found["p50_s"], found["p95_s"]) == ("\udcff", [None], None, 1.0)


def test_what_a_newer_daemon_says_beyond_our_record_is_left_out():
    data = {**json.loads(encoded(RUN)), "mood": "fine"}
    assert decoded(RunView, data) == RUN
    del data["state"]
    with pytest.raises(TypeError):
        decoded(RunView, data)


@pytest.mark.parametrize(
    ("error", "status"), [(RunUnknown(3), 404), (DiskFull("full"), 503), (PermissionError("x"), 503)]
)
def test_an_error_comes_out_as_it_went_in(error, status):
    assert status_of(error) == status
    back = raised(json.loads(encoded(told(error))), status)
    assert (str(back), isinstance(error, type(back))) == (str(error), True)


def test_nobody_is_told_what_nobody_foresaw():
    assert status_of(KeyError("secret")) == 500
    assert "secret" not in str(told(KeyError("secret")))
    assert isinstance(raised(told(KeyError("secret")), 500), DaemonFault)


@pytest.mark.parametrize(
    "name", ["os.system", "flowlite.core.graph.Graph", "flowlite.nix.Nix", "flowlite.cli.main", ""]
)
def test_an_answer_can_name_errors_only(name):
    assert type(raised({"error": "x", "type": name}, 400)).__name__ == "FlowliteError"
