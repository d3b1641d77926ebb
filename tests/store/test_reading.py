"""What an engine takes up again, and what people are shown."""

from __future__ import annotations

import asyncio
import json

import pytest

from flowlite.core.rows import Changes, DeadlineRow
from flowlite.store.store import Store


async def test_unfinished_is_all_that_a_machine_needs(store: Store, rows) -> None:
    await store.commit(rows.begun(1, state="failed"), 1.0)
    await store.commit(rows.begun(2), 2.0)
    await store.commit(Changes(runs=[rows.run(3, "queued", has_rows=False)]), 3.0)
    left = await store.unfinished()
    assert [run.id for run in left.runs] == [2, 3]
    assert left.runs[0] == rows.run(2)
    assert left.instances == {2: [rows.instance(2, task, was="pending") for task in range(4)]}
    assert (left.next_run, left.next_intent) == (4, 1)
    assert left.failing == {"sales": 1}


async def test_a_dag_whose_last_run_went_well_is_not_failing(store: Store, rows) -> None:
    await store.commit(Changes(runs=[rows.run(2, "failed", ended_at=5.0), rows.run(1, "success", ended_at=9.0)]), 9.0)
    assert (await store.unfinished()).failing == {}


async def test_results_are_those_of_the_latest_success(store: Store, rows) -> None:
    await store.commit(rows.begun(tasks=[0]), 1.0)
    for index in range(4):
        await store.commit(Changes(instances=[rows.instance(task=3, index=index)]), 1.0)
        await store.commit(rows.started(task=3, index=index), 2.0)
    await store.commit(rows.succeeded(task=3, index=0, result='"zero"'), 3.0)
    await store.commit(rows.succeeded(task=3, index=2, result="[2]"), 3.0)
    marked = rows.instance(task=3, index=3, was="running", to="success", attempt=1, started_at=4.0)
    cancelled = rows.attempt(task=3, index=3, outcome="cancelled")
    await store.commit(Changes(instances=[marked], attempts=[cancelled]), 4.0)
    assert await store.results(1, 3) == {0: '"zero"', 2: "[2]", 3: None}


async def test_a_date_is_exact_to_the_last_digit(store: Store, rows) -> None:
    date = 1_779_999_999.123_457
    await store.commit(Changes(runs=[rows.run(1, date=date)]), 1.0)
    assert (await store.run_at("sales", date)).logical_date == date
    assert (await store.views.list_runs())[0].logical_date == date


async def test_a_known_fingerprint_gets_its_number_back_and_becomes_current(store: Store, rows) -> None:
    new = await store.add_version("sales", "f2", "{}", ["load"], file="sales.py", at=2.0)
    assert new == 2
    again = await store.add_version("sales", "f1", "{}", ["load"], file="moved.py", at=3.0, about='{"tags":[]}')
    assert again == 1
    (dag,) = await store.views.dag_rows()
    assert (dag.version, dag.file, dag.about) == (1, "moved.py", '{"tags":[]}')
    assert [version.version for version in await store.views.versions_of("sales")] == [2, 1]
    assert await store.graph_json(1) == rows.graph
    with pytest.raises(KeyError):
        await store.graph_json(3)


async def test_a_pool_size_set_by_hand_outlives_configuration(store: Store) -> None:
    assert await store.configure_pools({"http": 4, "db": 2}) == {}
    await store.commit(Changes(pools=[("http", 9, True)]), 1.0)
    assert await store.configure_pools({"http": 5, "db": 3}) == {"http": 9}
    assert {pool.name: (pool.size, pool.is_by_hand) for pool in (await store.pools()).values()} == {
        "http": (9, True), "db": (3, False),
    }  # fmt: skip


async def test_a_pause_by_hand_is_kept_and_recorded(store: Store) -> None:
    seq = await store.set_paused("sales", is_paused=True, at=5.0, by="ana", why="holiday")
    await store.set_dag_priority("sales", 7, at=6.0, by="ana")
    (dag,) = await store.views.dag_rows()
    assert (dag.is_paused, dag.priority) == (True, 7)
    assert [(row.verb, row.why) for row in await store.views.audit_rows("sales")] == [
        ("priority 7", ""),
        ("pause", "holiday"),
    ]
    event = (await store.views.events_after(seq - 1))[0]
    assert (event.kind, event.dag_id, event.state) == ("dag", "sales", "paused")


async def test_runs_are_listed_newest_first_by_page_and_state(store: Store, rows) -> None:
    states = ["success", "failed", "running", "failed", "queued", "success"]
    await store.commit(Changes(runs=[rows.run(number, state) for number, state in enumerate(states, 1)]), 1.0)
    listed = store.views.list_runs
    assert [run.id for run in await listed()] == [6, 5, 4, 3, 2, 1]
    assert [run.id for run in await listed("sales", limit=2, before=5)] == [4, 3]
    assert [run.id for run in await listed(states=("failed", "running"))] == [4, 3, 2]
    assert await listed("other") == []


