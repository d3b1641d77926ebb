"""Pipeline 2: the model beats the floor, the rule of more than 5 %, and every odd case with its outcome."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from pipelines_gold import put_gold

import flowlite
from flowlite import Dag, Skip
from flowlite.demo.stage import Stage
from flowlite.integrations import mlflow

pytest.importorskip("xgboost", reason="pip install 'flowlite[ml]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, about SQLAlchemy

FIRST, LAST = date(2024, 3, 1), date(2024, 6, 30)
FLOOR = 56.0  # "the same hour last week" on June 2024, over the hours that have one


@dataclass(frozen=True, slots=True)
class At:
    """The part of a Context by which a hand-over is found again."""

    run: int = 1
    ds: str = "2024-06-30"
    dag_id: str = "retraining"

    @property
    def run_id(self) -> str:
        return str(self.run)

    @property
    def idempotency_key(self) -> str:
        return f"retraining/{self.run}"


@pytest.fixture(scope="module")
def lake(ready: Stage) -> Path:
    put_gold(ready.project, ready.lake, FIRST, LAST)
    return ready.lake


@pytest.fixture(scope="module")
def rows(lake: Path, dags: dict[str, Dag], tmp_path_factory: pytest.TempPathFactory) -> Callable[[date, date], Any]:
    """Examples of some days."""
    features, path = model_module("features"), tmp_path_factory.mktemp("examples") / "examples.parquet"
    features.write_examples(lake, LAST, 90, path)
    return lambda first, last: features.read_examples(path, first, last)


def model_module(name: str) -> ModuleType:
    """A module of pipelines/model, as the DAG files know it."""
    import importlib

    return importlib.import_module(f"model.{name}")


Challenge = Callable[..., Any]


@pytest.fixture
def challenge(registry: ModuleType, rows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Challenge:
    """Train on the days from `first` to the end of May (fewer days, a worse model) and let it challenge on June."""
    training, judging = model_module("training"), model_module("judging")
    monkeypatch.setattr(training, "ROUNDS", 60)
    june = rows(date(2024, 6, 1), LAST)

    def go(first: date, run: int = 1, **changes: Any) -> Any:
        path = tmp_path / str(run) / "model.ubj"
        fingerprint = training.train(rows(first, date(2024, 5, 31)), path)
        mae = judging.mean_absolute_error(training.predict(path, june), [row["rentals"] for row in june])
        measured = judging.Measured(str(path), fingerprint, "2024-05-31", "2024-06-01", "2024-06-30", 720, mae, FLOOR)
        changed = replace(measured, **changes)
        return registry.judge_and_hand_over(changed, june, better_by_percent=5, ctx=At(run))

    return go


GOOD, BETTER, BAD = date(2024, 4, 20), date(2024, 4, 3), date(2024, 5, 18)


def champion(registry: ModuleType) -> int | None:
    found = registry.champion()
    return found.number if found else None


# --- the rule ---------------------------------------------------------------------------------------------------------
def measured(mae: float, floor: float = FLOOR) -> Any:
    return model_module("judging").Measured("m", "f", "2024-05-31", "2024-06-01", "2024-06-30", 720, mae, floor)


@pytest.mark.parametrize(
    ("mae", "champion_mae", "decision", "why"),
    [
        (37.9, 40.0, "promoted", "MAE 37.9 against the champion's 40.0: 5.2 % better"),
        (38.0, 40.0, "kept", "5.0 % better; more than 5 % better takes over"),
        (41.0, 40.0, "kept", "2.5 % worse"),
        (55.0, None, "promoted", "the first model; MAE 55.0 against a floor of 56.0"),
        (56.0, None, "refused", "does not beat the same hour last week"),
        (57.0, 90.0, "refused", "does not beat the same hour last week"),
    ],
)
def test_more_than_five_percent_better_takes_over(
    dags: dict[str, Dag], mae: float, champion_mae: float | None, decision: str, why: str
) -> None:
    said = model_module("judging").verdict(measured(mae), champion_mae, better_by_percent=5)
    assert said.decision == decision
    assert why in said.why


@pytest.mark.parametrize("figures", [(float("nan"), 40.0), (30.0, float("nan")), (float("inf"), None)])
def test_no_figure_no_verdict(dags: dict[str, Dag], figures: tuple[float, float | None]) -> None:
    judging = model_module("judging")
    with pytest.raises(judging.NoFigure, match=r"error is (nan|inf); the champion stays") as refused:
        judging.verdict(measured(figures[0]), figures[1], better_by_percent=5)
    assert refused.value.is_final


# --- handing over, on a real registry ---------------------------------------------------------------------------------
def test_the_first_model_becomes_champion_and_it_is_written_down(challenge: Challenge, registry: ModuleType) -> None:
    done = challenge(GOOD)
    assert (done.decision, done.champion, done.before) == ("promoted", 1, None)
    assert mlflow.aliased("mlflow", "demand", "challenger") is None
    [move] = registry.audit.moves()
    assert (move["action"], move["from_version"], move["to_version"], move["moved_by"]) == (
        "promoted", None, 1, "retraining",
    )  # fmt: skip


def test_a_better_one_takes_over_and_the_old_one_is_remembered(challenge: Challenge, registry: ModuleType) -> None:
    challenge(BAD, 1, mae=50.0)
    done = challenge(BETTER, 2)
    assert (done.decision, done.champion, done.before) == ("promoted", 2, 1)
    assert done.mae < 0.95 * done.champion_mae
    assert registry.predecessor(registry.champion()) == 1
    assert [(move["from_version"], move["to_version"]) for move in registry.audit.moves()] == [(None, 1), (1, 2)]


def test_a_worse_one_is_recorded_and_not_registered(challenge: Challenge, registry: ModuleType) -> None:
    challenge(BETTER, 1)
    done = challenge(BAD, 2, mae=55.0)
    assert (done.decision, done.champion, done.before) == ("kept", 1, 1)
    assert len(mlflow.versions("mlflow", "demand")) == 1
    assert len(registry.audit.moves()) == 1


def test_the_same_data_gives_the_same_model_and_it_stays_one(challenge: Challenge) -> None:
    challenge(GOOD, 1)
    done = challenge(GOOD, 2)
    assert (done.decision, done.why) == ("kept", "the same data gave the same model again: it is version 1")
    assert len(mlflow.versions("mlflow", "demand")) == 1


def test_a_model_that_was_rolled_back_does_not_come_again(challenge: Challenge, registry: ModuleType) -> None:
    challenge(BAD, 1, mae=50.0)
    challenge(BETTER, 2)
    back = registry.Back(2, 1, "too warm a June")
    registry.go_back(back, moved_by="ana", approved_by=None, ctx=At(3, dag_id="rollback"))
    for run in (2, 4):  # the same run, cleared, and another one
        done = challenge(BETTER, run)
        assert (done.decision, done.champion) == ("kept", 1)
        assert "it is version 2, which was rolled back (too warm a June)" in done.why


def test_a_figure_that_is_none_leaves_everything_as_it_was(challenge: Challenge, registry: ModuleType) -> None:
    challenge(GOOD, 1)
    with pytest.raises(model_module("judging").NoFigure):
        challenge(BETTER, 2, mae=float("nan"))
    assert champion(registry) == 1
    assert len(mlflow.versions("mlflow", "demand")) == 1


def test_killed_between_the_move_and_the_audit_row_the_next_attempt_completes_it(
    challenge: Challenge, registry: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(registry, "settled", lambda *_: exec("raise KeyboardInterrupt"))
        with pytest.raises(KeyboardInterrupt):
            challenge(GOOD, 1)
    assert (champion(registry), registry.audit.moves()) == (1, [])
    assert challenge(GOOD, 1).decision == "promoted"
    assert len(registry.audit.moves()) == 1
    assert len(mlflow.versions("mlflow", "demand")) == 1


def test_killed_before_the_move_the_next_attempt_makes_no_second_version(
    challenge: Challenge, registry: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(registry.mlflow, "move_alias", lambda *_, **__: exec("raise KeyboardInterrupt"))
        with pytest.raises(KeyboardInterrupt):
            challenge(GOOD, 1)
    assert champion(registry) is None
    assert challenge(GOOD, 1).champion == 1
    assert len(mlflow.versions("mlflow", "demand")) == 1


def test_of_two_trainings_at_once_the_second_is_compared_with_what_the_first_made(
    challenge: Challenge, registry: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge(BAD, 1, mae=50.0)
    recorded = registry.recorded

    def overtaken(*arguments: Any) -> str:
        """Another machine promotes while this one is at it."""
        monkeypatch.setattr(registry, "recorded", recorded)
        assert challenge(BETTER, 3).champion == 2
        return str(recorded(*arguments))

    monkeypatch.setattr(registry, "recorded", overtaken)
    with pytest.raises(mlflow.AliasMoved, match="is version 2, no longer 1; decide again"):
        challenge(GOOD, 2)
    assert champion(registry) == 2
    again = challenge(GOOD, 2)  # what a retry does
    assert (again.decision, again.champion) == ("kept", 2)


def test_models_are_compared_on_hours_that_neither_has_learned(
    challenge: Challenge, registry: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge(BAD, 1, mae=50.0, learned_until="2024-06-15")
    hours: list[int] = []
    error_of = registry.error_of
    monkeypatch.setattr(registry, "error_of", lambda now, rows: hours.append(len(rows)) or error_of(now, rows))
    challenge(BETTER, 2)
    assert hours == [15 * 24]


def test_an_older_date_than_the_champions_is_skipped(challenge: Challenge, registry: ModuleType) -> None:
    challenge(GOOD, 1, learned_until="2024-06-30")
    with pytest.raises(Skip, match="no hour of the holdout, which ends 2024-06-30, is new to it"):
        challenge(BETTER, 2)
    assert champion(registry) == 1


def test_a_champion_that_cannot_be_asked_names_the_way_out(
    challenge: Challenge, registry: ModuleType, tmp_path: Path
) -> None:
    challenge(GOOD, 1)
    for model in (tmp_path / "artifacts").rglob("model.ubj"):
        model.write_bytes(b"not a model")
    with pytest.raises(flowlite.Fail, match=r"version 1 of 'demand' cannot be asked: .* `flowlite run rollback`"):
        challenge(BETTER, 2)


def test_the_same_rows_give_the_same_model(dags: dict[str, Dag], rows: Any, tmp_path: Path) -> None:
    training, days = model_module("training"), rows(date(2024, 5, 20), date(2024, 5, 31))
    assert training.train(days, tmp_path / "a.ubj") == training.train(days, tmp_path / "b.ubj")


def test_nothing_of_the_day_itself_but_its_weather_is_a_feature(rows: Any, dags: dict[str, Dag]) -> None:
    """The lags of a row are what came on the days before."""
    came = {(row["ds"], row["hour"]): row["rentals"] for row in rows(date(2024, 5, 1), LAST)}
    for row in rows(date(2024, 6, 3), date(2024, 6, 3)):
        assert row["rentals_yesterday"] == came[date(2024, 6, 2), row["hour"]]
        assert row["rentals_last_week"] == came[date(2024, 5, 27), row["hour"]]
        alike = [date(2024, 5, 29), date(2024, 5, 30), date(2024, 5, 31), date(2024, 5, 28)]  # 27 May was a holiday
        assert row["rentals_on_days_like_this"] == sum(came[day, row["hour"]] for day in alike) / 4


# --- the whole DAG ----------------------------------------------------------------------------------------------------
async def test_the_model_beats_the_floor_and_slack_hears_of_it(
    ready: Stage, dags: dict[str, Dag], lake: Path, registry: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    async with flowlite.open(":memory:", pools=ready.settings.pools) as fl:
        run = await fl.run(dags["retraining"], logical_date="2024-06-30", params={"holdout_days": 30})
        assert run.state == "success", run.root_cause
        found = run["evaluate"]
        with capsys.disabled():
            print(f"\n  MAE {found['mae']:.1f} on June 2024, the floor is {found['floor_mae']:.1f}")
        assert (found["first"], found["last"], found["hours"]) == ("2024-06-01", "2024-06-30", 720)
        assert round(found["floor_mae"], 1) == FLOOR
        assert found["mae"] < 0.75 * FLOOR
        assert champion(registry) == 1
        assert run.tasks["train"][0].attempts[0].peak_rss_bytes < 1 << 30

        early = await fl.run(dags["retraining"], logical_date="2024-03-05", params={"days": 30})
        assert early.state == "success"
        assert {task[0].state for task in early.tasks.values()} == {"skipped"}
        assert "0 days in Gold" in early.tasks["examples"][0].attempts[0].error.message
        late = await fl.run(dags["retraining"], logical_date="2024-07-01")
        assert "Gold has no demand_features_hourly of 2024-07-01" in str(late.root_cause)
    [message] = [one for one in ready.slack.messages if "2024-06-30" in one["text"]]
    assert message["text"] == "Demand model of 2024-06-30: promoted"
    assert f"{found['mae']:.1f} rentals an hour" in json.dumps(message)
    async with httpx.AsyncClient() as web:
        assert (await web.get(run["chart"])).content.startswith(b"\x89PNG")


async def test_without_java_or_spark_the_other_trainer_says_in_one_line_what_to_install(
    ready: Stage, dags: dict[str, Dag], lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "no-java"))
    async with flowlite.open(tmp_path / "state", pools=ready.settings.pools) as fl:
        run = await fl.run(dags["retraining"], logical_date="2024-06-30", params={"trainer": "spark", "days": 30})
    [attempt] = run.tasks["train_on_spark"][0].attempts  # trying again would not bring Java
    assert re.search(
        r"needs Java 17 or later; run: apt-get install|run: pip install 'flowlite\[spark\]'", attempt.error.message
    )
    assert "\n" not in attempt.error.message
    assert (run.state, run.tasks["train"][0].state, run.tasks["evaluate"][0].state) == (
        "failed", "skipped", "upstream_failed",
    )  # fmt: skip
