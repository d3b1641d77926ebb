"""The way back: who, why, from, to; asked for first if wanted; twice is once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pipelines_gold import put_gold

import flowlite
from flowlite import Dag
from flowlite.demo.stage import Stage
from flowlite.integrations import mlflow

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, about SQLAlchemy
LAST = date(2024, 6, 30)


@pytest.fixture
def two_versions(registry: ModuleType, tmp_path: Path) -> None:
    """Version 2 took over from version 1."""
    model = tmp_path / "model.ubj"
    model.write_text("trees")
    for number, before in ((1, None), (2, 1)):
        run_id = mlflow.record("mlflow", f"{number}", key=f"{number}", metrics={"mae": 10.0}, files=[model])
        tags = {"mae": 10.0, "learned_until": "2024-05-31", "took_over_from": before or "none"}
        mlflow.register("mlflow", "demand", run_id, "model.ubj", key=f"{number}", tags=tags)
        mlflow.move_alias("mlflow", "demand", "champion", to=number, expected=before)


@pytest.fixture
async def fl(ready: Stage, registry: ModuleType) -> AsyncIterator[Any]:
    async with flowlite.open(":memory:", pools=ready.settings.pools) as opened:
        yield opened


def champion(registry: ModuleType) -> int:
    return int(registry.champion().number)


async def test_the_champion_makes_room_and_it_is_written_down_who_and_why(
    fl: Any, dags: dict[str, Dag], registry: ModuleType, two_versions: None, ready: Stage
) -> None:
    wish = {"why": "complaints from the crew", "by": "ana", "from_version": 2}
    run = await fl.run(dags["rollback"], params=wish)
    assert run.state == "success", run.root_cause
    assert champion(registry) == 1
    [move] = registry.audit.moves()
    told = {"action": "rolled back", "from_version": 2, "to_version": 1, "moved_by": "ana", "run_id": run.id}
    assert told.items() <= move.items()
    assert (move["why"], move["approved_by"]) == ("complaints from the crew", None)
    assert mlflow.version("mlflow", "demand", 2).tags["rolled_back"] == "complaints from the crew"
    assert "complaints from the crew" in json.dumps(ready.slack.messages[-1])

    again = await fl.run(dags["rollback"], params=wish)  # somebody else pressed the button, too
    assert again.tasks["plan"][0].state == "skipped"
    assert "rolled back already" in again.tasks["plan"][0].attempts[0].error.message
    assert (champion(registry), len(registry.audit.moves())) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("is_approved", "state", "left"), [(True, "success", 1), (False, "failed", 2)])
async def test_a_person_may_be_asked_first(
    fl: Any, dags: dict[str, Dag], registry: ModuleType, two_versions: None, is_approved: bool, state: str, left: int
) -> None:
    from flowlite.engine.approvals import answer_approval

    going = asyncio.create_task(fl.run(dags["rollback"], params={"why": "too warm", "by": "ana", "ask": True}))
    async for event in fl.events():
        if event.kind == "task" and (event.task_id, event.state) == ("approval", "waiting"):
            await answer_approval(fl.engine, int(event.run_id), "approval", is_approved=is_approved, by="ben")
            break
    run = await going
    assert (run.state, champion(registry)) == (state, left)
    assert [move["approved_by"] for move in registry.audit.moves()] == (["ben"] if is_approved else [])


def test_killed_between_the_move_and_the_audit_row_the_next_attempt_writes_it_once(
    registry: ModuleType, two_versions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class At:
        run_id, idempotency_key = "7", "rollback/7/go_back"

    back = registry.Back(2, 1, "too warm")
    with monkeypatch.context() as broken:
        broken.setattr(registry.audit, "note", lambda _: exec("raise KeyboardInterrupt"))
        with pytest.raises(KeyboardInterrupt):
            registry.go_back(back, moved_by="ana", approved_by=None, ctx=At())
    assert (champion(registry), registry.audit.moves()) == (1, [])
    for _ in range(2):
        registry.go_back(back, moved_by="ana", approved_by=None, ctx=At())
    assert len(registry.audit.moves()) == 1


@pytest.mark.parametrize(
    ("mae", "before_mae", "is_worse"),
    [
        (60.0, 50.0, True),
        (60.0, 61.0, False),  # the weather was bad for both
        (49.0, 40.0, False),  # no more than 25 % worse than promised
        (60.0, None, False),  # nowhere to go
        (60.0, float("nan"), False),
    ],
)
def test_a_champion_goes_only_for_a_better_one(
    dags: dict[str, Dag], mae: float, before_mae: float | None, is_worse: bool
) -> None:
    import rollback

    now = mlflow.Version("demand", 2, "", "", tags={"mae": "40.0"})
    assert rollback.judged(now, 1, mae, before_mae, 25).is_worse is is_worse


@pytest.mark.slow
async def test_a_champion_that_breaks_its_promise_is_rolled_back_without_a_person(
    fl: Any, ready: Stage, dags: dict[str, Dag], registry: ModuleType, tmp_path: Path
) -> None:
    import model.features as features
    import model.training as training

    put_gold(ready.project, ready.lake, date(2024, 3, 20), LAST)
    features.write_examples(ready.lake, LAST, 80, tmp_path / "rows")
    spans = {1: (date(2024, 4, 12), date(2024, 5, 31)), 2: (date(2024, 4, 12), date(2024, 4, 13))}
    for number, (first, last) in spans.items():
        training.train(features.read_examples(tmp_path / "rows", first, last), tmp_path / "model.ubj")
        run_id = mlflow.record("mlflow", "x", key=f"{number}", metrics={}, files=[tmp_path / "model.ubj"])
        tags = {"mae": 40.0, "learned_until": "2024-05-31", "took_over_from": number - 1 or "none"}
        mlflow.register("mlflow", "demand", run_id, "model.ubj", key=f"{number}", tags=tags)
        mlflow.move_alias("mlflow", "demand", "champion", to=number, expected=number - 1 or None)

    await fl.register(dags["rollback"])
    watched = await fl.run(dags["watch_model"], logical_date="2024-06-20")
    assert watched.state == "success", watched.root_cause
    assert watched["live_error"]["is_worse"], watched["live_error"]
    assert champion(registry) == 1
    [move] = registry.audit.moves()
    assert (move["moved_by"], move["from_version"], move["to_version"]) == ("watch_model", 2, 1)
    assert move["why"].startswith("live MAE ")

    calm = await fl.run(dags["watch_model"], logical_date="2024-06-21")
    assert calm.tasks["trigger_rollback"][0].state == "skipped"
    assert champion(registry) == 1