async def test_a_run_shows_its_tasks_and_the_elements_of_its_maps(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    await store.commit(rows.started(), 2.0)
    await store.commit(rows.succeeded(), 3.0)
    elements = [rows.instance(task=3, index=index) for index in range(5)]
    own = rows.instance(task=3, was="pending", width=4)
    await store.commit(Changes(instances=[own, *elements]), 4.0)
    await store.commit(rows.started(task=3, index=1), 5.0)
    detail = await store.views.run_view(1)
    load, _, ask, each = detail.tasks
    assert (load.id, load.state, load.ended_at) == ("load", "success", 5.0)
    assert (ask.kind, ask.state) == ("approval", "pending")
    assert (each.width, each.state, dict(each.counts)) == (4, "running", {"pending": 3, "running": 1})
    assert dict(detail.counts) == {"success": 1, "pending": 5, "running": 1}
    shown = await store.views.instances_of(1, "each", states=("pending",), limit=2, after=(3, 0))
    assert [(view.map_index, view.state) for view in shown] == [(2, "pending"), (3, "pending")]


async def test_a_queued_run_shows_tasks_that_have_no_rows_yet(store: Store, rows) -> None:
    await store.commit(Changes(runs=[rows.run(1, "queued", has_rows=False)]), 1.0)
    detail = await store.views.run_view(1)
    assert [(task.id, task.state) for task in detail.tasks][:2] == [("load", "pending"), ("clean", "pending")]
    assert await store.views.run_view(99) is None


async def test_approvals_that_wait_are_found(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    await store.commit(Changes(instances=[rows.instance(task=2, was="pending", to="waiting", attempt=1)]), 2.0)
    await store.commit(Changes(instances=[rows.instance(task=0, was="pending", to="waiting", attempt=1)]), 2.0)
    assert [(view.run_id, view.task_id) for view in await store.views.approvals_waiting()] == [(1, "ask")]


async def test_history_counts_and_measures_what_went_well(store: Store, rows) -> None:
    runs = [rows.run(number, "success", started_at=0.0, ended_at=float(number)) for number in range(1, 11)]
    runs += [rows.run(11, "failed", started_at=0.0, ended_at=500.0), rows.run(12, "cancelled")]
    await store.commit(Changes(runs=runs), 1.0)
    history = await store.views.dag_history("sales")
    assert (history.finished, history.succeeded, history.p50_s, history.p95_s) == (11, 10, 5.0, 10.0)
    assert history.durations_s[:2] == (10.0, 9.0)


async def test_task_histories_follow_a_task_over_versions(store: Store, rows) -> None:
    await store.add_version("sales", "f2", "{}", ["first", "load"], file=None, at=2.0)
    await store.commit(Changes(runs=[rows.run(1), rows.run(2, version=2)]), 1.0)
    attempts = [
        rows.attempt(1, 0, ended_at=6.0),
        rows.attempt(2, 1, ended_at=14.0),
        rows.attempt(2, 0, outcome="failed"),
    ]
    await store.commit(Changes(attempts=attempts), 1.0)
    found = await store.views.task_histories("sales")
    assert found["load"].durations_s == (10.0, 2.0)
    assert found["first"].success_rate == 0.0
    assert set(await store.views.task_histories("sales", task_id="load")) == {"load"}


async def test_the_same_error_is_counted_over_runs(store: Store, rows) -> None:
    boom, other = (json.dumps({"type": kind, "message": "no"}) for kind in ("KeyError", "OSError"))
    await store.commit(Changes(runs=[rows.run(number) for number in range(1, 6)]), 1.0)
    errors = {1: boom, 2: other, 4: boom, 5: boom}
    await store.commit(
        Changes(attempts=[rows.attempt(run, outcome="failed", error=error) for run, error in errors.items()]), 1.0
    )
    same = await store.views.same_error("sales", "load", 5)
    assert (same.type, same.runs, same.looked_at) == ("KeyError", (5, 4, 1), 5)
    assert await store.views.same_error("sales", "load", 3) is None


async def test_deadlines_tell_which_were_missed(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    due = [DeadlineRow(1, -1, 50.0, was_met=False), DeadlineRow(1, 0, 20.0, was_met=True)]
    await store.commit(Changes(deadlines=due), 60.0)
    shown = await store.views.deadline_rows("sales")
    assert [(view.task_id, view.was_met) for view in shown] == [(None, False), ("load", True)]
    assert len(await store.views.deadline_rows(only_missed=True)) == 1


async def test_messages_go_out_once_or_come_back_later(store: Store, rows) -> None:
    from flowlite.store.rows import OutboxRow

    await store.commit(Changes(), 1.0, outbox=[OutboxRow("ops", "failure", str(key), "{}", 1.0) for key in range(3)])
    first, second, third = await store.outbox.due(1.0)
    await store.outbox.sent(first.id, at=2.0)
    await store.outbox.failed(second.id, error="503", retry_at=30.0)
    await store.outbox.gave_up(third.id, error="no such channel", at=2.0)
    assert await store.outbox.due(29.0) == []
    assert await store.outbox.next_due_at() == 30.0
    assert [(message.id, message.tries) for message in await store.outbox.due(30.0)] == [(second.id, 1)]


async def test_many_questions_at_once_are_all_answered(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    answers = await asyncio.gather(*(store.views.run_view(1) for _ in range(20)))
    assert {answer.run.id for answer in answers} == {1}


async def test_a_question_that_is_given_up_spoils_no_later_one(on_disk: Store, rows) -> None:
    await on_disk.commit(rows.begun(), 1.0)
    for _ in range(20):
        asking = asyncio.ensure_future(on_disk.views.run_view(1))
        await asyncio.sleep(0)
        asking.cancel()
    await on_disk.commit(Changes(runs=[rows.run(2)]), 2.0)
    assert [run.id for run in await on_disk.views.list_runs()] == [2, 1]
