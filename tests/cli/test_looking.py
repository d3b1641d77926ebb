"""Commands that look: at runs, logs, causes, figures."""

import json
from pathlib import Path

import pytest


def test_runs_are_listed_newest_first(look):
    lines = look("runs", "list").out.splitlines()
    assert lines[0].split() == ["run", "dag", "logical", "date", "state", "kind", "took", "created"]
    assert [line.split()[:2] for line in lines[1:]] == [["2", "broken"], ["1", "lengths"]]


def test_runs_can_be_picked_by_dag_and_state(look):
    assert [run["run_id"] for run in look("runs", "list", "lengths", "--json").json] == ["1"]
    assert [run["run_id"] for run in look("runs", "list", "--state", "failed", "--json").json] == ["2"]
    assert look("runs", "list", "--state", "queued").out == "no runs; `flowlite run DAG` makes one\n"


def test_a_run_as_json_has_iso_times_and_its_params(look):
    run = look("runs", "show", "1", "--json").json["run"]
    assert run["logical_date"] == "2024-01-01T00:00:00Z"
    assert run["data_interval_end"] == "2024-01-02T00:00:00Z"
    assert run["params"] == {}
    assert run["state"] == "success"


def test_a_run_is_shown_with_its_tasks_in_declaration_order(look):
    shown = look("runs", "show", "1").out
    assert "run 1 of lengths  ✓ success" in shown
    table = shown[shown.index("task ") :].splitlines()[1:]
    assert [line.split()[1] for line in table] == ["cities", "measure", "total", "announce"]
    assert "3 success" in shown


def test_a_task_is_shown_with_its_attempts(look):
    shown = look("runs", "show", "2", "load[1]").out.splitlines()
    assert shown[0].split() == ["element", "attempt", "outcome", "began", "took", "what", "it", "said"]
    assert shown[1].split()[:4] == ["1", "1", "✗", "failed"]
    assert shown[1].endswith("ValueError: row 2 is \\x1b[31mbad")
    (attempt,) = look("runs", "show", "2", "load[1]", "--json").json["attempts"]
    assert attempt["error"]["type"] == "ValueError"


def test_why_names_the_first_cause_the_line_the_log_and_what_it_blocked(look, history):
    said = look("why", "2").out
    assert said.startswith("✗ run 2 of broken failed because load[1] failed\n")
    assert "ValueError: row 2 is \\x1b[31mbad" in said
    line = 1 + (history / "pipelines/work.py").read_text().splitlines().index(
        '        raise ValueError(f"row {n} is \\x1b[31mbad")'
    )
    assert f"{history}/pipelines/work.py:{line} in load\n" in said
    assert "loading 2" in said
    assert "blocked: publish" in said
    assert f"→ correct {history}/pipelines/work.py:{line}, then `flowlite runs retry 2`" in said
    assert "\x1b" not in said


def test_why_as_json_has_the_same_facts(look):
    why = look("why", "2", "--json").json
    assert why["run"]["run_id"] == "2"
    failure = why["cause"]["failure"]
    assert (failure["task_id"], failure["map_index"], failure["kind"]) == ("load", 1, "error")
    assert why["cause"]["blocked"] == ["publish"]
    assert why["cause"]["source"].startswith("raise ValueError")


def test_why_of_a_good_run_says_so(look):
    assert look("why", "1").out == "✓ run 1 of lengths went well\n"


def test_logs_show_every_element_of_a_map_or_just_one(look):
    every = look("logs", "1", "measure").out
    assert [word for word in ("Berlin", "Paris", "Oslo") if f"measuring {word}" in every] == ["Berlin", "Paris", "Oslo"]
    one = look("logs", "1", "measure[1]").out
    assert one.endswith("info  measuring Paris\n")
    assert one.count("\n") == 1


def test_logs_as_json_name_the_attempt_and_the_file(look):
    (one,) = look("logs", "1", "announce", "--json").json
    assert (one["task_id"], one["attempt"], one["lines"][0][31:]) == ("announce", 1, "done")
    assert Path(one["path"]).exists()


