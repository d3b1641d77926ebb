"""The demo, played for three dates: two Sundays, and the day of a hurricane that must not get through."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowlite import FlowliteError
from flowlite.demo import play
from flowlite.demo.answers import gold, tables
from flowlite.demo.history import History
from flowlite.demo.stage import own_folder
from flowlite.integrations import sql

SUNDAY, CHANGE, HURRICANE = date(2024, 3, 3), date(2024, 3, 10), date(2024, 10, 28)


@dataclass(frozen=True, slots=True)
class Show:
    """A demo that was played."""

    state: Path
    code: int
    text: str


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Show:
    state, out = tmp_path_factory.mktemp("show") / "demo", io.StringIO()
    return Show(state, play(state, [SUNDAY, CHANGE, HURRICANE], out), out.getvalue())


def test_it_goes_as_it_should(show: Show) -> None:
    assert show.code == 0, show.text
    assert show.text.count("✓") == 2
    assert "Mon 2024-10-28  96 objects,     78 lines  ✗" in show.text


def test_the_stopped_date_is_explained(show: Show) -> None:
    assert "stopped at silver_tests" in show.text
    assert "published_hours_hold_a_count on model source_hours: 23 rows fail" in show.text
    assert not (show.state / "lake" / "gold" / "kpi_summary" / f"ds={HURRICANE}").exists()


def test_the_manager_gets_the_right_answer(show: Show, source: History) -> None:
    hours = source.hours(CHANGE)
    peak = max(hours, key=lambda hour: hour.cnt)
    assert f"{peak.hour}:00 to {peak.hour + 1}:00 was the busiest hour, with {peak.cnt} rentals." in show.text
    this, last = (sum(hour.cnt for hour in source.hours(day)) for day in (CHANGE, SUNDAY))
    assert f"The day had {this:,} in 23 hours" in show.text
    assert f"{100 * (this / last - 1):.0f} % more than the Sunday before with {last:,}" in show.text


def test_gold_has_the_real_totals(show: Show, source: History) -> None:
    rows = gold(show.state / "lake", "kpi_summary", [SUNDAY, CHANGE])
    assert [row["rentals"] for row in rows] == [sum(hour.cnt for hour in source.hours(day)) for day in (SUNDAY, CHANGE)]
    assert {"day_embeddings", "demand_features_hourly", "fleet_health"} <= {
        table.name for table in tables(show.state / "lake")
    }


def test_the_second_dag_follows_for_the_same_date(show: Show) -> None:
    points = show.state / "lake" / "gold" / "day_embeddings" / f"ds={CHANGE}" / "data.parquet"
    found = sql.query({"type": "duckdb", "path": ":memory:"}, "select day from read_parquet(?)", [str(points)])
    assert [row["day"] for row in found] == [str(SUNDAY), str(CHANGE)]


def test_the_metrics_are_those_of_the_last_good_date(show: Show, source: History) -> None:
    families = text_string_to_metric_families((show.state / "metrics.prom").read_text())
    values = {family.name: family.samples[0].value for family in families}
    assert values["mobilitycorp_rentals"] == sum(hour.cnt for hour in source.hours(CHANGE))
    assert values["mobilitycorp_vehicles_used"] > 100


def test_the_command_line_sees_what_was_played(show: Show) -> None:
    line = [sys.executable, "-m", "flowlite", "--state", str(show.state), "runs", "list", "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.count('"gold_kpis"') == 3
    assert done.stdout.count('"embedding_pipeline"') == 2


def test_no_secret_of_a_connection_is_written_anywhere(show: Show) -> None:
    texts = [path for path in show.state.rglob("*") if path.is_file() and path.suffix not in (".gz", ".parquet")]
    assert len(texts) > 10
    assert [path for path in texts if b"stand-in-secret" in path.read_bytes()] == []


@pytest.mark.slow
def test_a_second_start_begins_anew_and_ends_the_same(show: Show) -> None:
    out = io.StringIO()
    assert play(show.state, [CHANGE], out) == 0
    assert "2 dates" not in out.getvalue()
    assert out.getvalue().count("✓") == 1


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FlowliteError, match="holds something that is no demo"):
        play(tmp_path, [CHANGE], io.StringIO())
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with own_folder(tmp_path / "demo"), pytest.raises(FlowliteError, match="a demo is playing"):
        play(tmp_path / "demo", [CHANGE], io.StringIO())


def test_a_date_without_data_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(FlowliteError, match="no data for 2030-01-01"):
        play(tmp_path / "demo", [date(2030, 1, 1)], io.StringIO())
