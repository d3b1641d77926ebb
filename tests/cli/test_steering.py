"""What people set by hand at the command line, without a daemon: written now, carried out by whoever works next."""

from __future__ import annotations

from pathlib import Path

import pytest

DAGS = """
from flowlite import Asset, approve, dag, every, shell, task

@task(outlets=[Asset("sales")], pool="http")
def load() -> int:
    return 1

@dag(schedule="@daily", priority=3, team="data")
def sales():
    load()

@task
def report() -> str:
    return "reported"

@dag(schedule=Asset("sales"))
def reports():
    report()

@task
def ship(answer: dict) -> str:
    return answer["by"]

@dag
def release():
    ship(approve("Ship it?", id="ask", approvers=["nobody"]))

@dag
def publish():
    ship(approve("Publish it?", id="ask"))
"""


@pytest.fixture
def cli(cli):
    Path("pipelines", "steered.py").write_text(DAGS)
    return cli


def listed(cli, dag_id: str) -> dict:
    return next(one for one in cli("dags", "list", "--json").json["dags"] if one["dag_id"] == dag_id)


# --- trigger ----------------------------------------------------------------------------------------------------------
def test_a_run_is_asked_for_and_begins_when_somebody_works(cli):
    asked = cli("trigger", "publish", "--date", "2024-01-01")
    assert (asked.exit_code, asked.out) == (0, "run 1 of publish for 2024-01-01\n")
    assert "no daemon is up" in asked.err
    cli("approvals", "answer", "1", "ask", "approve")
    assert cli("trigger", "sales", "--date", "2024-01-02", "--json").json["run"]["run_id"] == "2"
    assert "going on with 2 runs: 1 to 2" in cli("runs", "resume").out
    assert [run["state"] for run in cli("runs", "list", "--json").json] == ["success", "success"]


def test_a_date_that_is_taken_is_refused(cli):
    cli("trigger", "sales", "--date", "2024-01-01")
    again = cli("trigger", "sales", "--date", "2024-01-01")
    assert (again.exit_code, "flowlite runs clear 1" in again.err) == (2, True)
    assert cli("trigger", "nix").exit_code == 2
    assert cli("trigger", "knobs", "--param", "speed=fast").exit_code == 2


def test_what_would_be_triggered_is_told_and_nothing_is_asked_for(cli):
    told = cli("trigger", "sales", "--date", "2024-01-01", "--dry-run")
    assert told.out == cli("run", "sales", "--date", "2024-01-01", "--dry-run").out
    assert "nothing was run" in told.out
    assert cli("runs", "list", "--json").json == []


# --- DAGs -------------------------------------------------------------------------------------------------------------
def test_a_pause_holds_until_somebody_ends_it(cli):
    assert cli("dags", "pause", "sales", "reports", "--why", "stocktaking").out == (
        "sales is paused\nreports is paused\n"
    )
    assert (listed(cli, "sales")["is_paused"], listed(cli, "sales")["next_fire_at"]) == (True, None)
    again = cli("dags", "pause", "sales")
    assert (again.exit_code, "paused already" in again.err) == (2, True)
    assert cli("dags", "unpause", "sales", "--json").json == [{"dag_id": "sales", "is_paused": False}]
    assert listed(cli, "sales")["next_fire_at"] is not None
    assert cli("dags", "unpause", "sale").err == "flowlite: there is no DAG 'sale'; did you mean 'sales'?\n"


def test_a_priority_stands_in_the_place_of_that_of_the_file(cli):
    assert listed(cli, "sales")["priority"] == 3
    assert cli("dags", "priority", "sales", "-7").out == "sales has priority -7\n"
    assert (listed(cli, "sales")["priority"], listed(cli, "sales")["is_priority_by_hand"]) == (-7, True)
    assert "-7, set by hand" in cli("dags", "show", "sales").out
    assert cli("dags", "priority", "sales", "default").exit_code == 0
    assert (listed(cli, "sales")["priority"], listed(cli, "sales")["is_priority_by_hand"]) == (3, False)
    assert cli("dags", "priority", "sales", "high").exit_code == 2


