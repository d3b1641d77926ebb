"""SQL against real DuckDB and SQLite files; PostgreSQL has a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import flowlite
from flowlite.integrations import sql

Settings = Mapping[str, Any]


@pytest.fixture(params=["duckdb", "sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    settings = {"type": request.param, "path": str(tmp_path / "deep" / f"w.{request.param}")}
    sql.execute(settings, "create table trips (day text, city text, trips int)")
    sql.execute_many(
        settings,
        "insert into trips values (?, ?, ?)",
        [("2024-01-01", "Köln", 3), ("2024-01-02", "O'Fallon", 5)],
    )
    return settings


def test_rows_are_dictionaries(database: Settings) -> None:
    found = sql.query(database, "select city, trips from trips order by day")
    assert found == [{"city": "Köln", "trips": 3}, {"city": "O'Fallon", "trips": 5}]


def test_values_are_parameters(database: Settings) -> None:
    evil = "'; drop table trips; --"
    assert sql.query(database, "select * from trips where city = ?", [evil]) == []
    assert sql.query(database, "select trips from trips where city = ?", ["O'Fallon"]) == [{"trips": 5}]


def test_names_can_be_used_for_parameters(database: Settings) -> None:
    mark = "$city" if database["type"] == "duckdb" else ":city"
    assert sql.query(database, f"select trips from trips where city = {mark}", {"city": "Köln"}) == [{"trips": 3}]


def test_many_rows_go_in_together_or_not_at_all(database: Settings) -> None:
    sql.execute(database, "create unique index once on trips (city)")
    with pytest.raises(sql.SqlFailed):
        sql.execute_many(database, "insert into trips values (?, ?, ?)", [("d", "new", 1), ("d", "Köln", 1)])
    assert sql.query(database, "select count(*) as n from trips") == [{"n": 2}]
    assert sql.execute_many(database, "insert into trips values (?, ?, ?)", []) == 0


def test_a_wrong_statement_is_final_and_shown(database: Settings) -> None:
    with pytest.raises(sql.SqlFailed, match=r"nowhere.*\(in: select \* from nowhere\)") as failed:
        sql.query(database, "select *\n  from nowhere")
    assert failed.value.is_final == (database["type"] == "duckdb")  # SQLite says OperationalError to locks and typos


def test_a_read_only_connection_cannot_write(database: Settings) -> None:
    with pytest.raises(sql.SqlFailed, match=r"read.?only"):
        sql.execute({**database, "read_only": True}, "delete from trips")


def test_a_path_with_a_question_mark_is_a_path(tmp_path: Path) -> None:
    settings = {"type": "sqlite", "path": str(tmp_path / "what?mode=memory")}
    sql.execute(settings, "create table t (x)")
    assert (tmp_path / "what?mode=memory").exists()


def test_duckdb_numbers_and_dates_are_plain() -> None:
    settings = {"type": "duckdb", "path": ":memory:"}
    [row] = sql.query(settings, "select sum(x) as s, 1.50 as d, date '2024-03-10' as day from range(3) r(x)")
    assert row == {"s": 3, "d": 1.5, "day": date(2024, 3, 10)}
    assert isinstance(row["d"], float)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(sql.SqlFailed, match="'oracle' is not known to sql; use one of duckdb, postgres, sqlite"):
        sql.query({"type": "oracle", "path": "x"}, "select 1")


async def test_the_sensor_waits_for_enough_rows(database: Settings) -> None:
    @flowlite.task
    def deliver() -> None:
        sql.execute(database, "insert into trips values (?, ?, ?)", ["2024-01-03", "Oslo", 1])

    with flowlite.Dag("waits") as waits:
        sql.rows(database, "select city from trips order by day", at_least=3, poke_every=0.05, timeout=20)
        deliver()
    async with flowlite.open(":memory:") as fl:
        run = await fl.run(waits)
    assert [row["city"] for row in run["rows"]] == ["Köln", "O'Fallon", "Oslo"]


def test_a_connection_can_be_tried_and_no_file_is_made(database: Settings, tmp_path: Path) -> None:
    assert sql.ping(database).startswith(f"{database['type']} ")
    nothing = tmp_path / "none" / "w.db"
    assert "the first task that writes makes it" in sql.ping({**database, "path": str(nothing)})
    assert not nothing.parent.exists()
