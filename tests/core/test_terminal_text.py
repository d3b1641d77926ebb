"""What reaches a terminal says nothing to it but letters."""

from __future__ import annotations

import time

import pytest
from core_attacks import ATTACKS, MARKUP
from hypothesis import given
from hypothesis import strategies as st

from flowlite.core.terminal_text import safe, safe_line, without_colors

TRICKY = st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x07\x9b\x9d\x90[];\\mcJ0152\u202e\u2066\u0301")))


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_gets_through(name):
    for shown in (safe(f"a{ATTACKS[name]}b"), safe_line(f"a{ATTACKS[name]}b"), safe(without_colors(ATTACKS[name]))):
        assert all(char.isprintable() for char in shown), shown
        assert len(shown) < 60


@given(TRICKY)
def test_what_comes_out_is_letters_tabs_and_newlines_and_stays_as_it_is(text):
    shown = safe(text)
    assert not [c for c in shown if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160 or c in "\u202e\u2066"]
    assert safe(shown) == shown
    assert safe_line(text).isascii() or "\n" not in safe_line(text)
    assert "\x1b" not in safe(without_colors(text))


def test_harmless_text_stays_as_it_is():
    text = "tab\there\nünï 数据 ✓ 👍🏽 e\u0301"
    assert safe(text) == text
    assert safe_line(text) == text.replace("\t", "\\t").replace("\n", "\\n")
    assert [safe(text) for text in MARKUP] == list(MARKUP)  # what is markup to one is text to another: shown as it is


def test_what_is_taken_out_stays_visible():
    assert safe("a\x1b[2Jb\u202ec\U000e0041") == "a\\x1b[2Jb\\u202ec\\U000e0041"
    assert safe("e" + "\u0301" * 9) == "e" + "\u0301" * 3 + "…"


def test_colors_can_be_left_out_and_nothing_else_is():
    assert without_colors("\x1b[31mred\x1b[0m \x1b[38;2;1;2;3mx \x1b[2J") == "red x \x1b[2J"


def test_a_line_of_megabytes_takes_no_time():
    for text in ("x" * 8_000_000, "\x1b[" * 200_000, "\u0301" * 400_000):
        began = time.perf_counter()
        safe_line(text)
        assert time.perf_counter() - began < 2
