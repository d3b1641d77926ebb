"""A commit is all or nothing, and nothing moves from a state in which it is not."""

from __future__ import annotations

import pytest

from flowlite.core.planned import AssetRow
from flowlite.core.rows import AuditRow, Changes, DeadlineRow, GroupRow, IntentRow
from flowlite.store.errors import DateTaken, RowRefused, StaleRow
from flowlite.store.rows import OutboxRow, ProgressRow, ReportRow
from flowlite.store.store import Store


async def test_a_task_instance_goes_its_way_and_its_attempt_is_kept(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    await store.commit(rows.started(), 2.0)
    await store.commit(rows.succeeded(result="[1, 2]"), 3.0)

    run, instances, _ = await store.load_run(1)
    assert run == rows.run()
    assert instances[0] == rows.instance(was="success", to="success", attempt=1, started_at=4.0)
    (attempt,) = await store.views.attempts_of(1, "load")
    assert (attempt.number, attempt.outcome, attempt.result) == (1, "success", "[1, 2]")


async def test_facts_come_back_as_they_were(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    facts = {"length:": 3, 'truth:["a"]': True, "chosen:": ["x", "ü"]}
    await store.commit(Changes(instances=[rows.instance(was="pending", to="skipped", facts=facts)]), 2.0)
    _, instances, _ = await store.load_run(1)
    assert instances[0].facts == facts


async def test_a_stale_row_writes_nothing_of_its_commit(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    changes = rows.succeeded()
    changes.runs.append(rows.run(2))
    with pytest.raises(StaleRow, match=r"task 0\[-1\] of run 1 should move from running to success.*is pending"):
        await store.commit(changes, 2.0)
    assert await store.load_run(2) is None
    assert await store.views.attempts_of(1) == []


async def test_an_outcome_of_an_old_attempt_is_thrown_away(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    await store.commit(Changes(instances=[rows.instance(was="pending", to="running", attempt=1)]), 2.0)
    await store.commit(Changes(instances=[rows.instance(was="running", to="running", attempt=2)]), 3.0)
    with pytest.raises(StaleRow):
        await store.commit(rows.succeeded(), 4.0)


async def test_one_stale_row_among_many_is_named(store: Store, rows) -> None:
    await store.commit(rows.begun(tasks=range(300)), 1.0)
    moves = [rows.instance(task=task, was="pending", to="queued") for task in range(300)]
    moves[137] = rows.instance(task=137, was="retrying", to="queued")
    with pytest.raises(StaleRow, match="task 137"):
        await store.commit(Changes(instances=moves), 2.0)
    _, instances, _ = await store.load_run(1)
    assert {instance.state for instance in instances} == {"pending"}


async def test_an_instance_that_does_not_exist_can_not_move(store: Store, rows) -> None:
    await store.commit(rows.begun(tasks=[0]), 1.0)
    with pytest.raises(StaleRow, match="does not exist"):
        await store.commit(Changes(instances=[rows.instance(task=7, was="pending", to="queued")]), 2.0)


async def test_a_new_instance_can_not_come_twice(store: Store, rows) -> None:
    await store.commit(rows.begun(tasks=[0]), 1.0)
    with pytest.raises(StaleRow, match="already"):
        await store.commit(Changes(instances=[rows.instance()]), 2.0)


async def test_a_date_has_one_run_and_the_refusal_names_it(store: Store, rows) -> None:
    await store.commit(rows.begun(1, date=86_400.0), 1.0)
    with pytest.raises(DateTaken, match=r"'sales' has run 1 for 1970-01-02T00:00:00Z already.*runs clear 1") as refusal:
        await store.commit(rows.begun(2, date=86_400.0, kind="backfill"), 2.0)
    assert refusal.value.run == 1
    await store.commit(rows.begun(3, date=86_400.000_001), 3.0)


async def test_two_runs_of_one_commit_can_not_share_a_date(store: Store, rows) -> None:
    with pytest.raises(DateTaken):
        await store.commit(Changes(runs=[rows.run(1, date=5.0), rows.run(2, date=5.0)]), 1.0)
    assert await store.run_at("sales", 5.0) is None


@pytest.mark.parametrize(
    ("state", "more"),
    [("running", {"ended_at": 3.0}), ("success", {"ended_at": None}), ("done", {}), ("running", {"kind": "cron"})],
)
async def test_the_schema_refuses_runs_that_can_not_be(store: Store, rows, state: str, more: dict) -> None:
    with pytest.raises(RowRefused):
        await store.commit(Changes(runs=[rows.run(1, state, **more)]), 1.0)


@pytest.mark.parametrize("values", [{"to": "done"}, {"index": -2}, {"to": "running", "attempt": 1, "started_at": None}])
async def test_the_schema_refuses_instances_that_can_not_be(store: Store, rows, values: dict) -> None:
    await store.commit(rows.begun(tasks=[]), 1.0)
    row = rows.instance(**values)
    if values.get("to") == "running":
        row = row._replace(started_at=None)
    with pytest.raises(RowRefused):
        await store.commit(Changes(instances=[row]), 2.0)


async def test_everything_of_one_commit_is_there_after_it(store: Store, rows) -> None:
    changes = rows.begun()
    changes.groups.append(GroupRow(1, "silver", 2, 9.5))
    changes.intents.append(IntentRow(4, "gold", 100.0, 1))
    changes.deadlines.append(DeadlineRow(1, -1, 50.0, was_met=False))
    changes.assets.append(AssetRow("lake.rides", 6.0, 1, 0, -1))
    changes.pools.append(("db", 7, True))
    changes.audit.append(AuditRow(6.0, "ana", "resize", "pool db", "more room"))
    reports = [
        ReportRow(1, 0, -1, 1, "model.rides", "success", 1.0, 2.0, 10, "ok", 6.0),
        ProgressRow(1, 0, -1, 1, 3.0, 10.0, "files", 6.0),
    ]
    outbox = [OutboxRow("ops", "sla", "1/sla", "{}", 6.0)] * 2
    await store.commit(changes, 6.0, reports=reports, outbox=outbox)

    left = await store.unfinished()
    assert left.groups == {1: [GroupRow(1, "silver", 2, 9.5)]}
    assert left.intents == [IntentRow(4, "gold", 100.0, 1)]
    assert left.deadlines == {1: [DeadlineRow(1, -1, 50.0, was_met=False)]}
    assert [(view.asset, view.dag_id, view.task_id) for view in await store.views.asset_rows()] == [
        ("lake.rides", "sales", "load")
    ]
    assert (await store.pools())["db"].size == 7
    assert [view.why for view in await store.views.audit_rows()] == ["more room"]
    assert [(node.node_id, node.rows) for node in await store.views.node_rows(1, "load")] == [("model.rides", 10)]
    assert [(word.done, word.note) for word in await store.views.progress_of(1)] == [(3.0, "files")]
    assert [message.dedup_key for message in await store.outbox.due(6.0)] == ["1/sla"]
    await store.commit(Changes(intents_done=[4]), 7.0)
    assert (await store.unfinished()).intents == []


async def test_a_node_row_is_overwritten_by_its_next_state(store: Store, rows) -> None:
    await store.commit(rows.begun(), 1.0)
    node = ReportRow(1, 0, -1, 1, "model.rides", "running", 1.0, None, None, None, 1.0)
    await store.commit(Changes(), 1.0, reports=[node])
    await store.commit(Changes(), 2.0, reports=[node._replace(state="success", ended_at=2.0, rows=5)])
    assert [(view.state, view.rows) for view in await store.views.node_rows(1, "load")] == [("success", 5)]


async def test_the_audit_is_append_only(on_disk: Store) -> None:
    await on_disk.commit(Changes(audit=[AuditRow(1.0, "ana", "clear", "run 1", "")]), 1.0)

    for text in ("UPDATE audit SET by = 'eve'", "DELETE FROM audit"):
        with pytest.raises(RowRefused, match="append-only"):
            await on_disk._writer.ask(lambda db, text=text: db.execute(text), writes=True)
