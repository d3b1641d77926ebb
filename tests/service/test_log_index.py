"""Pages and searches of logs of any size: right line by line, and never the whole file in memory."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime

import pytest

from flowlite.service import log_blocks, log_index
from flowlite.service.log_blocks import BLOCK_BYTES
from flowlite.service.log_criteria import Criterion
from flowlite.service.log_index import LogIndex, LogIndexes
from flowlite.service.log_levels import Level
from flowlite.service.log_lines import MOST_OF_A_LINE


def write(path, lines, *, ends_whole=True):
    path.write_text("\n".join(lines) + ("\n" if ends_whole else ""))
    return LogIndex(path)


def stamped(at: float, label: str, text: str) -> str:
    return f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='milliseconds')[:23]}Z {label:<5} {text}"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A look takes as long as it needs; where it must not, the test says so."""
    monkeypatch.setattr(log_index, "WITHIN_S", 60.0)
    monkeypatch.setattr(log_index, "FIRST_WITHIN_S", 60.0)


@pytest.fixture
def lines():
    luck = random.Random(1)
    return [f"{number} " + "x" * luck.choice([0, 1, 30, 200, 3_000]) for number in range(5_000)]


# --- pages ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ends_whole", [True, False])
def test_every_page_is_what_the_file_says(tmp_path, lines, ends_whole):
    index = write(tmp_path / "log", lines, ends_whole=ends_whole)
    assert (tmp_path / "log").stat().st_size > 10 * BLOCK_BYTES
    for first in (0, 1, 17, 2_500, 4_990, 4_999):
        page = index.page(first, 20)
        assert (list(page.lines), page.from_line, page.total) == (lines[first : first + 20], first, 5_000)
        assert page.numbers == tuple(range(first, min(first + 20, 5_000)))
    assert list(index.page(-3, 20).lines) == lines[-3:]
    assert index.page(-9_999, 2).from_line == 0
    assert index.page(5_000, 5).lines == index.page(9_999, 5).lines == ()


@pytest.mark.parametrize("block", [1, 7, 64])
def test_lines_that_end_where_blocks_end_are_found(tmp_path, monkeypatch, block):
    monkeypatch.setattr(log_blocks, "BLOCK_BYTES", block)
    luck = random.Random(block)
    lines = ["y" * luck.randrange(0, 2 * block + 1) for _ in range(200)]
    index = write(tmp_path / "log", lines)
    for first in range(200):
        assert list(index.page(first, 3).lines) == lines[first : first + 3]


def test_a_log_that_grows_is_counted_on(tmp_path, lines):
    path = tmp_path / "log"
    index = LogIndex(path)
    versions = set()
    with path.open("w", buffering=1) as file:
        for number, line in enumerate(lines, 1):
            file.write(line + "\n")
            if number % 500 == 0:
                page = index.page(-1, 1)
                assert page.lines == (line,)
                assert index.total == number
                versions.add(page.version)
    assert len(versions) == 1


def test_a_log_that_was_written_anew_is_read_anew_and_says_so(tmp_path):
    path = tmp_path / "log"
    first = write(path, ["a"] * 100).page(0, 1)
    index = write(path, ["a"] * 100)
    versions = [first.version, index.page(0, 1).version]
    for text, shown in (("b\n", ("b",)), ("", ()), ("c\n" * 3, ("c",) * 3), ("d\n" * 500, ("d",) * 5)):
        path.write_text(text)
        page = index.page(0, 5)
        assert (page.lines, page.total) == (shown, text.count("\n"))
        versions.append(page.version)
    other = tmp_path / "other"
    other.write_text("d\n" * 500)
    other.replace(path)
    versions.append(index.page(0, 5).version)
    assert len(set(versions)) == len(versions) - 1  # to grow from nothing is to grow


