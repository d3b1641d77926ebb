"""A run over time: what waited, ran, failed and was tried again, and what the run had to wait for."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlite.tui.layout.course import Attempt, Course, critical_path, phases
from flowlite.tui.layout.crowd import crowd_of, idle, joined
from flowlite.tui.layout.gantt import Gantt, Story
from flowlite.tui.layout.time_axis import FOLD, Axis, end_ahead
from tests.tui.layout.reading import texts

IDS = ("extract", "clean", "dedupe", "load")
UPSTREAM = ((), (0,), (0,), (1, 2))


def course(task: int, state: str, *attempts: Attempt, since: float = 0.0, **rest: Any) -> Course:
    return Course(task=task, state=state, since=since, attempts=attempts, **rest)


def story(*courses: Course, **rest: Any) -> Story:
    known: dict[str, Any] = {"ids": IDS, "upstream": UPSTREAM, "started_at": 0.0, "ended_at": 100.0, "now": 100.0}
    return Story(**{**known, "courses": courses, **rest})


def shown(told: Story, width: int = 80, **options: Any) -> list[str]:
    gantt = Gantt(told, **options)
    axis = gantt.axis(gantt.widths(width)[1])
    return texts([gantt.scale(axis, width), *(gantt.row(bar, axis, width) for bar in gantt.bars)])


FAILED = story(
    course(0, "success", Attempt(1, 5, 25, "success", 0)),
    course(1, "success", Attempt(1, 25, 35, "success", 25)),
    course(
        2, "failed", Attempt(1, 30, 50, "failed", 25), Attempt(2, 60, 75, "failed", 60), Attempt(3, 85, 100, "failed")
    ),
    course(3, "upstream_failed", since=100),
)


def test_a_failed_run_tells_its_story():
    assert shown(FAILED) == [
        "          0              30s             1m              1m30s",
        "✓ extract ░░░██████████▎                                           20s         *",
        "✓ clean                █████▌                                      10s",
        "✗ dedupe               ░░░██████████✗╌╌╌╌╌███████✗╌╌╌╌╌███████✗  1m10s 3 tries *",
        "⊘ load                                               ⊘  not run",
    ]


def test_ends_are_shown_to_an_eighth_of_a_cell_and_nothing_that_ran_is_invisible():
    told = story(
        course(0, "success", Attempt(1, 0, 50.5, "success")), course(1, "success", Attempt(1, 60, 60.01, "success"))
    )
    assert [row[10:50].strip() for row in shown(told, 70)[1:]] == ["██████████████████████████▏", "▏"]


def test_what_waits_for_a_slot_grows_until_now():
    told = story(course(0, "running", Attempt(1, 0, None)), course(1, "queued", since=20.0), ended_at=None, now=50.0)
    rows = shown(told)
    assert rows[1].count("█") > 30 and rows[2].count("░") == pytest.approx(rows[1].count("█") * 0.6, abs=2)


def test_a_live_run_keeps_its_scale_for_a_while():
    ends = {end_ahead(0.0, now) for now in range(60, 120)}
    assert len(ends) <= 4 and all(end > 60 for end in ends)


# --- critical path ----------------------------------------------------------------------------------------------------
def test_the_critical_path_follows_what_each_task_had_to_wait_for_longest():
    assert critical_path(UPSTREAM, FAILED.ended()) == [0, 2]


def test_a_map_is_on_the_critical_path_by_its_last_element():
    elements = [
        Course(task=1, index=index, state="success", since=0, attempts=(Attempt(1, 25, 30 + index, "success"),))
        for index in range(50)
    ]
    told = story(
        course(0, "success", Attempt(1, 0, 25, "success")),
        course(2, "success", Attempt(1, 25, 60, "success")),
        course(3, "running", Attempt(1, 80, None)),
        crowds={1: crowd_of(elements)},
    )
    assert Gantt(told).path == [0, 1, 3]


def test_what_the_critical_path_spent_in_queues_is_summed_up():
    assert Gantt(FAILED).queued() == (10.0, 0.1)


# --- order, maps ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("order", "first"), [("start", "extract"), ("end", "extract"), ("length", "dedupe"), ("graph", "extract")]
)
def test_rows_are_ordered_as_asked_and_what_never_ran_comes_last(order, first):
    keys = [bar.key for bar in Gantt(FAILED, order=order).bars]
    assert keys[0] == first and keys[-1] == "load" and len(keys) == 4


def map_of(width: int, *, is_unfolded: bool = False) -> Story:
    elements = [
        Course(task=1, index=index, state="success", since=0, attempts=(Attempt(1, index, index + 20, "success"),))
        for index in range(width)
    ]
    first = course(0, "success", Attempt(1, 0, 5, "success"))
    return story(first, *(elements if is_unfolded else ()), crowds={1: crowd_of(elements)})


def test_the_elements_of_a_map_are_one_row_that_rises_and_falls():
    rows = shown(map_of(60))
    assert rows[2] == "+ clean   ▁▂▃▃▄▅▆▇▇███████████████████████▇▇▆▅▄▃▃▂▁              1m19s     ×60 *"


def test_a_map_unfolded_has_a_row_for_each_element():
    gantt = Gantt(map_of(3, is_unfolded=True), unfolded={"clean"})
    assert [bar.key for bar in gantt.bars] == ["extract", "clean", "clean[0]", "clean[1]", "clean[2]"]
    axis = gantt.axis(40)
    assert texts(gantt.row(bar, axis, 70) for bar in gantt.bars[1:3]) == [
        "- clean   ▃▅▇██████████████████████▇▅▃                   22s      ×3 *",
        "  ✓ [0]   █████████████████████████▌                     20s",
    ]


def test_a_task_slower_than_usual_says_so():
    gantt = Gantt(story(course(0, "running", Attempt(1, 0, None)), ended_at=None, now=90.0, usual_s={0: 30.0}))
    row = gantt.row(gantt.bars[0], gantt.axis(40), 70)
    assert [span.role for span in row if "1m30s" in span.text] == ["warn"]


# --- time -------------------------------------------------------------------------------------------------------------
def test_a_long_hole_is_folded_and_says_how_long_it_was():
    told = story(
        course(0, "success", Attempt(1, 0, 60, "success")),
        course(1, "success", Attempt(1, 10_000, 10_060, "success")),
        ended_at=10_060.0,
        now=10_060.0,
    )
    rows = shown(told, 90)
    assert "⋯ 2h46m ⋯" in rows[0]
    assert rows[1].count("█") > 15 and rows[2].count("█") > 15


def test_without_anything_that_ran_there_is_nothing_to_draw():
    assert shown(story(ended_at=None, now=5.0)) == ["         0            2s            4s           6s"]


def test_times_when_nothing_ran_are_found():
    ran = [course(0, "success", Attempt(1, 10, 20, "success")), course(1, "success", Attempt(1, 15, 40, "success"))]
    assert idle(crowd_of(ran), 0, 100) == [(0, 10), (40, 100)]
    live = [course(0, "success", Attempt(1, 10, 20, "success")), course(1, "running", Attempt(1, 50, None))]
    assert idle(crowd_of(live), 0, 100) == [(0, 10), (20, 50)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=12))
def test_a_crowd_counts_who_is_there(spans):
    courses = [
        Course(task=0, index=n, state="success", since=0, attempts=(Attempt(1, start, start + wide, "success"),))
        for n, (start, wide) in enumerate(spans)
    ]
    crowd = crowd_of(courses)
    for instant in range(75):
        there = sum(start <= instant < start + wide for start, wide in spans)
        assert crowd.at(instant) == there
        assert (there == 0) == any(a <= instant < b for a, b in idle(crowd, 0, 75))
    assert joined([crowd, crowd]).at(10) == 2 * crowd.at(10)


def test_a_family_of_tasks_is_one_row_until_it_is_unfolded():
    told = story(
        course(0, "success", Attempt(1, 0, 10, "success")),
        course(1, "failed", Attempt(1, 10, 20, "failed"), since=20.0),
        course(2, "success", Attempt(1, 10, 30, "success")),
        course(3, "upstream_failed", since=20.0),
        families={1: "clean_*", 2: "clean_*"},
    )
    assert [bar.key for bar in Gantt(told).bars] == ["extract", "clean_*", "load"]
    assert Gantt(told).bars[1].state == "failed"
    assert [bar.key for bar in Gantt(told, is_only_critical=True).bars] == ["extract", "dedupe"]
    opened = Gantt(told, unfolded={"clean_*"})
    assert [(bar.key, bar.indent) for bar in opened.bars[1:4]] == [("clean_*", 0), ("clean", 2), ("dedupe", 2)]


@given(
    st.floats(0.1, 1e6), st.integers(20, 300), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=4),
    st.lists(st.floats(0, 1), min_size=2, max_size=10),
)  # fmt: skip
def test_time_never_runs_backwards_on_the_axis(total, columns, holes, instants):
    edges = sorted({edge * total for hole in holes for edge in hole})
    axis = Axis(0.0, total, columns, list(zip(edges[::2], edges[1::2], strict=False)))
    places = [axis.x(part * total) for part in sorted(instants)]
    assert places == sorted(places)
    assert all(-1e-6 <= place <= columns + 1e-6 for place in places)
    labels = [(x, text) for x, text in axis.labels() if x >= 0]
    ends = [x + len(text) for x, text in labels]
    assert all(end < start for end, (start, _) in zip(ends, labels[1:], strict=False))
    assert len(axis.folds()) * FOLD < columns or not axis.folds()


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 20), st.floats(0, 30)), min_size=1, max_size=5))
def test_phases_follow_each_other(tries):
    attempts, at = [], 0.0
    for number, (queue, run, pause) in enumerate(tries, 1):
        attempts.append(Attempt(number, at + queue, at + queue + run, "failed", at))
        at += queue + run + pause
    found = phases(Course(task=0, state="failed", since=at, attempts=tuple(attempts)), at)
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(found))
    assert sum(one.end - one.start for one in found if one.what == "failed") == pytest.approx(
        sum(r for _, r, _ in tries)
    )
