"""Wrong use: the exact line that a person sees, and the exit code."""

import re

import pytest

# Arguments, what is said, exit code. In the project of conftest.py with its two runs.
TABLE = [
    ("rnus list", "there is no command 'rnus'; did you mean 'runs'?; see `flowlite --help`", 2),
    ("runs lst", "there is no command 'lst'; did you mean 'list'?; see `flowlite runs --help`", 2),
    ("--bogus", "no such option '--bogus'; see `flowlite --help`", 2),
    ("run", "missing argument 'DAG'; see `flowlite run --help`", 2),
    ("run lenghts", "there is no DAG 'lenghts'; did you mean 'lengths'?", 2),
    ("run quite-else", "there is no DAG 'quite-else'; there are lengths, broken, knobs, slow", 2),
    ("run lengths --param speed",
     "invalid value for '--param': 'speed' is no parameter; write NAME=VALUE; see `flowlite run --help`", 2),
    ("run lengths --date soon",
     "'soon' is no date; write 2024-01-31 or 2024-01-31T06:00, with an offset such as +01:00 if needed", 2),
    ("run lengths --date 2024-01-01",
     "DAG 'lengths' has run 1 for 2024-01-01T00:00:00Z already; to run it again: `flowlite runs clear 1`", 2),
    ("run knobs --param speed=fast",
     "DAG 'knobs': params.speed: Input should be a valid integer, unable to parse string as an integer", 2),
    ("run pipelines/work.py",
     "pipelines/work.py builds several DAGs (lengths, broken, knobs, slow); name one: pipelines/work.py:DAG", 2),
    ("backfill lengths 2024-02-01 2024-01-01",
     "the range from 2024-02-01 to 2024-01-01 is empty; END comes after START and is exclusive", 2),
    ("backfill lengths 2024-01-01 2024-01-03 --concurrency 0",
     "invalid value for '--concurrency': 0 is not in the range x>=1; see `flowlite backfill --help`", 2),
    ("runs show 99", "there is no run 99; `flowlite runs list` shows those there are", 2),
    ("runs show abc",
     "invalid value for 'RUN': 'abc' is no run; give its number as `flowlite runs list` shows it; "
     "see `flowlite runs show --help`", 2),
    ("runs list nowhere", "there is no DAG 'nowhere'; there are lengths, broken, knobs, slow", 2),
    ("logs 1 measur", "run 1 has no task 'measur'; did you mean 'measure'?", 2),
    ("logs 1 measure[7]", "there is no measure[7]; it has elements 0 to 2", 2),
    ("logs 1 announce --attempt 3", "announce has no attempt 3; it had 1", 2),
    ("logs 1 --follow", "--follow needs a task: flowlite logs 1 TASK --follow", 2),
    ("why 7", "there is no run 7; `flowlite runs list` shows those there are", 2),
    ("why 1 nope", "run 1 has no task 'nope'; there are cities, measure, total, announce", 2),
    ("stats nowhere", "there is no DAG 'nowhere'; there are lengths, broken, knobs, slow", 2),
    ("runs retry 1 --yes",
     "run 1 is success and nothing of it failed; run it again: `flowlite runs clear 1`", 2),
    ("runs clear 1 --task nope --yes", "run 1 has no task 'nope'; there are cities, measure, total, announce", 2),
    ("runs clear 1 --task measure[1] --task total --yes",
     "an element such as fetch[3] can only be given alone; see `flowlite runs clear --help`", 2),
    ("runs cancel 1 --yes", "run 1 has ended already (success); there is nothing to cancel", 2),
    ("runs mark 1 --task total --as done",
     "invalid value for '--as': 'done' is not one of 'success', 'failed', 'skipped'; "
     "see `flowlite runs mark --help`", 2),
    ("sla report --until 2024-01-01",
     "--until needs a --since; for a calendar month there is --month 2024-03; see `flowlite sla report --help`", 2),
    ("db restore nowhere.db --yes", r"re:there is no backup nowhere\.db; in .*/backups: none yet", 2),
    ("--config other.toml dags list",
     r"re:.*/other\.toml: there is no such file; create it with `flowlite init`, or give another path", 2),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said", "code"), TABLE, ids=[row[0] for row in TABLE])
def test_wrong_use_is_told_in_one_line_with_the_way_out(look, words, said, code):
    answer = look(*words.split())
    line = answer.err.removeprefix("flowlite: ").removesuffix("\n")
    if said.startswith("re:"):
        assert re.fullmatch(said[3:], line), line
    else:
        assert line == said
    assert "\n" not in line
    assert answer.exit_code == code


def test_an_unknown_key_of_the_configuration_names_the_nearest(cli, tmp_path):
    (tmp_path / "flowlite.toml").write_text('[flowlite]\ntimezon = "UTC"\n')
    answer = cli("dags", "list")
    assert answer.exit_code == 2
    assert answer.err == (
        f"flowlite: {tmp_path}/flowlite.toml:2: [flowlite] takes no 'timezon'; did you mean 'timezone'?\n"
    )


def test_a_dag_file_with_a_problem_is_named_when_its_dag_is_asked_for(cli, tmp_path):
    (tmp_path / "pipelines" / "work.py").write_text("import nothing_like_it\n")
    answer = cli("run", "lengths")
    assert answer.exit_code == 2
    assert answer.err == (
        "flowlite: there is no DAG 'lengths'; 1 DAG file has a problem: "
        f"{tmp_path}/pipelines/work.py:1: imports 'nothing_like_it', which is not installed; "
        "install it, or put the module beside the DAG file\n"
    )


def test_a_state_file_that_is_none_is_left_alone(cli, tmp_path):
    (tmp_path / ".flowlite").mkdir()
    (tmp_path / ".flowlite" / "flowlite.db").write_text("this is no database, and long enough to be looked at" * 99)
    answer = cli("run", "lengths")
    assert answer.exit_code == 1
    assert "is no flowlite state file" in answer.err
    assert "flowlite db restore" in answer.err


def test_commands_on_the_state_file_need_one(cli, tmp_path):
    answer = cli("db", "check")
    assert (answer.exit_code, answer.err) == (
        2,
        f"flowlite: there is no state in {tmp_path}/.flowlite yet; `flowlite run DAG` makes it\n",
    )
