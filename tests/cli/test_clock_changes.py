"""What the commands say of a schedule whose day a clock change makes shorter or longer."""

from __future__ import annotations

import pytest

DAGS = """from flowlite import cron, dag, shell

def declared(name, schedule):
    @dag(id=name, schedule=schedule)
    def one():
        shell("true", id="t")

for number in range(7):
    declared(f"berlin_{number}", cron("@daily", tz="Europe/Berlin"))
declared("utc", "@daily")
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "zones.py").write_text(DAGS)
    return tmp_path / "zones.py"


def test_check_names_the_clock_changes_to_come_and_whom_they_bend(cli, folder):
    lines = [line for line in cli("check", str(folder)).out.splitlines() if line.startswith("·")]
    assert len(lines) == 2  # within a year
    for line in lines:
        assert ": clocks go " in line
        assert "in Europe/Berlin on 20" in line
        assert line.endswith("an interval of berlin_0, berlin_1, berlin_2, berlin_3, berlin_4 and 2 more")
    assert sorted(line[2:6] for line in lines) == ["23 h", "25 h"]
    told = cli("check", str(folder), "--json").json["clock_changes"]
    assert sorted(one["end"] - one["start"] for one in told) == [23 * 3600, 25 * 3600]
    assert all(len(one["dags"]) == 7 for one in told)


def test_the_next_fires_say_which_of_them_is_bent(cli, folder):
    lines = cli("dags", "next", f"{folder}:berlin_0", "-n", "366").out.splitlines()
    bent = [line for line in lines if "clocks go" in line]
    assert len(bent) == 2
    assert all("in Europe/Berlin on 20" in line for line in bent)
    assert "clocks" not in cli("dags", "next", f"{folder}:utc", "-n", "366").out
