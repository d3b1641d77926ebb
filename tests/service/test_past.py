"""What the last runs of a DAG took, task by task, and when failed attempts were due again."""

from __future__ import annotations

import pytest

from flowlite.core.graph import Graph
from flowlite.core.retry import Backoff
from flowlite.core.tasks import Task
from flowlite.service.past import due_again, trends
from flowlite.store.shown_past import Failed, RunTook, Took

SUCCESS, FAILED, NEITHER = 1, 2, 0
DAY_MS = 86_400_000


def graph(*ids: str, **retry: float) -> Graph:
    """One after the other."""
    tasks = [
        Task(id=id_, pool=f"pool_{id_}", after=tuple(ids[max(number - 1, 0) : number]), retry=Backoff(**retry))
        for number, id_ in enumerate(ids)
    ]
    return Graph("sales", tasks, sla_s=600.0)


def run(number: int, state: str = "success", *, version: int = 1) -> RunTook:
    begun = number * DAY_MS / 1000
    return RunTook(number, version, "scheduled", state, begun - 86_400, begun, begun + 100)


def took(*attempts: tuple[int, int, int, int, float, float]) -> Took:
    """Of (run, task, number, how, seconds from the start of the run to the attempt's start, and to its end)."""
    rows = [
        (run, task, number, how, run * DAY_MS + int(start * 1000), run * DAY_MS + int(end * 1000))
        for run, task, number, how, start, end in sorted(attempts)
    ]
    return Took(len({row[0] for row in rows}), *map(list, zip(*rows, strict=True)))  # type: ignore[arg-type]


def test_a_task_took_what_its_success_took_and_waited_since_its_upstream_ended():
    told = trends(
        "sales",
        [run(2), run(1)],
        took(
            (1, 0, 1, SUCCESS, 1, 11), (1, 1, 1, SUCCESS, 14, 44), (2, 0, 1, SUCCESS, 0, 20), (2, 1, 1, SUCCESS, 20, 30)
        ),
        {1: graph("load", "total")},
    )  # fmt: skip
    assert [one.run_id for one in told.past] == [1, 2] and told.sla_s == 600.0
    load, total = told.tasks
    assert (load.quantiles_s, load.recent_s, load.queued_p95_s) == ((10, 10, 10, 20, 20, 20), (10, 20), 1.0)
    assert (total.quantiles_s, total.queued_p95_s, total.pool) == ((10, 10, 10, 30, 30, 30), 3.0, "pool_total")
    assert (load.share, total.share) == (pytest.approx(30 / 70), pytest.approx(40 / 70))


def test_retries_and_failures_are_counted_apart():
    told = trends(
        "sales",
        [run(2, "failed"), run(1)],
        took(
            (1, 0, 1, FAILED, 0, 5), (1, 0, 2, FAILED, 10, 15), (1, 0, 3, SUCCESS, 20, 26),
            (2, 0, 1, FAILED, 0, 5), (2, 0, 2, FAILED, 10, 15),
        ),
        {1: graph("load")},
    )  # fmt: skip
    (load,) = told.tasks
    assert (load.succeeded, load.retries, load.failed, load.recent_s) == (1, 3, 1, (6.0,))


def test_what_was_interrupted_is_no_failure():
    told = trends("sales", [run(1)], took((1, 0, 1, NEITHER, 0, 5), (1, 0, 2, SUCCESS, 9, 10)), {1: graph("load")})
    assert (told.tasks[0].retries, told.tasks[0].failed) == (1, 0)


def test_a_map_takes_from_its_first_start_to_its_last_end():
    told = trends(
        "sales",
        [run(1)],
        took((1, 0, 1, SUCCESS, 2, 5), (1, 0, 1, SUCCESS, 3, 9), (1, 0, 1, SUCCESS, 1, 4)),
        {1: graph("each")},
    )
    assert told.tasks[0].recent_s == (8.0,)


def test_tasks_of_older_versions_are_left_out_and_numbers_are_those_of_their_own_version():
    told = trends(
        "sales",
        [run(2, version=2), run(1)],
        took((1, 0, 1, SUCCESS, 0, 7), (1, 1, 1, SUCCESS, 7, 12), (2, 0, 1, SUCCESS, 0, 6)),
        {1: graph("old", "total"), 2: graph("total")},
    )
    assert [(one.task_id, one.recent_s) for one in told.tasks] == [("total", (5.0, 6.0))]


def test_without_a_run_there_is_nothing_to_tell():
    told = trends("sales", [], Took(0, [], [], [], [], [], []), {})
    assert (told.past, told.tasks, told.sla_s) == ((), (), None)


# --- due again --------------------------------------------------------------------------------------------------------
def test_a_failed_attempt_is_due_after_its_delay():
    failed = [Failed(0, -1, 1, "failed", 100.0), Failed(0, -1, 2, "timed_out", 150.0), Failed(0, 3, 1, "failed", 10.0)]
    plan = graph("load", delay_s=10.0, backoff="exponential", max_retries=5)
    assert due_again(7, plan, failed) == [(0, -1, 2, 110.0), (0, -1, 3, 170.0), (0, 3, 2, 20.0)]


def test_one_that_was_lost_has_a_delay_of_its_own():
    assert due_again(7, graph("load", delay_s=10.0), [Failed(0, -1, 1, "lost", 100.0)]) == [(0, -1, 2, 101.0)]