def test_a_task_that_wrote_nothing_has_no_log(look):
    assert "nothing was written" in look("logs", "1", "cities").out


def test_following_a_log_that_is_over_prints_it_and_ends(look):
    assert look("logs", "1", "announce", "--follow").out.endswith("done\n")


def test_stats_tell_lengths_rates_and_the_trend(look):
    said = look("stats", "lengths").out
    assert said.startswith("lengths  1 finished run, 100 % went well\np50 ")
    assert [line.split()[0] for line in said.splitlines()[4:]] == ["cities", "measure", "total", "announce"]
    assert look("stats", "lengths", "--json").json["dag"]["finished"] == 1
    assert look("stats", "knobs").out == (
        "knobs  0 finished runs, - went well\nnothing to tell yet; `flowlite run knobs` makes a first run\n"
    )


def test_pools_of_the_configuration_are_listed_with_their_slots(look):
    pools = {pool["name"]: (pool["size"], pool["used"]) for pool in look("pools", "list", "--json").json}
    assert pools == {"default": (32, 0), "http": (2, 0)}


def test_assets_are_listed_with_what_updated_them(look):
    (asset,) = look("assets", "list", "--json").json
    assert (asset["asset"], asset["run_id"], asset["task_id"]) == ("lengths", "1", "measure")
    assert "run 1 lengths.measure" in look("assets", "list").out


def test_dags_are_listed_with_their_schedule_and_last_runs(look):
    found = {dag["dag_id"]: dag for dag in look("dags", "list", "--json").json["dags"]}
    assert sorted(found) == ["broken", "knobs", "lengths", "slow"]
    assert found["lengths"]["last_states"] == ["success"]
    assert found["lengths"]["tags"] == ["example"]
    assert found["broken"]["next_fire_at"] is None
    assert found["broken"]["last_states"] == ["failed"]


def test_a_dag_is_shown_with_its_tasks_and_parameters(look):
    shown = look("dags", "show", "knobs").out
    assert "speed  integer  3        how fast" in shown
    assert "next fires" in shown
    assert look("dags", "show", "lengths", "--json").json["tasks"][1]["after"] == ["cities"]


def test_a_dag_is_drawn(look):
    drawn = look("dags", "graph", "lengths").out.splitlines()
    assert drawn[0] == "○ cities ─── ○ measure[] ─── ○ total ─── $ announce"
    assert drawn[2] == "4 tasks   $ shell   [] mapped"
    assert look("dags", "graph", "lengths", "--json").json["edges"][0] == ["cities", "measure"]


def test_the_next_fires_name_the_interval_that_they_cover(look):
    fires = look("dags", "next", "lengths", "-n", "2", "--json").json
    assert len(fires) == 2
    assert fires[0]["fires_at"] == fires[0]["data_interval_end"]
    assert fires[0]["logical_date"] == fires[0]["data_interval_start"]
    assert fires[1]["data_interval_start"] == fires[0]["data_interval_end"]


def test_a_dag_file_can_be_named_instead_of_a_dag(look):
    assert look("dags", "graph", "pipelines/work.py:broken").out.startswith("○ load[] ─── ○ publish\n")


def test_check_says_how_much_is_in_order(look):
    assert look("check").out == "✓ 1 file, 4 DAGs: all in order\n"
    assert look("check", "--json").json["problems"] == []


@pytest.mark.parametrize("words", [("runs", "list"), ("pools", "list"), ("assets", "list")], ids=" ".join)
def test_where_nothing_ever_ran_lists_are_empty_and_no_state_is_made(cli, words):
    answer = cli(*words, "--json")
    assert answer.exit_code == 0
    json.loads(answer.out)
    assert not Path(".flowlite").exists()


def test_the_state_can_be_checked_and_copied(look, tmp_path):
    assert look("db", "check").out.endswith("2 runs, 9 attempts: all in order\n")
    copy = tmp_path / "copy.db"
    assert look("db", "backup", str(copy), "--json").json == {"path": str(copy), "size_bytes": copy.stat().st_size}
    assert look("db", "migrate", "--json").json["schema"] >= 1
