"""Which intervals are due: each is decided once, in order, without gap or overlap, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowlite import cron, every
from flowlite.authoring.schedules import schedule_of
from flowlite.core.intervals import CATCHUP_IS_OFF, WAS_CHANGED, WAS_PAUSED, Rhythm, begin, decide

HOUR, DAY = 3600.0, 86400.0
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago")
# Around the spring and the autumn change of each of them, and a year of quiet.
BEGINNINGS = ("2024-03-08", "2024-03-29", "2024-04-04", "2024-09-05", "2024-10-03", "2024-10-25", "2024-11-01")
TEXTS = ("0 * * * *", "*/30 * * * *", "30 2 * * *", "15 0-3 * * *", "*/30 2 * * *", "0 0 * * *")


def hourly(**more):
    """Fires on the hour, counted from zero."""
    return Rhythm(next_after=lambda at: (at // HOUR + 1) * HOUR, **more)


def told(decided):
    return [(each.starts_at / HOUR, each.ends_at / HOUR, each.reason) for each in decided.decisions]


def test_nothing_is_due_before_the_first_fire():
    decided = decide(hourly(), 0.0, HOUR - 1)
    assert (decided.decisions, decided.until, decided.next_at) == ([], 0.0, HOUR)


def test_an_interval_runs_when_it_has_ended():
    decided = decide(hourly(), 0.0, HOUR)
    assert told(decided) == [(0, 1, "")]
    assert (decided.until, decided.next_at) == (HOUR, 2 * HOUR)


def test_after_downtime_without_catchup_the_newest_runs_and_the_others_say_why_not():
    decided = decide(hourly(), 0.0, 3.5 * HOUR)
    assert told(decided) == [(0, 1, CATCHUP_IS_OFF), (1, 2, CATCHUP_IS_OFF), (2, 3, "")]


def test_after_downtime_with_catchup_all_run_oldest_first_and_only_the_newest_is_on_time():
    decided = decide(hourly(catchup=True), 0.0, 3.5 * HOUR)
    assert told(decided) == [(0, 1, ""), (1, 2, ""), (2, 3, "")]
    assert [each.is_newest for each in decided.decisions] == [False, False, True]


@pytest.mark.parametrize("catchup", [False, True])
def test_what_was_due_in_a_pause_never_runs(catchup):
    decided = decide(hourly(catchup=catchup), 0.0, 4 * HOUR, paused_until=2.5 * HOUR)
    assert told(decided)[:2] == [(0, 1, WAS_PAUSED), (1, 2, WAS_PAUSED)]
    assert [each.runs for each in decided.decisions][2:] == [catchup, True]


def test_a_changed_schedule_fires_nothing_that_lies_behind():
    decided = decide(hourly(), 0.0, 2.5 * HOUR, changed_until=2.5 * HOUR)
    assert told(decided) == [(0, 1, WAS_CHANGED), (1, 2, WAS_CHANGED)]
    assert told(decide(hourly(), decided.until, 3 * HOUR, changed_until=2.5 * HOUR)) == [(2, 3, "")]


def test_the_first_interval_after_a_change_begins_where_the_old_schedule_ended():
    daily = Rhythm(next_after=lambda at: (at // DAY + 1) * DAY)
    assert told(decide(daily, 10 * HOUR, 24 * HOUR)) == [(10, 24, "")]


def test_a_clock_set_back_fires_nothing_twice_and_goes_on_where_it_was():
    rhythm = hourly()
    decided = decide(rhythm, 0.0, 5 * HOUR)
    assert decide(rhythm, decided.until, 2 * HOUR).decisions == []
    assert told(decide(rhythm, decided.until, 6 * HOUR)) == [(5, 6, "")]


def test_a_new_dag_without_catchup_waits_for_its_next_fire():
    assert begin(hourly(), 7 * HOUR, 7.5 * HOUR) == 7 * HOUR


def test_a_new_dag_with_catchup_begins_at_the_first_fire_from_its_start_on():
    assert begin(hourly(catchup=True, start=2.5 * HOUR), 7 * HOUR, 7.5 * HOUR) == 3 * HOUR
    assert begin(hourly(catchup=True, start=2 * HOUR), 7 * HOUR, 7.5 * HOUR) == 2 * HOUR


def test_a_start_to_come_is_waited_for():
    assert begin(hourly(start=9 * HOUR), 7 * HOUR, 7.5 * HOUR) == 9 * HOUR
    assert begin(hourly(start=7.2 * HOUR), 7 * HOUR, 7.5 * HOUR) == 8 * HOUR


def test_the_end_is_exclusive():
    decided = decide(hourly(catchup=True, end=2 * HOUR), 0.0, 9 * HOUR)
    assert told(decided) == [(0, 1, ""), (1, 2, "")]
    assert decided.next_at is None


def test_ten_thousand_missed_intervals_come_in_portions():
    rhythm, until, runs = hourly(), 0.0, 0
    now, turns = 10_000 * HOUR, 0
    while True:
        decided = decide(rhythm, until, now, most=300)
        assert len(decided.decisions) <= 300
        runs += sum(each.runs for each in decided.decisions)
        until, turns = decided.until, turns + 1
        if decided.next_at is not None and decided.next_at > now:
            break
    assert (turns, runs, until) == (34, 1, now)


def test_fires_that_coincide_are_one_and_lists_make_intervals_between_neighbours():
    both = schedule_of([every(minutes=30), "0 * * * *", cron("45 * * * *", tz="UTC")])
    decided = decide(Rhythm(next_after=both.next_after_s, catchup=True), 0.0, HOUR)
    assert [each.ends_at / 60 for each in decided.decisions] == [30, 45, 60]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2),
    st.sampled_from(BEGINNINGS),
    st.lists(st.integers(-20, 36 * 60), min_size=1, max_size=12),
    st.booleans(),
)
def test_every_interval_is_covered_once_over_clock_changes_and_downtime(zone, texts, beginning, gaps, catchup):
    schedule = schedule_of([cron(text, tz=zone) for text in texts])
    rhythm = Rhythm(next_after=schedule.next_after_s, catchup=catchup)
    first = schedule.next_after(datetime.fromisoformat(beginning).replace(tzinfo=UTC))
    until, now, covered = first.timestamp(), first, []
    for gap in gaps:  # minutes until somebody looks again; a negative one: the clock was set back
        now += timedelta(minutes=gap)
        decided = decide(rhythm, until, now.timestamp())
        assert [each.runs for each in decided.decisions] == (
            [True] * len(decided.decisions)
            if catchup
            else [False] * (len(decided.decisions) - 1) + [True] * bool(decided.decisions)
        )
        covered += decided.decisions
        until = decided.until
    assert covered == [] or covered[0].starts_at == first.timestamp()
    assert all(one.ends_at == other.starts_at for one, other in pairwise(covered))
    latest = max([0.0, *(each.ends_at for each in covered)])
    fires = list(schedule.between(first + timedelta(seconds=1), datetime.fromtimestamp(latest, UTC)))
    assert [each.ends_at for each in covered] == [*(fire.timestamp() for fire in fires), *([latest] if covered else [])]
