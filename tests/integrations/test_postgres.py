"""SQL against a real PostgreSQL: a cluster of the test's own, on loopback, as the user that it wants to be."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import flowlite
from flowlite.integrations import SettingMissing, sql

pytest.importorskip("psycopg", reason="pip install 'flowlite[postgres]'")
pytestmark = pytest.mark.slow

Settings = Mapping[str, Any]
PASSWORD = "c4nary-password"


def programs() -> Path | None:
    """Where PostgreSQL's server is: Debian keeps it off the path."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def other_user() -> str | None:
    """The server refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    bin_folder = programs()
    if bin_folder is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    user = other_user()
    folder = Path(tempfile.mkdtemp(prefix="flowlite-postgres-"))
    (folder / "password").write_text(PASSWORD)
    if user is not None:
        for path in (folder, folder / "password"):
            shutil.chown(path, user)

    def run(*words: str) -> None:
        subprocess.run([bin_folder / words[0], *words[1:]], check=True, capture_output=True, user=user, cwd=folder)

    data, port = str(folder / "data"), "54329"
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        run("initdb", "-D", data, "-U", "flowlite", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N")
        run("pg_ctl", "-D", data, "-o", settings, "-l", str(folder / "log"), "-w", "start")
        try:
            yield {
                "type": "postgres", "host": "127.0.0.1", "port": int(port), "database": "postgres", "user": "flowlite",
                "password": PASSWORD,
            }  # fmt: skip
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def database(server: Settings) -> Settings:
    sql.execute(server, "drop table if exists trips")
    sql.execute(server, "create table trips (day date, city text primary key, trips int, paid numeric(9, 2))")
    rows = [(date(2024, 1, 1), "Köln", 3, "4.50"), (date(2024, 1, 2), "O'Fallon", 5, "7")]
    assert sql.execute_many(server, "insert into trips values (%s, %s, %s, %s)", rows) == 2
    return server


def test_rows_are_dictionaries_of_plain_values(database: Settings) -> None:
    first, second = sql.query(database, "select * from trips order by day")
    assert first == {"day": date(2024, 1, 1), "city": "Köln", "trips": 3, "paid": 4.5}
    assert second["paid"] == 7 and isinstance(second["paid"], int)
    [row] = sql.query(
        database,
        "select gen_random_uuid() as id, '2024-03-10 07:00+00'::timestamptz as at, '{\"a\": [1]}'::jsonb as doc",
    )
    assert UUID(row["id"]) and row["at"] == datetime(2024, 3, 10, 7, tzinfo=UTC) and row["doc"] == {"a": [1]}


def test_values_are_parameters(database: Settings) -> None:
    evil = "'; drop table trips; --"
    assert sql.query(database, "select * from trips where city = %s", [evil]) == []
    assert sql.query(database, "select trips from trips where city = %(c)s", {"c": "O'Fallon"}) == [{"trips": 5}]
    assert sql.query(database, "select trips from trips where city like 'K%'") == [{"trips": 3}]


def test_many_rows_go_in_together_or_not_at_all(database: Settings) -> None:
    with pytest.raises(sql.SqlFailed, match="duplicate key value violates unique constraint"):
        sql.execute_many(database, "insert into trips (city) values (%s)", [("new",), ("Köln",)])
    assert sql.query(database, "select count(*) as n from trips") == [{"n": 2}]


def test_a_wrong_statement_is_final_and_shown(database: Settings) -> None:
    says = r'postgres at 127.0.0.1: relation "nowhere" does not exist \(in: select \* from nowhere\)'
    with pytest.raises(sql.SqlFailed, match=says) as failed:
        sql.query(database, "select *\n  from nowhere")
    assert failed.value.is_final


def test_a_wrong_password_and_a_closed_door_show_no_secret(server: Settings) -> None:
    with pytest.raises(sql.SqlFailed, match="password authentication failed for user") as failed:
        sql.query({**server, "password": "wrong-c4nary"}, "select 1")
    assert "c4nary" not in f"{failed.value} {failed.value.__cause__!r}"
    with pytest.raises(sql.SqlFailed, match=r"postgres at 127.0.0.1: connection .*failed") as closed:
        sql.query({**server, "port": 9}, "select 1")
    assert not closed.value.is_final
    assert "c4nary" not in str(closed.value)


def test_a_connection_without_a_database_says_what_to_add() -> None:
    with pytest.raises(SettingMissing, match=r"has no 'database'; add it below"):
        sql.query({"type": "postgres"}, "select 1")


async def test_the_sensor_waits_for_enough_rows(database: Settings) -> None:
    @flowlite.task
    def deliver() -> None:
        sql.execute(database, "insert into trips (day, city) values (%s, %s)", ["2024-01-03", "Oslo"])

    with flowlite.Dag("waits") as waits:
        sql.rows(database, "select city from trips order by day", at_least=3, poke_every=0.05, timeout=20)
        deliver()
    async with flowlite.open(":memory:") as fl:
        run = await fl.run(waits)
    assert [row["city"] for row in run["rows"]] == ["Köln", "O'Fallon", "Oslo"]


def test_a_connection_can_be_tried(server: Settings) -> None:
    assert sql.ping(server).startswith("postgres 1")