def test_a_line_of_50_mb_is_cut_costs_no_memory_and_can_be_read_piece_by_piece(tmp_path):
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"before\n")
        for _ in range(25):
            file.write("ü".encode() * (1 << 20))
        file.write(b"\nafter\n")
    index = LogIndex(path)
    tracemalloc.start()
    page = index.page(0, 10)
    hits = [hit.line for hit in index.search(Criterion(text="after"), 0, 10).hits]
    pieces = [index.piece(1, place, 9_999) for place in (0, 9_998, 50 << 20)]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (page.lines[0], len(page.lines[1]), page.lines[2]) == ("before", MOST_OF_A_LINE // 2, "after")
    assert (page.cut, page.sizes) == ((1,), (50 << 20,))
    assert hits == [2]
    assert [(one.from_byte, one.to_byte, one.size_bytes) for one in pieces] == [
        (0, 9_998, 50 << 20), (9_998, 19_996, 50 << 20), (50 << 20, 50 << 20, 50 << 20)
    ]  # fmt: skip
    assert set(pieces[0].text + pieces[1].text) == {"ü"}
    assert most < 16 << 20


def test_a_long_last_line_without_an_end_is_as_long_as_it_is(tmp_path):
    (tmp_path / "log").write_bytes(b"a\n" + b"b" * 300_000)
    page = LogIndex(tmp_path / "log").page(0, 5)
    assert (page.total, page.sizes) == (2, (300_000,))


def test_the_end_of_a_large_log_is_there_before_it_is_counted(tmp_path, lines, monkeypatch):
    monkeypatch.setattr(log_index, "WITHIN_S", -1.0)
    monkeypatch.setattr(log_index, "FIRST_WITHIN_S", -1.0)
    index = write(tmp_path / "log", lines)
    page = index.page(-4, 10)
    assert (list(page.lines), page.numbers, page.from_line) == (lines[-4:], (-4, -3, -2, -1), -4)
    assert 0 < page.counted_bytes < page.size_bytes
    while page.counted_bytes < page.size_bytes:
        page = index.page(-4, 10)
    assert (list(page.lines), page.numbers, page.total) == (lines[-4:], (4_996, 4_997, 4_998, 4_999), 5_000)


def test_what_is_no_text_is_shown_and_what_was_overwritten_is_not(tmp_path):
    start = stamped(0, "out", "").encode()
    (tmp_path / "log").write_bytes(start + b"10%\r50%\r100%\r\n" + b"\xff\x00caf\xc3\xa9\n" + start + b"\r\n" + b"\n")
    first, second, third, fourth = LogIndex(tmp_path / "log").page(0, 5).lines
    assert first == start.decode() + "100%"
    assert (second, third, fourth) == ("\\xff\x00café", start.decode(), "")


# --- searches ---------------------------------------------------------------------------------------------------------
def test_a_search_finds_each_line_once_in_both_directions_and_goes_on_where_it_ended(tmp_path, lines):
    index = write(tmp_path / "log", lines)
    wanted = [number for number, line in enumerate(lines) if "9" in line]
    nine = Criterion(text="9")
    assert [hit.line for hit in index.search(nine, 0, 10_000).hits] == wanted
    assert [hit.line for hit in index.search(nine, -1, 10_000, is_backwards=True).hits] == wanted[::-1]
    for is_backwards, place in ((False, 0), (True, -1)):
        found = []
        while place is not None:
            part = index.search(nine, place, 100, is_backwards=is_backwards)
            found += [hit.line for hit in part.hits]
            place = part.next_line
        assert found == (wanted[::-1] if is_backwards else wanted)
    assert all(str(hit.line) in hit.text for hit in index.search(Criterion(text="42 "), 0, 100).hits)
    assert index.search(Criterion(text="nowhere"), 0, 10).hits == ()


def test_small_letters_mean_capital_ones_and_not_the_other_way_round(tmp_path):
    index = write(tmp_path / "log", ["Oslo", "OSLO", "oslo"])
    assert [len(index.search(Criterion(text=text), 0, 9).hits) for text in ("oslo", "Oslo", "OSLO")] == [3, 1, 1]


def test_a_search_says_how_many_there_are_and_which_one_it_is_at(tmp_path, lines):
    index = write(tmp_path / "log", lines)
    wanted = [number for number, line in enumerate(lines) if "7" in line]
    found = index.search(Criterion(text="7"), 2_500, 1)
    assert (found.hits[0].line, found.passing) == (next(n for n in wanted if n >= 2_500), len(wanted))
    assert (found.place, found.sifted_bytes) == (wanted.index(found.hits[0].line), found.size_bytes)


def test_a_search_gives_an_answer_before_it_has_seen_all(tmp_path, lines, monkeypatch):
    monkeypatch.setattr(log_index, "WITHIN_S", -1.0)
    monkeypatch.setattr(log_index, "FIRST_WITHIN_S", -1.0)
    index = write(tmp_path / "log", lines)
    parts = [index.search(Criterion(text="4999 "), 0, 10)]
    while not parts[-1].hits:
        parts.append(index.search(Criterion(text="4999 "), parts[-1].next_line, 10))
    assert parts[-1].hits[0].line == 4_999
    places = [part.next_line for part in parts[:-1]]
    assert places == sorted(places)  # it counts the lines first, then it goes on
    assert (places[0], len(set(places)) > 3) == (0, True)
    assert parts[len(parts) // 2].sifted_bytes < parts[-1].sifted_bytes == parts[-1].size_bytes


@pytest.mark.parametrize("block", [16, 100, 1_000])
def test_a_text_that_spans_blocks_is_found_and_counted_once(tmp_path, monkeypatch, block):
    monkeypatch.setattr(log_blocks, "BLOCK_BYTES", block)
    luck = random.Random(block)
    lines = ["".join(luck.choices("ab", k=luck.choice([0, 3, 40, 300]))) for _ in range(150)]
    index = write(tmp_path / "log", lines)
    for text in ("a", "abba", "bbbbbb"):
        wanted = [number for number, line in enumerate(lines) if text in line]
        found = index.search(Criterion(text=text), 0, 10_000)
        assert ([hit.line for hit in found.hits], found.passing) == (wanted, len(wanted))
        assert list(index.page(0, 1_000, Criterion(text=text)).numbers) == wanted


# --- filters ----------------------------------------------------------------------------------------------------------
TALK = [
    ("info", "begin", "i"),
    ("out", "all is well", "i"),
    ("out", "ERROR can't merge", "e"),
    ("out", "  chunk 7", "e"),
    ("out", "", "e"),
    ("out", "next", "i"),
    ("err", "progress 10 %", "s"),
    ("err", "WARNING: old", "w"),
    ("err", "Traceback (most recent call last):", "e"),
    ("err", '  File "x.py", line 1', "e"),
    ("err", "KeyError: 1", "e"),
    ("err", "done", "s"),
    ("error", "two lines", "e"),
    ("error", "of one", "e"),
    ("debug", "no ERROR here", "d"),
    ("err", "INFO never mind the error: it is none", "i"),
    ("flow", "exit code 1", "i"),
]


def test_a_message_is_kept_together_and_has_one_level(tmp_path):
    lines = [stamped(place // 2, label, text) for place, (label, text, _) in enumerate(TALK)]
    lines[13] = lines[13].replace(lines[13][:24], lines[12][:24])
    letters = "".join(letter for _, _, letter in TALK)
    index = write(tmp_path / "log", lines)
    assert index.page(0, 50).levels == letters
    assert index.page(9, 1).levels == "e"  # it is seen from what stands before it
    for level, passing in (("e", "e"), ("w", "we"), ("s", "swe"), ("i", "iswe")):
        page = index.page(0, 50, Criterion(Level("diswe".index(level))))
        wanted = [number for number, letter in enumerate(letters) if letter in passing]
        assert (list(page.numbers), page.passing, page.total) == (wanted, len(wanted), len(lines))
    errors = index.search(Criterion(Level.ERROR), 0, 50)
    assert ([hit.line for hit in errors.hits], errors.messages) == ([2, 8, 12], 3)
    assert index.search(Criterion(Level.ERROR), 9, 1).place == 2
    assert [index.page(0, 1, Criterion(Level.WARN), at_line=line).from_line for line in (0, 5, 7, 99)] == [0, 3, 3, 9]
    assert [hit.line for hit in index.search(Criterion(Level.ERROR), 12, 50, is_backwards=True).hits] == [8, 2]
    both = index.page(0, 50, Criterion(Level.ERROR, "file"))
    assert list(both.numbers) == [9]


WORDS = [
    "all is well", "ERROR no", "  indented error: x", "WARN hm", "Traceback (most recent call last):", "  File x", "",
    "ValueError: bad", "Caused by: java.lang.Exception: x", "INFO error: none", "level=error", "debug: x", "x" * 90,
]  # fmt: skip


@pytest.mark.parametrize("block", [500, 1_000, 5_000, 20_000])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("level", [Level.ERROR, Level.WARN])
def test_the_quick_way_to_find_bad_messages_finds_what_the_slow_one_does(tmp_path, monkeypatch, block, seed, level):
    monkeypatch.setattr(log_blocks, "BLOCK_BYTES", block)
    luck = random.Random(100 * block + 10 * seed + level)
    labels = luck.choice([["out", "out", "err", "info", "error", "warn", ""], ["info", "warn", "error", ""], [""]])
    lines = [stamped(0, "info", "begin")] if labels != [""] else []
    for number in range(1_500):
        label, text = luck.choice(labels), luck.choice(WORDS)
        lines.append(stamped(number // 3, label, text) if label else text)
    index = write(tmp_path / "log", lines)
    letters = index.page(0, 2_000).levels
    wanted = [number for number, letter in enumerate(letters) if "diswe".index(letter) >= level]
    page = index.page(0, 9_999, Criterion(level))
    assert list(page.numbers) == wanted
    assert page.levels == "".join(letters[number] for number in wanted)
    for first in range(0, len(wanted), 97):
        assert list(index.page(first, 5, Criterion(level)).numbers) == wanted[first : first + 5]


def test_context_stands_around_what_passes_and_nothing_twice(tmp_path):
    index = write(tmp_path / "log", [f"{'HIT' if n in (2, 5, 20, 21, 49) else 'x'} {n}" for n in range(50)])
    page = index.page(0, 50, Criterion(text="HIT"), context=3)
    assert list(page.numbers) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24, 46, 47, 48, 49]
    assert set(page.numbers) - set(page.contexts) == {2, 5, 20, 21, 49}
    parts = [index.page(place, 1, Criterion(text="HIT"), context=3).numbers for place in range(5)]
    assert [number for part in parts for number in part] == list(page.numbers)


def test_a_filter_goes_on_with_a_log_that_grows(tmp_path):
    path, wanted = tmp_path / "log", []
    index = LogIndex(path)
    with path.open("w", buffering=1) as file:
        for number in range(9_000):
            is_bad = number % 37 == 0
            file.write(stamped(number, "error" if is_bad else "info", "x" * 100) + "\n")
            wanted += [number] if is_bad else []
            if number % 450 == 449:
                page = index.page(-3, 3, Criterion(Level.ERROR))
                assert (list(page.numbers), page.passing) == (wanted[-3:], len(wanted))
                assert index.search(Criterion(text="x" * 100), 0, 1).passing == number + 1


# --- time -------------------------------------------------------------------------------------------------------------
def test_an_instant_has_its_line(tmp_path):
    lines = []
    for number in range(4_000):
        lines += [stamped(1_000 + number / 10, "out", "x" * 200), "no time"]
    index = write(tmp_path / "log", lines)
    assert (tmp_path / "log").stat().st_size > 3 * BLOCK_BYTES
    for number in (0, 1, 999, 3_999):
        moment = index.moment(1_000 + number / 10, 0.0)
        assert (moment.line, moment.begins_at) == (2 * number, 1_000)
        assert moment.at == pytest.approx(1_000 + number / 10)
        assert index.moment(None, number / 10).line == 2 * number
    assert index.moment(1_000.25, 0.0).line == 6
    assert index.moment(9_999, 0.0).line == index.total
    assert write(tmp_path / "other", ["no", "time"]).moment(5.0, 0.0).begins_at is None


def test_only_some_indexes_are_kept(tmp_path):
    indexes = LogIndexes()
    first = indexes.of(tmp_path / "0")
    assert indexes.of(tmp_path / "0") is first
    for number in range(1, LogIndexes.MOST + 1):
        indexes.of(tmp_path / str(number))
    assert indexes.of(tmp_path / "0") is not first
