"""The model's place in MLflow: the champion is in use, the challenger wants to be. Each version knows whom it followed.

A version carries as tags: `mae` and `floor_mae` on its holdout, `learned_until` (a date), `fingerprint`,
`took_over_from` (a version, or "none"), `why`, `has_served`, and `rolled_back` if it had to go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import flowlite
from flowlite import Fail, Skip
from flowlite.integrations import mlflow, sql
from model import audit
from model.judging import Measured, Verdict, mean_absolute_error, verdict
from model.training import NoModel, predict

MODEL = "demand"
CHAMPION, CHALLENGER = "champion", "challenger"
WAY_OUT = "go back with `flowlite run rollback`, or take its alias away: the next training is then the first"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How a training ended for the registry."""

    decision: str
    why: str
    champion: int | None  # in use from now on
    before: int | None  # in use until now
    mae: float  # of the challenger
    champion_mae: float | None  # of the one before, on the same hours


@dataclass(frozen=True, slots=True)
class Back:
    """A way back that was found: from the champion that disappoints to the one before it."""

    from_version: int
    to_version: int
    why: str


def champion() -> mlflow.Version | None:
    """The version in use."""
    return mlflow.aliased("mlflow", MODEL, CHAMPION)


def error_of(version: mlflow.Version, rows: Sequence[sql.Row]) -> float:
    """How wrong a registered version is on these rows."""
    with TemporaryDirectory(prefix="model-") as folder:
        path = mlflow.download("mlflow", version, folder)
        try:
            return mean_absolute_error(predict(path, rows), [row["rentals"] for row in rows])
        except NoModel as broken:
            raise Fail(f"version {version.number} of {MODEL!r} cannot be asked: {broken}; {WAY_OUT}") from broken


def judge_and_hand_over(
    measured: Measured, rows: Sequence[sql.Row], *, better_by_percent: float, ctx: flowlite.Context
) -> HandedOver:
    """Compare with whoever is champion now, on the same rows, and let the better one be it.

    Comparing and moving are one task: if somebody moves the champion in between, both are done again.
    """
    key = f"{ctx.idempotency_key}/{measured.fingerprint}"
    now, twin = champion(), same_model(measured.fingerprint, key)
    if now and now.tags.get(mlflow.KEY_TAG) == key:  # an earlier attempt got as far as this
        return settled(now, ctx)
    measured, now_mae = side_by_side(measured, now, rows) if now else (measured, None)
    said = verdict(measured, now_mae, better_by_percent=better_by_percent, known_as=twin)
    run_id = recorded(measured, said, now_mae, key, ctx)
    if said.decision != "promoted":
        number = mlflow.number_of(now)
        return HandedOver(said.decision, said.why, number, number, measured.mae, now_mae)
    new = registered(measured, said, now, run_id, key, champion_mae=now_mae)
    mlflow.move_alias("mlflow", MODEL, CHAMPION, to=new.number, expected=mlflow.number_of(now))
    return settled(new, ctx)


def side_by_side(measured: Measured, now: mlflow.Version, rows: Sequence[sql.Row]) -> tuple[Measured, float]:
    """Both on the same hours, and only on those that neither has learned from: a longer holdout than the champion's, or
    an older date, would compare what the one knows by heart with what the other has to guess."""
    unseen = [row for row in rows if str(row["ds"]) > now.tags["learned_until"]]
    if not unseen:
        raise Skip(
            f"version {now.number} has learned until {now.tags['learned_until']}: no hour of the holdout, which ends "
            f"{measured.last}, is new to it, so nothing can be compared; the champion stays"
        )
    if len(unseen) < len(rows):
        again = mean_absolute_error(predict(Path(measured.model), unseen), [row["rentals"] for row in unseen])
        measured = replace(measured, mae=again, first=str(unseen[0]["ds"]), hours=len(unseen))
    return measured, error_of(now, unseen)


