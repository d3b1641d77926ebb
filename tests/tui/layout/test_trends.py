"""How long a DAG and its tasks usually take, whether that changes, and whether one is slow right now."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlite.tui.layout.box_plot import box_plot, scale_of
from flowlite.tui.layout.curve import Heights, curve
from flowlite.tui.layout.history import (
    Past,
    Ran,
    Spread,
    TaskPast,
    change,
    change_said,
    quantile,
    slowness,
    slowness_said,
    spread,
)
from flowlite.tui.layout.trends import ORDERS, Trends, small_curve, summary
from flowlite.tui.layout.words import round_length
from tests.tui.layout.reading import texts

DAY = 86_400.0
FIRST = 1_767_225_600.0  # 1 January 2026


def past(lengths: list[float], *, failed: tuple[int, ...] = (), **rest: Any) -> Past:
    runs = [Ran(n, FIRST + n * DAY, took, n not in failed) for n, took in enumerate(lengths)]
    return Past(dag_id="orders", runs=runs, **rest)


def task(id_: str, *lengths: float, **rest: Any) -> TaskPast:
    return TaskPast(id=id_, spread=spread(lengths), recent=lengths, **rest)


# --- what is usual ----------------------------------------------------------------------------------------------------
def test_quantiles_are_values_that_were_seen():
    found = spread([float(n) for n in range(1, 101)])
    assert found == Spread(n=100, least=1, p25=25, p50=50, p75=75, p95=95, most=100)
    assert quantile([7.0], 0.95) == 7.0
    assert spread([]) is None


def test_a_change_compares_the_newest_with_those_before():
    found = change([100.0] * 30 + [120.0] * 30)
    assert found is not None and found.part == pytest.approx(0.2) and found.before == 30
    assert change_said(found) == "▲ +20 %"
    assert change_said(change([100.0] * 10 + [50.0] * 10)) == "▼ -50 %"
    assert change_said(change([100.0] * 10 + [102.0] * 10)) == "="


def test_few_runs_tell_nothing():
    assert change([1.0] * 8) is None and change_said(None) == ""
    assert slowness(1_000.0, spread([1.0] * 4)) is None


@pytest.mark.parametrize(
    ("elapsed", "said"), [(60, ""), (100, ""), (149, ""), (200, "3.3x its usual time"), (9_000, "150x its usual time")]
)
def test_a_task_is_slow_when_it_takes_longer_than_it_ever_does(elapsed, said):
    usual = spread([55.0, 58.0, 60.0, 61.0, 63.0, 150.0])
    assert slowness_said(slowness(elapsed, usual)) == said


def test_a_second_more_than_nothing_is_not_slow():
    assert slowness(1.0, spread([0.01] * 20)) is None


# --- the curve --------------------------------------------------------------------------------------------------------
def test_the_curve_has_lengths_at_its_left_and_dates_below():
    rows = texts(curve(past([600.0 + n for n in range(60)], sla_s=900.0), 100, 8, UTC))
    assert len(rows) == 8
    assert rows[0].startswith("   12m ┤") and rows[0].endswith("SLA 15m00s")
    assert rows[3].endswith("p95 10m56s") and rows[5].endswith("p50 10m29s")
    assert rows[-1].startswith("       └ 1 Jan 2026 ──") and rows[-1].rstrip().endswith("1 Mar 2026")


def test_a_run_that_failed_is_marked_where_it_ended():
    rows = curve(past([60.0] * 10, failed=(4,)), 60, 6, UTC)
    marks = [span for row in rows for span in row if span.role == "state-failed"]
    assert [span.text for span in marks] == ["✗"]
    assert all(span.text.strip("✗ ") or span.role == "state-failed" for row in rows for span in row if "✗" in span.text)


def test_runs_of_one_day_are_told_apart_by_their_hours():
    runs = [Ran(n, FIRST + n * 3_600, 5.0, True) for n in range(20)]
    assert "1 Jan 00:00" in texts(curve(Past(dag_id="d", runs=runs), 80, 6, UTC))[-1]


def test_one_run_is_a_dot_and_none_says_so():
    assert any("⠁" <= letter <= "⣿" for letter in "".join(texts(curve(past([10.0]), 60, 6, UTC))))
    rows = curve(past([]), 60, 6)
    assert texts(rows)[0].strip() == "no run has ended yet" and len(rows) == 6


def test_an_sla_far_above_the_runs_is_named_and_does_not_press_them_flat():
    rows = texts(curve(past([10.0] * 9, sla_s=3_600.0), 80, 8))
    assert rows[0].endswith("SLA 1h00m") and "──" not in rows[0]


def test_a_failure_that_took_much_longer_stands_at_the_top():
    rows = texts(curve(past([60.0 + n for n in range(20)] + [9_000.0], failed=(20,)), 80, 8))
    assert "✗" in rows[0] and rows[0].startswith(" 1m20s")


@given(st.floats(1e-3, 1e6), st.floats(0.0, 1.0), st.integers(2, 30))
def test_the_axis_holds_every_length_and_its_marks_are_round(most, part, rows):
    heights = Heights(most * part, most, rows)
    assert heights.low <= most * part + 1e-9 and heights.high >= most * 0.999
    assert 0 <= heights.dot(most) <= heights.dot(most * part) < rows * 4
    assert all(0 <= row < rows for row in heights.labels())


# --- tasks ------------------------------------------------------------------------------------------------------------
def test_a_box_shows_where_lengths_lie():
    found = Spread(n=90, least=10, p25=20, p50=25, p75=35, p95=50, most=60)
    scale = scale_of([found], 61)
    assert texts([box_plot(found, scale)]) == ["          ├─────────[▒▒▒▒│▒▒▒▒▒▒▒▒▒]──────────────┤         ·"]
    assert texts([scale.row()])[0].startswith("0         10s       20s")


def test_very_short_and_very_long_tasks_share_a_scale_in_powers():
    short, long = spread([1.0, 1.1, 1.2]), spread([3_000.0, 3_600.0, 4_000.0])
    assert short is not None and long is not None
    scale = scale_of([short, long], 50)
    assert scale.is_log and {"1s", "10s", "1m", "10m", "1h"} <= set(texts([scale.row()])[0].split())


TASKS = [
    task("extract", *[40.0 + n % 3 for n in range(40)], share=0.2, retries=2),
    task("transform", *[60.0 + n for n in range(40)], share=0.7, retries=9, queued_p95_s=160.0, pool="db"),
    TaskPast(id="load", spread=None, failed=12),
]


def test_the_row_of_a_task_says_how_it_goes():
    trends = Trends(past([100.0] * 40, tasks=TASKS), 110)
    rows = texts([trends.heads(), *(trends.row(one) for one in trends.tasks)])
    assert [row.split()[0] for row in rows] == ["tasks", "transform", "extract", "load"]
    assert rows[0].split()[-5:] == ["p50", "p95", "recent", "change", "share"]
    assert rows[1].endswith("├───[▒▒▒▒│▒▒▒]──┤·   1m19s  1m37s  ▁▂▃▃▄▅▆▆▇█  ▲ +29 %   70 %")
    assert rows[3].split() == ["load", "0"]


def test_what_is_tried_again_and_what_waits_is_said_below():
    trends = Trends(past([100.0] * 40, tasks=TASKS), 110)
    assert texts([trends.foot()]) == [
        "retries  transform 9 · extract 2    queue wait p95  transform 2m40s (pool db)"
    ]  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
def test_tasks_can_be_ordered(order):
    assert {one.id for one in Trends(past([1.0], tasks=TASKS), 80, order=order).tasks} == {
        "extract",
        "transform",
        "load",
    }


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_row_is_wider_than_the_screen(width):
    trends = Trends(past([100.0 + n for n in range(40)], tasks=TASKS, sla_s=120.0), width, zone=UTC)
    rows = [*trends.curve(8), trends.heads(), *(trends.row(one) for one in trends.tasks), trends.foot()]
    assert max(len(row) for row in texts(rows)) <= width


def test_the_summary_says_what_one_asks_first():
    told = past([100.0] * 30 + [120.0] * 30, failed=(3, 40))
    assert [text for text, _ in summary(told)] == [
        "last 60 runs", "success 96.7 %", "p50 1m40s", "p95 2m00s", "▲ +20 % against the 29 before",
    ]  # fmt: skip
    assert [text for text, _ in summary(past([]))] == ["last 0 runs"]


def test_a_small_curve_does_not_blow_up_small_differences():
    assert small_curve([10.0, 10.1, 10.2, 10.1] * 5) == "▄" * 10
    assert small_curve([1.0, 2.0, 3.0, 4.0]) == "▁▃▆█"
    assert small_curve([]) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0"), (0.5, "0.5s"), (90, "1m30s"), (600, "10m"), (5_400, "1h30m"), (172_800, "2d")]
)
def test_round_lengths_are_shorter(seconds, text):
    assert round_length(seconds) == text
