"""Rows of spans: every cell is where it should be, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flowlite.tui.ascii import TO_ASCII
from flowlite.tui.format import FILLER, cells, fitted, length, middle, percent, short_count, when
from flowlite.tui.glyphs import GLYPHS
from flowlite.tui.painting import Painter
from flowlite.tui.picture import Span
from flowlite.tui.rows import LEVELS, Column, Line, Table, bar, beside, cropped, grounded, joined, spark
from flowlite.tui.themes import THEMES


def text_of(row, width=40) -> str:
    out = [" "] * width
    for span in row:
        out[span.x : span.x + len(span.text)] = span.text
    return "".join(out)


def test_what_is_put_at_the_right_cuts_what_was_put_before():
    row = Line(20).put("a very long name of a DAG").right(("12s", "dim")).row
    assert text_of(row, 20) == "a very long nam… 12s"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("tab\there", "tab\\there"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("e\u0301", "é"),
        ("a\u202eb", "a\\u202eb"),
    ],
)
def test_text_from_outside_can_not_move_the_cursor(text, shown):
    assert cells(text) == shown


def test_a_wide_character_takes_two_cells_and_the_table_stays_straight():
    name = cells("漢字_dag")
    assert len(name) == 8
    painted = Painter(THEMES["dark"]).strip((Span(0, name), Span(10, "x")), 12)
    assert painted.text == "漢字_dag  x "
    assert painted.cell_length == 12


@given(st.text(max_size=30), st.integers(0, 30))
def test_text_that_is_cut_is_as_wide_as_it_says(text, width):
    for cut in (fitted, middle):
        found = cut(text, width)
        assert len(found) <= width
        assert cell_len(found.replace(FILLER, "")) <= width


def test_names_are_cut_in_their_middle_for_they_differ_at_both_ends():
    assert middle("extract_customers_eu", 12) == "extra…ers_eu"


def test_a_row_on_a_ground_fills_its_width_and_keeps_grounds_that_are_there():
    row = grounded((Span(2, "ab", "good"), Span(6, "c", "match.mark")), 9, "cursor")
    assert text_of(row, 9) == "  ab  c  "
    assert [span.role for span in row] == ["text.cursor", "good.cursor", "text.cursor", "match.mark", "text.cursor"]


def test_what_lies_beside_begins_at_its_column():
    row = beside((Span(0, "left side"),), (Span(0, "right"),), 5)
    assert text_of(row, 10) == "left right"


@given(st.integers(0, 12), st.integers(0, 12))
def test_a_crop_keeps_cells_where_they_stand(start, end):
    row = (Span(1, "abc"), Span(6, "defg"))
    whole = text_of(row, 12)
    assert text_of(cropped(row, start, end), 12) == "".join(c if start <= x < end else " " for x, c in enumerate(whole))


# --- tables -----------------------------------------------------------------------------------------------------------
COLUMNS = (Column("dag", 8, 20), Column("runs", 6, rank=2), Column("dur", 5, align="right", rank=1))


def test_a_table_that_has_no_room_leaves_out_what_matters_least():
    assert set(Table(COLUMNS, 80).places) == {"dag", "runs", "dur"}
    assert set(Table(COLUMNS, 20).places) == {"dag", "dur"}
    assert set(Table(COLUMNS, 8).places) == {"dag"}


def test_a_column_that_is_not_shown_has_no_cells():
    table = Table(COLUMNS, 20)
    row = joined(table.cell("dag", "sales"), table.cell("runs", "x"), table.cell("dur", "12s"))
    assert text_of(row, 20) == "  sales         12s "


# --- small pictures ---------------------------------------------------------------------------------------------------
def test_a_bar_fills_by_eighths():
    assert bar(1, 2, 4) == ("██", "──")
    assert bar(5, 16, 4) == ("█▎", "──")
    assert bar(9, 2, 4) == ("████", "")
    assert bar(1, 0, 4) == ("", "────")


def test_a_spark_line_ends_with_the_newest():
    assert spark([1, 2, 4, 8], 3) == "▂▄█"
    assert spark([0, 0], 5) == "▁▁"


# --- numbers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (0.42, "0.4s"), (9.96, "10s"), (59.6, "1m00s"), (252, "4m12s"), (4320, "1h12m"), (187_200, "2d04h")],
)
def test_lengths_are_at_most_six_cells(seconds, shown):
    assert length(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(7, "7"), (999, "999"), (1234, "1.2k"), (38_400, "38k"), (1.4e6, "1.4M")]
)
def test_large_numbers_are_short(number, shown):
    assert short_count(number) == shown


def test_what_is_not_done_is_never_a_hundred_percent():
    assert percent(9_999, 10_000) == "99 %"
    assert percent(10_000, 10_000) == "100 %"


def test_an_instant_is_said_as_far_away_as_it_is():
    from datetime import UTC

    now = 1_763_820_453.0  # 2025-11-22 14:07:33
    assert when(now - 60, now, UTC) == "14:06"
    assert when(now - 5 * 86_400, now, UTC) == "17 Nov"
    assert when(now - 400 * 86_400, now, UTC) == "Oct 2024"


# --- without Unicode -------------------------------------------------------------------------------------------------
def test_without_unicode_each_cell_is_one_cell_of_ascii():
    painter = Painter(THEMES["dark"], is_ascii=True)
    text = "─│╭╮╰╯├┤┬┴┼█▌…·•›●◌ ⣿⠤" + "".join(found.mark for found in GLYPHS.values()) + LEVELS
    painted = painter.strip((Span(0, text),), len(text)).text
    assert painted.isascii() and len(painted) == len(text) and "?" not in painted


def test_states_differ_without_unicode_too():
    assert len({TO_ASCII[found.mark] for found in GLYPHS.values()}) == len(GLYPHS)
