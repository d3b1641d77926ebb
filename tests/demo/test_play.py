"""The demo, a small programme: played once by a real daemon, and looked at from all sides."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowlite import FlowliteError
from flowlite.demo import play
from flowlite.demo.footprint import Footprint
from flowlite.demo.history import History
from flowlite.demo.made import gold, reports, tables
from flowlite.demo.programme import QUICK, ZONE, Programme, fires
from flowlite.demo.stage import MARKED, own_folder, project_folder
from flowlite.integrations import sql

pytest.importorskip("weasyprint", reason="pip install 'flowlite[report]'")

SMALL = replace(QUICK, backfill=(date(2024, 6, 29), date(2024, 6, 30)), polls=1, own_work=())
DAYS = [date(2024, 6, 29), date(2024, 6, 30)]
IN_MEMORY = {"type": "duckdb", "path": ":memory:"}


@dataclass(frozen=True, slots=True)
class Show:
    """A demo that was played."""

    state: Path
    code: int
    text: str

    @property
    def lake(self) -> Path:
        return self.state / "lake"

    def asked(self, *words: str) -> str:
        """What a flowlite command says about it afterwards."""
        line = [sys.executable, "-m", "flowlite", "--state", str(self.state), *words]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Show:
    state, out = tmp_path_factory.mktemp("show") / "demo", io.StringIO()
    return Show(state, play(state, SMALL, out), out.getvalue())


def test_it_goes_as_it_should_and_leaves_no_process(show: Show) -> None:
    assert show.code == 0, show.text
    assert Footprint(MARKED, str(show.state)).processes() == [Path("/proc/self").resolve()]


def test_gold_has_the_real_totals(show: Show, source: History) -> None:
    rows = gold(show.lake, "kpi_summary", DAYS)
    assert [row["rentals"] for row in rows] == [sum(hour.cnt for hour in source.hours(day)) for day in DAYS]


def test_the_second_dag_follows_for_the_same_date(show: Show) -> None:
    points = show.lake / "gold" / "day_embeddings" / f"ds={DAYS[-1]}" / "data.parquet"
    found = sql.query(IN_MEMORY, "select day from read_parquet(?)", [str(points)])
    assert str(DAYS[-1]) in [row["day"] for row in found]


def test_the_weather_of_fifty_cities_is_there_and_what_looks_ahead_with_it(show: Show) -> None:
    [weather] = [table for table in tables(show.lake) if table.name == "weather_conditions"]
    assert weather.rows == 50 * 24 - 3  # each 17th answer of the service has a gap
    ahead = gold(show.lake, "demand_forecast_inputs", [date(2024, 6, 30)])
    assert len(ahead) == weather.rows
    kinds = {run["dag_id"]: run["kind"] for run in json.loads(show.asked("runs", "list", "--json"))}
    assert (kinds["demand_inputs"], kinds["fleet_rebalancing"]) == ("asset", "asset")


def test_the_bad_day_is_stopped_explained_and_told_on_slack(show: Show) -> None:
    assert not (show.lake / "gold" / "kpi_summary" / "ds=2024-10-28").exists()
    [failed] = json.loads(show.asked("runs", "list", "--state", "failed", "--json"))
    assert failed["dag_id"] == "gold_daily"
    assert "published_hours_hold_a_count on model source_hours: 23 rows fail" in show.asked("why", failed["run_id"])
    told = [json.loads(line)["text"] for line in (show.state / "slack.jsonl").read_text().splitlines()]
    assert f"✗ gold_daily failed: run {failed['run_id']} for 2024-10-28 04:00" in told


def test_the_metrics_are_those_of_the_last_good_date(show: Show, source: History) -> None:
    families = text_string_to_metric_families((show.state / "metrics.prom").read_text())
    values = {family.name: family.samples[0].value for family in families}
    assert values["mobilitycorp_rentals"] == sum(hour.cnt for hour in source.hours(DAYS[-1]))
    assert values["mobilitycorp_weather_cities"] == 50


def test_what_was_made_is_told_with_its_place(show: Show) -> None:
    for table in tables(show.lake):
        assert f"{table.name:24}" in show.text
        assert f"{table.rows:,} rows" in show.text
    for said in ("slack.jsonl", "metrics.prom", "/mail, with their PDFs", "in all processes together"):
        assert said in show.text


def test_no_secret_of_a_connection_is_written_anywhere(show: Show) -> None:
    texts = [path for path in show.state.rglob("*") if path.is_file() and path.suffix not in (".gz", ".parquet")]
    assert len(texts) > 10
    assert [path for path in texts if b"stand-in-secret" in path.read_bytes()] == []


@pytest.mark.slow
def test_a_second_start_makes_the_same(show: Show) -> None:
    before = tables(show.lake)
    assert play(show.state, SMALL, io.StringIO()) == 0
    assert [(table.name, table.dates, table.rows) for table in tables(show.lake)] == [
        (table.name, table.dates, table.rows) for table in before
    ]


@pytest.mark.slow
def test_the_whole_programme(tmp_path: Path, source: History) -> None:
    out = io.StringIO()
    assert play(tmp_path / "demo", Programme(on_spark=None), out) == 0, out.getvalue()
    week = [date(2024, 6, 24) + timedelta(number) for number in range(7)]
    rentals = sum(hour.cnt for day in week for hour in source.hours(day))
    mails = [path.read_bytes() for path in sorted((tmp_path / "demo" / "mail").glob("*.eml"))]
    assert any(f"to {rentals:,}.".encode() in mail for mail in mails)
    assert sorted(path.name.partition("-")[0] for path in reports(tmp_path / "demo" / "lake")) == [
        "operations", "sla", "weekly",
    ]  # fmt: skip
    assert len(mails) == 3
    assert "version 1: the first model; MAE 4" in out.getvalue()
    months = sum(hour.cnt for day in Programme().backfill_days for hour in source.hours(day))
    kpis = gold(tmp_path / "demo" / "lake", "kpi_summary", Programme().backfill_days)
    assert (len(kpis), sum(row["rentals"] for row in kpis)) == (31, months)


# --- the programme ----------------------------------------------------------------------------------------------------
def test_the_demos_clock_goes_by_the_schedules_of_the_pipelines() -> None:
    from flowlite.loading import load_folder

    dags = load_folder([project_folder() / "pipelines"]).dags
    found = [f"{fire.at:%d %H:%M} {fire.dag_id} {fire.logical:%d %H:%M}" for fire in fires(Programme(), dags)]
    assert len([one for one in found if "weather" in one]) == 8
    assert [one for one in found if "weather" not in one] == [
        "30 23:00 gold_kpis 30 22:00",
        "01 00:00 gold_kpis 30 23:00",
        "01 01:00 gold_kpis 01 00:00",
        "01 02:00 gold_kpis 01 01:00",
        "01 02:00 retraining 30 02:00",
        "01 03:00 gold_daily 30 03:00",
        "01 03:00 gold_kpis 01 02:00",
        "01 04:00 gold_kpis 01 03:00",
        "01 04:00 watch_model 30 04:00",
        "01 05:00 gold_kpis 01 04:00",
        "01 06:00 gold_kpis 01 05:00",
        "01 06:00 weekly_summary 24 06:00",
    ]


def test_a_programme_is_a_month() -> None:
    assert len(Programme().backfill_days) == 31
    assert Programme().begins == datetime(2024, 6, 30, 22, 30, tzinfo=ZONE)


# --- what may be in the way -------------------------------------------------------------------------------------------
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FlowliteError, match="holds something that is no demo"):
        play(tmp_path, QUICK, io.StringIO())
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with own_folder(tmp_path / "demo"), pytest.raises(FlowliteError, match="a demo is playing"):
        play(tmp_path / "demo", QUICK, io.StringIO())


def test_what_is_missing_is_left_out_and_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from flowlite.demo import parts
    from flowlite.integrations.report import pdf

    monkeypatch.setattr(pdf, "LIBRARIES", ("libpango-99.so.0",))
    monkeypatch.setattr(parts, "MODEL_NEEDS", ("xgboost99",))
    missing = parts.not_available()
    assert missing["reports"].startswith("WeasyPrint needs libpango-99.so.0; run: apt-get install ")
    assert missing["retraining"] == "it needs xgboost99; run: pip install -e '.[demo]', or: make demo"
    assert parts.left_out(missing) == {"retraining", "watch_model", "weekly_summary", "daily_ops", "sla_audit"}
    monkeypatch.setattr(parts, "NEEDS", ("moto99",))
    with pytest.raises(FlowliteError, match=r"the demo needs moto99; run: pip install -e '\.\[demo\]', or: make demo"):
        parts.check_installed()


def test_without_java_spark_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from flowlite.demo import parts
    from flowlite.integrations import spark

    ping, nowhere = spark.ping, {"PATH": str(tmp_path), "JAVA_HOME": ""}
    monkeypatch.setattr(parts.spark, "ping", lambda _: ping({"type": "spark", "env": nowhere}))
    assert "; run: " in parts.not_available()["retraining on Spark"]


@pytest.mark.slow
def test_a_part_that_can_not_be_played_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from flowlite.integrations.report import pdf

    monkeypatch.setattr(pdf, "LIBRARIES", ("libpango-99.so.0",))
    out = io.StringIO()
    assert play(tmp_path / "demo", SMALL, out) == 0, out.getvalue()
    assert "reports: not available. WeasyPrint needs libpango-99.so.0; run: apt-get install" in out.getvalue()
    assert not reports(tmp_path / "demo" / "lake")
