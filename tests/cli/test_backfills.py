"""`flowlite backfill` and `flowlite backfills`: the plan, the bar, and what a person may do to one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from flowlite.cli.backfill_following import Progress, bar_text, time_left
from flowlite.cli.backfill_plan import month_told
from flowlite.cli.following import Screen
from flowlite.core.planned import BackfillRow
from flowlite.service.records import PlannedDay
from flowlite.store.backfills import Tally, view_of
from flowlite.store.views import BackfillDayView, BackfillDetail

DAGS = """
import time
from pathlib import Path

from flowlite import Context, dag, shell, task


@task
def load(ctx: Context) -> str:
    if ctx.ds == "2024-01-02" and not Path("mended").exists():
        raise ValueError("no file for that day")
    return ctx.ds


@dag(schedule="@daily")
def daily():
    load()


@task
def after(ctx: Context) -> str:
    return ctx.ds


@dag
def follower():
    after()


daily >> follower


@dag(schedule="@daily")
def gated():
    shell("echo begun >> begun; while [ ! -e open ]; do sleep 0.02; done", id="wait")
"""


@pytest.fixture
def ranges(cli, tmp_path):
    (tmp_path / "pipelines" / "ranges.py").write_text(DAGS)
    return cli


def states(answer) -> list[tuple[str, str, str | None]]:
    return [(day["logical_date"][:10], day["decision"], day["state"]) for day in answer.json["days"]]


# --- the plan ---------------------------------------------------------------------------------------------------------
def test_the_plan_says_of_each_day_whether_it_runs_or_why_it_is_skipped(ranges):
    Path("mended").touch()
    ranges("run", "daily", "--date", "2024-01-02")
    words = ("backfill", "daily", "2024-01-01", "2024-01-04")
    plan = ranges(*words, "--dry-run").out.splitlines()
    assert plan == [
        "daily: 2 runs, 10 at a time, 1 skipped", "date        plan", "2024-01-01  runs",
        "2024-01-02  skipped because run 1 is success", "2024-01-03  runs",
    ]  # fmt: skip
    assert "2024-01-02  runs again as run 1" in ranges(*words, "--dry-run", "--reprocess", "all").out
    assert "keep the parameters" in ranges(*words, "--dry-run", "--reprocess", "all", "--param", "x=1").out
    assert ranges("backfills", "list", "--json").json == []


def test_a_long_plan_is_folded_by_month(ranges):
    out = ranges("backfill", "daily", "2024-01-01", "2024-06-30", "--dry-run").out.splitlines()
    assert out[0] == "daily: 181 runs, 10 at a time"
    assert out[1:4] == ["month    intervals  plan", "2024-01         31  31 run", "2024-02         29  29 run"]
    assert len(out) == 8


def test_a_month_counts_reasons_and_not_runs():
    def day(decision: str, reason: str = "") -> PlannedDay:
        return PlannedDay(logical_date=0.0, decision=decision, reason=reason, run_id=None)

    days = [day("run"), day("run"), day("again"), day("skip", "run 7 is success"), day("skip", "run 8 is success")]
    assert month_told([*days, day("skip", "run 9 is running")]) == (
        "2 run, 1 run again, 2 skipped because their run is success, 1 skipped because their run is running"
    )


def test_without_a_yes_nothing_is_written(ranges):
    refused = ranges("backfill", "daily", "2024-01-01", "2024-01-04", answer="n\n")
    assert refused.exit_code == 1
    assert ranges("backfills", "list").out == "no backfills; `flowlite backfill DAG START END`\n"
    assert ranges("runs", "list", "--json").json == []


# --- followed ---------------------------------------------------------------------------------------------------------
def test_half_a_year_runs_to_its_end_with_what_follows_from_it(ranges):
    Path("mended").touch()
    done = ranges("backfill", "daily", "2024-01-01", "2024-06-30", "--yes")
    assert done.exit_code == 0, done.err
    assert done.out.endswith("✓ 181 runs went well\n")
    (one,) = ranges("backfills", "list", "--json").json
    assert (one["backfill_id"], one["state"], one["counts"]) == ("1", "success", {"success": 181})
    assert len(ranges("runs", "list", "follower", "--state", "success", "-n", "500", "--json").json) == 181


def test_what_failed_is_named_and_can_be_retried(ranges):
    failed = ranges("backfill", "daily", "2024-01-01", "2024-01-04", "--yes")
    assert failed.exit_code == 1
    assert failed.err.endswith(
        "1 of 3 runs did not go well; `flowlite why 2` says why, `flowlite backfills retry 1` runs them again\n"
    )
    shown = ranges("backfills", "show", "1").out
    assert re.search(r"2024-01-02  runs as run 2  ✗ failed +\d+ms", shown)
    assert "done     3 of 3 runs (1 failed, 2 success), 0 skipped" in shown
    Path("mended").touch()
    retried = ranges("backfills", "retry", "1", "--yes")
    assert retried.exit_code == 0, retried.err
    assert "✓ 2024-01-02" in retried.out and "✓ 2024-01-01" not in retried.out
    assert states(ranges("backfills", "show", "1", "--json")) == [
        (f"2024-01-0{day}", "run", "success") for day in (1, 2, 3)
    ]  # fmt: skip
    assert "nothing to retry" in ranges("backfills", "retry", "1", "--yes").err


def test_json_names_the_backfill_its_days_and_its_runs(ranges):
    Path("mended").touch()
    ranges("run", "daily", "--date", "2024-01-02")
    found = ranges("backfill", "daily", "2024-01-01", "2024-01-04", "--json").json
    assert found["backfill_id"] == "1"
    assert [day["decision"] for day in found["days"]] == ["run", "skip", "run"]
    assert [run["state"] for run in found["runs"]] == ["success", "success"]
    assert all(isinstance(run["run_id"], str) for run in found["runs"])


@pytest.mark.parametrize("verb", ["show", "pause", "resume", "cancel", "retry"])
def test_a_backfill_that_is_not_there_is_wrong_use(ranges, verb):
    answer = ranges("backfills", verb, "4")
    assert (answer.exit_code, answer.out) == (2, "")
    assert answer.err == "flowlite: there is no backfill 4; `flowlite backfills list` shows those that there are\n"


# --- left unfinished --------------------------------------------------------------------------------------------------
def begun(number: int) -> None:
    """Wait until so many tasks have written their line."""
    until_s = time.monotonic() + 30
    while not Path("begun").exists() or len(Path("begun").read_text().splitlines()) < number:
        assert time.monotonic() < until_s
        time.sleep(0.01)


def child_of_gated() -> subprocess.Popen[str]:
    words = ("backfill", "gated", "2024-01-01", "2024-01-07", "--concurrency", "2", "--yes")
    return subprocess.Popen(
        [sys.executable, "-m", "flowlite", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def killed(ranges):
    """A backfill of six days, two at a time, whose program is gone; its two processes still wait."""
    child = child_of_gated()
    begun(2)
    child.kill()
    child.communicate()
    yield ranges
    Path("open").touch()


def test_a_backfill_that_was_killed_can_be_paused_resumed_and_ends(killed):
    paused = killed("backfills", "pause", "1", "--why", "too hot")
    assert paused.out == "backfill 1 of gated: ◌ paused, 0 of 6 runs done\n"
    assert "paused already" in killed("backfills", "pause", "1").err
    assert killed("why", "6").out.startswith(
        "○ run 6 of gated is queued, one of 4 in line of backfill 1, which is paused; "
        "go on with `flowlite backfills resume 1`"
    )
    Path("open").touch()
    assert killed("runs", "resume").exit_code == 0  # the two that are active end, the four in line wait
    (one,) = killed("backfills", "list", "--json").json
    assert (one["state"], one["counts"]) == ("paused", {"success": 2, "queued": 4})
    Path("mended").touch()
    assert killed("run", "daily", "--date", "2024-01-02").exit_code == 0  # and hold up nobody else
    done = killed("backfills", "resume", "1")
    assert done.exit_code == 0, done.err
    assert done.out.splitlines()[0] == "backfill 1 of gated"
    assert [line[:12] for line in done.out.splitlines()[1:]] == [
        *(f"✓ 2024-01-0{day}" for day in (3, 4, 5, 6)), "✓ 6 runs wen",
    ]  # fmt: skip
    assert len(Path("begun").read_text().splitlines()) == 6


def test_a_backfill_that_was_killed_can_be_cancelled_without_starting_anything(killed):
    cancelled = killed("backfills", "cancel", "1", "--yes")
    assert cancelled.exit_code == 0, cancelled.err
    assert cancelled.out == "backfill 1 of gated: ■ cancelled, 6 of 6 runs done\n"
    assert len(Path("begun").read_text().splitlines()) == 2
    assert "backfill 1 was cancelled" in killed("why", "6").out
    assert "nothing to resume" in killed("backfills", "resume", "1").err
    Path("open").touch()
    assert killed("backfills", "retry", "1", "--yes").exit_code == 0
    assert {state for _, _, state in states(killed("backfills", "show", "1", "--json"))} == {"success"}


def test_ctrl_c_cancels_the_backfill(ranges):
    child = child_of_gated()
    begun(2)
    os.kill(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 1
    assert "cancelling (once more to leave at once)" in err
    (one,) = ranges("backfills", "list", "--json").json
    assert (one["state"], one["counts"]) == ("cancelled", {"cancelled": 6})


# --- the bar ----------------------------------------------------------------------------------------------------------
def looks(*days: tuple[str, float | None], typical_s: float | None = None, **more) -> BackfillDetail:
    """A backfill of a DAG whose runs are in these states and took so long."""
    row = BackfillRow(
        id=1, dag_id="a", starts_at=0, ends_at=1, concurrency=more.pop("concurrency", 2), reprocess="none",
        is_newest_first=False, params="{}", asked_by="ana", created_at=0.0, **more,
    )  # fmt: skip
    views = [
        BackfillDayView(
            logical_date=86400.0 * n, data_interval_end=0.0, decision="run", reason="", run_id=n, state=state,
            started_at=None if state == "queued" else 100.0, ended_at=None if took is None else 100.0 + took,
        )
        for n, (state, took) in enumerate(days)
    ]  # fmt: skip
    counts = Counter(state for state, _ in days)
    took = [took for state, took in days if state == "success" and took is not None]
    tally = Tally(counts=dict(counts), skipped=0, last_end=None, p50_s=median(took) if took else None)
    view = view_of(row, tally)
    return BackfillDetail(backfill=view, days=views, typical_s=view.p50_s if view.p50_s is not None else typical_s)


def test_the_time_left_comes_from_the_runs_that_went_well_through_the_window():
    queued = [("queued", None)] * 8
    assert time_left(looks(("success", 10.0), ("success", 30.0), ("failed", 99.0), *queued)) == 20.0 * 8 / 2
    assert time_left(looks(*queued, typical_s=6.0)) == 6.0 * 8 / 2
    assert time_left(looks(*queued)) is None
    assert time_left(looks(("success", 10.0), *queued, is_paused=True)) is None
    assert time_left(looks(("success", 10.0))) is None


def test_the_bar_tells_how_far_it_is_and_how_long_it_takes():
    text = bar_text(looks(("success", 10.0), ("failed", 1.0), ("running", None), ("queued", None)), 12.0)
    assert text.endswith("░ 2/4  1 running  1 failed  12s  about 7.5s left")


def test_a_run_that_ended_before_anybody_looked_is_no_news(capsys):
    progress = Progress({0}, is_quiet=False, screen=Screen(is_live=False))
    progress.look(looks(("success", 1.0), ("running", None)))
    progress.look(looks(("success", 1.0), ("success", 2.0)))
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["backfill 1 of a", "✓ 1970-01-02   run 1      2.0s"]