def same_model(fingerprint: str, key: str) -> str | None:
    """What the registry calls a version that is the same model, byte for byte. One that an attempt of this very task
    has put there, and that never served, does not count: it is what is being handed over."""
    for known in mlflow.versions("mlflow", MODEL):
        is_ours = known.tags.get(mlflow.KEY_TAG) == key and "has_served" not in known.tags
        if known.tags.get("fingerprint") == fingerprint and not is_ours:
            gone = known.tags.get("rolled_back")
            return f"version {known.number}" + (f", which was rolled back ({gone})" if gone else "")
    return None


def recorded(measured: Measured, said: Verdict, champion_mae: float | None, key: str, ctx: flowlite.Context) -> str:
    """Every training is written down, whatever became of it."""
    figures = {"mae": measured.mae, "floor_mae": measured.floor_mae}
    if champion_mae is not None:
        figures["champion_mae"] = champion_mae
    return mlflow.record(
        "mlflow",
        f"{MODEL} {ctx.ds}",
        key=key,
        metrics=figures,
        params={"ds": ctx.ds, "learned_until": measured.learned_until, "fingerprint": measured.fingerprint},
        tags={"decision": said.decision, "why": said.why, "flowlite_run": ctx.run_id},
        files=[measured.model],
    )


def registered(
    measured: Measured, said: Verdict, now: mlflow.Version | None, run_id: str, key: str, *, champion_mae: float | None
) -> mlflow.Version:
    """The next version, under the alias of a challenger until it is champion."""
    tags = {
        "mae": measured.mae,
        "floor_mae": measured.floor_mae,
        "champion_mae": champion_mae if champion_mae is not None else "none",
        "fingerprint": measured.fingerprint,
        "learned_until": measured.learned_until,
        "took_over_from": now.number if now else "none",
        "why": said.why,
    }
    new = mlflow.register("mlflow", MODEL, run_id, Path(measured.model).name, key=key, tags=tags)
    before = mlflow.number_of(mlflow.aliased("mlflow", MODEL, CHALLENGER))
    mlflow.move_alias("mlflow", MODEL, CHALLENGER, to=new.number, expected=before)
    return new


def settled(new: mlflow.Version, ctx: flowlite.Context) -> HandedOver:
    """What is left to do when the champion's alias has moved; doing it twice does no harm."""
    mlflow.tag("mlflow", MODEL, new.number, has_served="yes")
    mlflow.drop_alias("mlflow", MODEL, CHALLENGER)
    before, why = predecessor(new), new.tags["why"]
    audit.note(
        audit.Move(
            key=new.tags[mlflow.KEY_TAG],
            model=MODEL,
            action="promoted",
            from_version=before,
            to_version=new.number,
            moved_by=ctx.dag_id,
            why=why,
            run_id=ctx.run_id,
        )
    )
    mae, beaten = float(new.tags["mae"]), new.tags["champion_mae"]
    return HandedOver("promoted", why, new.number, before, mae, None if beaten == "none" else float(beaten))


def predecessor(version: mlflow.Version) -> int | None:
    """The version that this one took over from."""
    told = version.tags.get("took_over_from", "none")
    return None if told == "none" else int(told)


def version(number: int) -> mlflow.Version:
    """A version by its number."""
    return mlflow.version("mlflow", MODEL, number)


def go_back(back: Back, *, moved_by: str, approved_by: str | None, ctx: flowlite.Context) -> None:
    """Move the champion's alias back, mark the version that had to go, and write the audit row. Twice is once."""
    mlflow.move_alias("mlflow", MODEL, CHAMPION, to=back.to_version, expected=back.from_version)
    mlflow.tag("mlflow", MODEL, back.from_version, rolled_back=back.why)
    audit.note(
        audit.Move(
            key=ctx.idempotency_key,
            model=MODEL,
            action="rolled back",
            from_version=back.from_version,
            to_version=back.to_version,
            moved_by=moved_by,
            approved_by=approved_by,
            why=back.why,
            run_id=ctx.run_id,
        )
    )
