"""Every screen in every world at every size, cell by cell. `SNAPSHOTS=keep` keeps what is drawn: look at it first."""

from __future__ import annotations

import pytest
from pictures import FOLDER, differs
from screens import screen_of

SMALL, NORMAL, LARGE = (80, 24), (120, 36), (200, 60)
SIZES = {SMALL: "80x24", NORMAL: "120x36", LARGE: "200x60"}


# World -> what is looked at: a place, or a place and keys.
LOOKED_AT = {
    "calm": {"home": "home", "dag": "dag/etl_orders/grid", "sla": "sla", "assets": "assets"},
    "busy": {
        "home": "home", "dag": "dag/etl_orders/grid", "run": ("dag/gold_kpis/grid", "enter"), "pools": "pools",
        "backfills": "backfills", "approvals": "approvals", "events": "events", "runs": "dag/crawl_prices/runs",
    },
    "failing": {
        "home": "home", "run": ("home", "f"), "dag": "dag/ml_features/grid", "why": ("dag/orders_nightly/grid", "W"),
        "problems": "problems", "sla": "sla", "retry": ("dag/ml_features/grid", "r"), "help": ("home", "question_mark"),
        "palette": ("home", "colon"), "trigger": ("dag/ml_features/grid", "t"),
        "backfill": ("dag/gold_daily/grid", "b"), "code": "dag/ml_features/code",
    },
    "big": {"home": "home", "run": ("dag/backtest/grid", "enter"), "pools": "pools"},
    "empty": {"home": "home", "pools": "pools", "backfills": "backfills", "problems": "problems"},
    "gone": {"home": "home"},
}  # fmt: skip
SLOW = {LARGE}  # in `make test-tui`; `make test` looks at the others


def cases():
    for world in LOOKED_AT:
        for size in SIZES:
            yield pytest.param(
                world, size, id=f"{world}-{SIZES[size]}", marks=[pytest.mark.slow] if size in SLOW else []
            )


@pytest.mark.parametrize(("world", "size"), cases())
async def test_a_screen_is_as_it_was_kept(world, size, tmp_path):
    found = []
    async with screen_of(world, tmp_path, size=size) as screen:
        for name, looked_at in LOOKED_AT[world].items():
            place, *keys = (looked_at,) if isinstance(looked_at, str) else looked_at
            await screen.go(place)
            await screen.press(*keys)
            if keys[:1] == ["b"]:
                await screen.until(lambda: "in all" in screen.text)
            found.append(differs(f"{world}-{name}-{SIZES[size]}", screen))
            while len(screen.app.screen_stack) > 1:
                await screen.press("escape")
    assert not [one for one in found if one], "\n\n".join(one for one in found if one)


def test_there_are_at_least_seventy_pictures_and_none_that_nobody_looks_at():
    kept = {path.stem for path in FOLDER.glob("*.txt")}
    wanted = {
        f"{world}-{name}-{size}" for world, names in LOOKED_AT.items() for name in names for size in SIZES.values()
    }
    assert kept == wanted
    assert len(kept) >= 70
