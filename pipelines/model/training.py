"""Training: gradient-boosted trees on one core. The same rows give the same model, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from flowlite import FlowliteError
from flowlite.integrations import library, sql
from model.features import FEATURES, matrix

ROUNDS = 400
SETTINGS = {
    "objective": "reg:squarederror",
    "max_depth": 7,
    "eta": 0.04,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "min_child_weight": 3,
    "seed": 7,
    "nthread": 1,  # the machine has other work, and the order of sums must not depend on luck
}


class NoModel(FlowliteError):
    """A file holds no model that can be asked. Trying again would not change it."""

    is_final = True


def train(rows: Sequence[sql.Row], path: Path) -> str:
    """Fit the trees to the rows and write the model; returns the fingerprint of the file."""
    xgboost = library("xgboost", extra="ml")
    model = xgboost.train(SETTINGS, table(rows, with_answers=True), ROUNDS)
    part = path.with_suffix(".part.ubj")
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save_model(part)
    part.replace(path)
    return fingerprint(path)


def predict(path: Path, rows: Sequence[sql.Row]) -> list[float]:
    """What a model expects for each row; there are no negative rentals."""
    xgboost = library("xgboost", extra="ml")
    model = xgboost.Booster({"nthread": 1})
    try:
        model.load_model(path)
        told = model.predict(table(rows))
    except (xgboost.core.XGBoostError, ValueError) as broken:
        why = str(broken).splitlines()[0]
        raise NoModel(f"{path} is no model for these features: {why}; train another") from broken
    return [max(float(one), 0.0) for one in told]


def table(rows: Sequence[sql.Row], *, with_answers: bool = False) -> Any:
    """Rows as XGBoost takes them; the features' names go into the model, so that others are refused."""
    numpy, xgboost = library("numpy", extra="ml"), library("xgboost", extra="ml")
    answers = [float(row["rentals"]) for row in rows] if with_answers else None
    return xgboost.DMatrix(numpy.array(matrix(rows)), answers, feature_names=list(FEATURES), nthread=1)


def fingerprint(path: Path) -> str:
    """A short name of the model's content: the same trees, the same name."""
    return sha256(path.read_bytes()).hexdigest()[:16]
