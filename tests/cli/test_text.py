"""What reaches a terminal: safe, aligned, readable."""

import json
from dataclasses import dataclass

import click
import pytest

from flowlite.cli import words
from flowlite.cli.output import plain
from flowlite.cli.tables import Cell, cut, table, width_of


def test_columns_are_aligned_also_with_wide_characters():
    assert table(["name", "n"], [["数据", "1"], ["a", "20"]], right=["n"]).splitlines()[1:] == ["数据   1", "a     20"]


def test_a_table_fits_the_terminal_and_shows_where_it_was_cut():
    lines = table(["id", "note"], [["1", "x" * 100]], width=30).splitlines()
    assert max(map(width_of, map(click.unstyle, lines))) == 30
    assert lines[1].endswith("…")


def test_cells_cannot_break_a_table():
    shown = table(["a", "b"], [["one\ntwo", Cell("\x1b[31mred", "green")]])
    assert click.unstyle(shown.splitlines()[1]) == "one\\ntwo  \\x1b[31mred"


def test_cut_counts_columns_not_characters():
    assert cut("数据库", 5) == "数据…"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0.004, "4ms"), (0.44, "0.4s"), (9.96, "10.0s"), (12.4, "12s"), (185, "3m 05s"), (7620, "2h 07m"),
     (274000, "3d 04h")],
)  # fmt: skip
def test_lengths_of_time(seconds, shown):
    assert words.length(seconds) == shown


def test_instants_and_dates():
    assert words.instant(1704088800.0) == "2024-01-01 06:00:00Z"
    assert words.date(1704067200.0) == "2024-01-01"
    assert words.date(1704088800.0) == "2024-01-01 06:00"
    assert words.date(None) == "-"
    assert words.ago(100.0, 3800.0) == "1h ago"
    assert words.ago(200.0, 100.0) == "in 1m"


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(0, 0, "-"), (0, 5, "0 %"), (5, 5, "100 %"), (9999, 10000, "99 %"), (1, 10000, "1 %")]
)
def test_a_share_is_all_or_nothing_only_if_it_really_is(part, whole, shown):
    assert words.share(part, whole) == shown


def test_counts_have_their_plural():
    assert [words.count(1, "run"), words.count(2, "retry"), words.count(1200, "run")] == [
        "1 run",
        "2 retries",
        "1,200 runs",
    ]


def test_bars_show_the_trend():
    assert words.bars([1.0, 2.0, None, 4.0]) == "▃▅·█"
    assert words.bars([]) == ""
    assert words.bars([0.0, 0.0]) == "▁▁"


def test_a_progress_bar_moves_in_eighths():
    assert words.progress_bar(0, 4, 4) == "░░░░"
    assert words.progress_bar(1, 32, 4) == "▏░░░"
    assert words.progress_bar(2, 4, 4) == "██░░"
    assert words.progress_bar(4, 4, 4) == "████"
    assert words.progress_bar(0, 0, 2) == "██"


@dataclass
class Shown:
    run_id: int
    started_at: float
    since: None
    kinds: tuple[str, ...]


def test_json_has_iso_times_and_ids_as_text():
    value = plain({"run": Shown(17, 1704067200.5, None, ("a",)), "p50_s": 1.5})
    assert json.loads(json.dumps(value)) == {
        "run": {"run_id": "17", "started_at": "2024-01-01T00:00:00.500000Z", "since": None, "kinds": ["a"]},
        "p50_s": 1.5,
    }
