"""Events are numbered without gap or repetition, and whoever lost the stream asks for 'after n'."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlite.core.planned import AssetRow
from flowlite.core.rows import Changes
from flowlite.store.rows import ProgressRow, ReportRow
from flowlite.store.store import Store


async def test_events_carry_names(store: Store, rows) -> None:
    changes = rows.begun()
    changes.assets.append(AssetRow("lake", 1.0, 1, 0, -1))
    changes.pools.append(("db", 3, True))
    assert await store.commit(changes, 1.5) == 3
    reports = [
        ReportRow(1, 1, -1, 1, "model.a", "failed", None, None, None, None, 2.0),
        ProgressRow(1, 1, -1, 1, 1.0, 2.0, 'half "way"', 2.0),
    ]
    assert await store.commit(rows.started(), 2.5, reports=reports) == 6
    seen = [(event.seq, event.at, event.kind, event.dag_id, event.task_id, event.state, event.name) for event in
            await store.views.events_after(0)]  # fmt: skip
    assert seen == [
        (1, 1.5, "run", "sales", None, "running", None),
        (2, 1.5, "asset", "sales", "load", "updated", "lake"),
        (3, 1.5, "pool", "", None, "3", "db"),
        (4, 2.5, "task", "sales", "load", "running", None),
        (5, 2.5, "node", "sales", "clean", "failed", "model.a"),
        (6, 2.5, "progress", "sales", "clean", "running", 'half "way"'),
    ]
    assert await store.views.last_event() == 6


async def test_a_commit_of_nothing_has_no_event(store: Store, rows) -> None:
    assert await store.commit(Changes(), 1.0) == 0
    assert await store.commit(rows.begun(), 1.0) == 1
    assert await store.commit(Changes(), 1.0) == 1


async def test_numbers_go_on_after_a_restart(path, rows, on_disk: Store) -> None:
    await on_disk.commit(rows.begun(), 1.0)
    on_disk.close()
    again = Store.open(path)
    assert await again.commit(rows.started(), 2.0) == 2
    again.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 7), min_size=1, max_size=8), page=st.integers(1, 5))
async def test_any_page_size_gives_every_event_once_in_order(rows, sizes: list[int], page: int) -> None:
    store = Store.open(None)
    await store.add_version("sales", "f1", "{}", [f"t{n}" for n in range(8)], file=None, at=1.0)
    await store.commit(rows.begun(tasks=range(8)), 1.0)
    state = ["pending"] * 8
    for size in sizes:
        to = ["queued" if was == "pending" else "pending" for was in state]
        moves = [rows.instance(task=task, was=state[task], to=to[task]) for task in range(size)]
        state[:size] = to[:size]
        await store.commit(Changes(instances=moves), 2.0)
    seen: list[int] = []
    while events := await store.views.events_after(seen[-1] if seen else 0, limit=page):
        assert len(events) <= page
        seen += [event.seq for event in events]
    assert seen == list(range(1, sum(sizes) + 2))
    store.close()
