"""Lines taken apart and drawn, places typed: nothing that a terminal could be told gets through."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from core_attacks import ATTACKS, MARKUP

from flowlite.tui.logs.drawing import Look, drawn, height_of
from flowlite.tui.logs.going import NoSuchTarget, Target, target_of
from flowlite.tui.logs.line import LogRow, line_of, rows_of

STAMP = "2026-11-22T15:12:52.123Z "
BEGIN = datetime(2026, 11, 22, 23, 50, tzinfo=UTC).timestamp()


def shown(row: LogRow, look: Look, before=None) -> list[str]:
    """As text, with blanks."""
    found = []
    for spans in drawn(row, look, before):
        text = ""
        for span in spans:
            text = text.ljust(span.x) + span.text
        found.append(text)
    return found


def row(text: str, *, level="i", number=6, label="out  ", more=0) -> LogRow:
    return LogRow(line_of(number, level, f"{STAMP}{label} {text}", more))


def test_a_line_says_its_number_its_time_and_how_bad_it_is():
    look = Look(60, numbers=5, zone=UTC)
    assert shown(row("all is well"), look) == ["     7 15:12:52       all is well"]
    bad = row("no", level="e", number=7)
    assert shown(bad, look) == ["     8 15:12:52 ERROR no"]
    assert shown(bad, look, before=row("no", level="e").line) == ["     8                no"]
    assert shown(bad, Look(60, times="none")) == [" ERROR no"]
    after = Look(60, times="after", begins_at=row("x").line.at - 200)
    assert shown(bad, after) == ["  +3m20s ERROR no"]


def test_what_is_too_long_is_cut_or_wrapped_and_never_wider_than_the_screen():
    long = row("x" * 200 + "数" * 40)
    assert len(shown(long, Look(60))[0]) == 60
    assert shown(long, Look(60))[0].endswith("…")
    look = Look(60, is_wrapped=True)
    lines = shown(long, look)
    assert len(lines) == height_of(long, look)
    assert max(map(len, lines)) <= 60
    assert shown(row("abc", more=5_000), Look(60))[0].endswith("… +4.9 KiB ⏎")
    assert shown(row("0123456789" * 9), Look(60, left=5))[0].startswith(" 15:12:52       56789")


def test_matches_are_lit_up_as_the_daemon_finds_them():
    def lit(text, needle):
        return [
            span.text
            for spans in drawn(row(text), Look(60, needle=needle), None)
            for span in spans
            if span.role == "match"
        ]

    assert lit("Oslo and OSLO", "oslo") == ["Oslo", "OSLO"]
    assert lit("Oslo and OSLO", "Oslo") == ["Oslo"]
    assert lit("[red]", "[red]") == ["[red]"]


@pytest.mark.parametrize("text", [*ATTACKS.values(), *MARKUP])
@pytest.mark.parametrize("is_wrapped", [True, False])
def test_no_line_says_anything_to_the_terminal(text, is_wrapped):
    for look in (Look(60, is_wrapped=is_wrapped), Look(60, is_wrapped=is_wrapped, needle=text[:4])):
        for spans in drawn(row(f"a{text}b"), look, None):
            assert all(char.isprintable() or char == "\u2060" for span in spans for char in span.text)


def test_context_belongs_to_the_line_before_it_if_that_is_near():
    told = {"numbers": [1, 2, 3, 4, 8, 9], "levels": "iieiie", "lines": list("abcdef"), "cut": [], "sizes": [],
            "contexts": [1, 2, 4, 8]}  # fmt: skip
    first, second = rows_of(told, 3)
    assert [line.number for line, _ in first.lines] == [1, 2, 3, 4]
    assert [(line.number, is_context) for line, is_context in second.lines] == [(8, True), (9, False)]


def test_colors_of_programs_are_left_out_and_tabs_are_blanks():
    assert line_of(0, "i", f"{STAMP}out   \x1b[32mok\x1b[0m\tdone").text == "ok  done"
    assert line_of(0, "i", "no stamp").stamp == ""


# --- places -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("1204", Target(line=1203)), ("1,204", Target(line=1203)), ("0", Target(line=0)), ("50%", Target(share=0.5)),
        ("900%", Target(share=1.0)), ("+3m20s", Target(after_s=200.0)), ("+1.5h", Target(after_s=5400.0)),
        ("+90", Target(after_s=90.0)), ("23:55", Target(at=BEGIN + 300)), ("0:05", Target(at=BEGIN + 900)),
        ("23:50:01", Target(at=BEGIN + 1)), ("2026-11-23 00:00", Target(at=BEGIN + 600)),
    ],
)  # fmt: skip
def test_places_as_people_type_them(text, target):
    assert target_of(text, BEGIN, UTC) == target


@pytest.mark.parametrize("text", ["x", "25:00", "+", "%", "12:", "-3"])
def test_what_is_no_place_is_refused_with_examples(text):
    with pytest.raises(NoSuchTarget, match="1204"):
        target_of(text, BEGIN, UTC)