def test_a_run_in_line_gets_a_priority_one_that_has_ended_does_not(cli):
    cli("trigger", "sales", "--date", "2024-01-01")
    assert cli("runs", "priority", "1", "9").out == "run 1 has priority 9\n"
    assert cli("runs", "list", "--json").json[0]["priority"] == 9
    cli("runs", "resume")
    assert "run 1 has ended (success)" in cli("runs", "priority", "1", "9").err
    assert "there is no run 9" in cli("runs", "priority", "9", "1").err


# --- pools ------------------------------------------------------------------------------------------------------------
def test_a_pool_keeps_the_size_that_a_person_gave_it(cli):
    assert cli("pools", "set", "http", "7").out == "pool http has 7 slots, set by hand\n"
    Path("flowlite.toml").write_text("[pools]\nhttp = 3\n")
    cli("run", "sales")
    assert {one["name"]: one["size"] for one in cli("pools", "list", "--json").json}["http"] == 7
    assert cli("pools", "reset", "http", "--json").json == {"name": "http", "size": 3, "is_by_hand": False}
    assert {one["name"]: one["size"] for one in cli("pools", "list", "--json").json}["http"] == 3


def test_a_pool_that_is_not_there_is_not_made(cli):
    assert cli("pools", "set", "htp", "3").err == "flowlite: there is no pool 'htp'; did you mean 'http'?\n"
    assert cli("pools", "set", "http", "-1").exit_code == 2


# --- assets -----------------------------------------------------------------------------------------------------------
def test_an_asset_is_updated_by_hand(cli):
    said = cli("assets", "update", "sales", "--why", "loaded by hand")
    assert said.out == "asset sales is updated; it is waited for by reports\n"
    (row,) = cli("assets", "list", "--json").json
    assert (row["asset"], row["run_id"]) == ("sales", None)
    assert cli("assets", "update", "sale").exit_code == 2


# --- approvals --------------------------------------------------------------------------------------------------------
def test_a_question_is_answered_and_what_waits_for_it_runs(cli):
    cli("trigger", "publish", "--date", "2024-01-01")
    (open_,) = cli("approvals", "list", "--json").json
    assert (open_["run_id"], open_["task_id"], open_["question"]) == ("1", "ask", "Publish it?")
    assert "anybody" in cli("approvals", "list").out
    assert cli("approvals", "answer", "1", "ask", "approve", "--note", "go").out == "ask of run 1 is approved\n"
    assert cli("approvals", "list").out == "nothing waits for a person\n"
    again = cli("approvals", "answer", "1", "ask", "refuse")
    assert (again.exit_code, "it waits for nobody" in again.err) == (2, True)
    cli("runs", "resume")
    assert cli("runs", "show", "1", "--json").json["run"]["state"] == "success"


def test_a_refusal_fails_the_run(cli):
    cli("trigger", "publish", "--date", "2024-01-01")
    assert cli("approvals", "answer", "1", "ask", "refuse", "--note", "not yet").exit_code == 0
    assert "not yet" in cli("why", "1").out


def test_only_those_who_were_asked_may_answer(cli):
    cli("trigger", "release", "--date", "2024-01-01")
    refused = cli("approvals", "answer", "1", "ask", "approve")
    assert (refused.exit_code, "ask one of nobody" in refused.err) == (2, True)


# --- backfills --------------------------------------------------------------------------------------------------------
def test_a_backfill_is_made_wider_while_it_waits(cli):
    cli("backfill", "sales", "2024-01-01", "2024-01-04", "--yes")
    over = cli("backfills", "resize", "1", "3")
    assert (over.exit_code, "has ended" in over.err) == (2, True)
    assert cli("backfills", "resize", "1", "0").exit_code == 2
