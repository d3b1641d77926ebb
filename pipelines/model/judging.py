"""Judging: how wrong a model is, and whether a challenger takes over from the champion. Figures in, verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean
from typing import Literal

from flowlite import FlowliteError

Decision = Literal["promoted", "kept", "refused"]


class NoFigure(FlowliteError):
    """An error measure is no number: something is wrong with the data or the model, and trying again will not help."""

    is_final = True

    def __init__(self, whose: str, value: float) -> None:
        super().__init__(f"the {whose}'s error is {value}; the champion stays: look at the holdout's rows in Gold")


@dataclass(frozen=True, slots=True)
class Measured:
    """A challenger on the holdout, beside the floor: the same hour last week."""

    model: str  # its file
    fingerprint: str
    learned_until: str  # the last day that it has seen
    first: str  # the holdout's first and last day
    last: str
    hours: int
    mae: float
    floor_mae: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a challenger, and why in one sentence."""

    decision: Decision
    why: str


def mean_absolute_error(expected: Sequence[float], came: Sequence[float]) -> float:
    """How far off, on average, in rentals an hour."""
    return fmean(abs(guess - truth) for guess, truth in zip(expected, came, strict=True))


def checked(whose: str, mae: float) -> float:
    """The figure, if it is one. Every comparison with NaN is false: without this a broken champion could never lose."""
    if not isfinite(mae):
        raise NoFigure(whose, mae)
    return mae


def verdict(
    challenger: Measured, champion_mae: float | None, *, better_by_percent: float, known_as: str | None = None
) -> Verdict:
    """Whether the challenger takes over. `known_as`: what it is already called, if the registry has the same model."""
    mae, floor = checked("challenger", challenger.mae), checked("floor", challenger.floor_mae)
    if known_as:
        return Verdict("kept", f"the same data gave the same model again: it is {known_as}")
    if mae >= floor:
        return Verdict("refused", f"MAE {mae:.1f} does not beat the same hour last week ({floor:.1f})")
    if champion_mae is None:
        return Verdict("promoted", f"the first model; MAE {mae:.1f} against a floor of {floor:.1f}")
    better = 100 * (1 - mae / champion_mae) if checked("champion", champion_mae) else 0.0
    change = f"MAE {mae:.1f} against the champion's {champion_mae:.1f}: {abs(better):.1f} % "
    change += "better" if better >= 0 else "worse"
    if mae < champion_mae * (1 - better_by_percent / 100):
        return Verdict("promoted", change)
    return Verdict("kept", f"{change}; more than {better_by_percent:g} % better takes over")
