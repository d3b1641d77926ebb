"""Pages and searches of logs of any size: right line by line, and never the whole file in memory."""

from __future__ import annotations

import random
import time
import tracemalloc

import pytest

from flowlite.service import log_index
from flowlite.service.log_index import BLOCK_BYTES, MOST_OF_A_LINE, LogIndex, LogIndexes


def write(path, lines, *, ends_whole=True):
    path.write_text("\n".join(lines) + ("\n" if ends_whole else ""))
    return LogIndex(path)


@pytest.fixture
def lines():
    luck = random.Random(1)
    return [f"{number} " + "x" * luck.choice([0, 1, 30, 200, 3_000]) for number in range(5_000)]


@pytest.mark.parametrize("ends_whole", [True, False])
def test_every_page_is_what_the_file_says(tmp_path, lines, ends_whole):
    index = write(tmp_path / "log", lines, ends_whole=ends_whole)
    assert (tmp_path / "log").stat().st_size > 10 * BLOCK_BYTES
    for first in (0, 1, 17, 2_500, 4_990, 4_999):
        page = index.page(first, 20)
        assert (list(page.lines), page.from_line, page.total) == (lines[first : first + 20], first, 5_000)
    assert list(index.page(-3, 20).lines) == lines[-3:]
    assert index.page(-9_999, 2).from_line == 0
    assert index.page(5_000, 5).lines == index.page(9_999, 5).lines == ()


@pytest.mark.parametrize("block", [1, 7, 64])
def test_lines_that_end_where_blocks_end_are_found(tmp_path, monkeypatch, block):
    monkeypatch.setattr(log_index, "BLOCK_BYTES", block)
    luck = random.Random(block)
    lines = ["y" * luck.randrange(0, 2 * block + 1) for _ in range(200)]
    index = write(tmp_path / "log", lines)
    for first in range(200):
        assert list(index.page(first, 3).lines) == lines[first : first + 3]


def test_a_log_that_grows_is_counted_on(tmp_path, lines):
    path = tmp_path / "log"
    index = LogIndex(path)
    with path.open("w", buffering=1) as file:
        for number, line in enumerate(lines, 1):
            file.write(line + "\n")
            if number % 500 == 0:
                assert index.page(-1, 1).lines == (line,)
                assert index.total == number


def test_a_log_that_was_written_anew_is_read_anew(tmp_path):
    path = tmp_path / "log"
    index = write(path, ["a"] * 100)
    assert index.page(0, 1).total == 100
    write(path, ["b"])
    assert index.page(0, 5).lines == ("b",)
    path.write_text("")
    assert index.page(0, 5).total == 0


def test_a_line_of_50_mb_is_cut_and_costs_no_memory(tmp_path):
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"before\n")
        for _ in range(50):
            file.write(b"z" * (1 << 20))
        file.write(b"\nafter\n")
    index = LogIndex(path)
    tracemalloc.start()
    page = index.page(0, 10)
    hits = index.search("AFTER", 0, 10)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (page.lines[0], len(page.lines[1]), page.lines[2], page.cut) == ("before", MOST_OF_A_LINE, "after", (1,))
    assert [hit.line for hit in hits.hits] == [2]
    assert most < 16 << 20


def test_a_search_finds_each_line_once_and_goes_on_where_it_ended(tmp_path, lines):
    index = write(tmp_path / "log", lines)
    wanted = [number for number, line in enumerate(lines) if "9" in line]
    assert [hit.line for hit in index.search("9", 0, 10_000).hits] == wanted
    found, place = [], 0
    while place is not None:
        part = index.search("9", place, 100)
        found += [hit.line for hit in part.hits]
        place = part.next_line
    assert found == wanted
    assert all(str(hit.line) in hit.text for hit in index.search("42 ", 0, 100).hits)
    assert index.search("nowhere", 0, 10).hits == ()


def test_a_search_gives_an_answer_before_it_has_seen_all(tmp_path, lines, monkeypatch):
    monkeypatch.setattr(log_index, "MOST_SEARCHED", 2 * BLOCK_BYTES)
    index = write(tmp_path / "log", lines)
    part = index.search("4999 ", 0, 10)
    assert part.hits == ()
    assert 0 < part.next_line < 5_000
    asked = 1
    while not part.hits:
        part, asked = index.search("4999 ", part.next_line, 10), asked + 1
    assert (part.hits[0].line, asked > 3) == (4_999, True)


def test_only_some_indexes_are_kept(tmp_path):
    indexes = LogIndexes()
    first = indexes.of(tmp_path / "0")
    assert indexes.of(tmp_path / "0") is first
    for number in range(1, LogIndexes.MOST + 1):
        indexes.of(tmp_path / str(number))
    assert indexes.of(tmp_path / "0") is not first


@pytest.mark.slow
def test_a_gigabyte_is_no_hitch(tmp_path):
    path = tmp_path / "log"
    block = b"".join(b"2026-11-23T08:00:00.000Z out   line %07d of many\n" % number for number in range(20_000))
    with path.open("wb") as file:
        for _ in range((1 << 30) // len(block)):
            file.write(block)
    index = LogIndex(path)
    total = index.page(-200, 200).total
    luck, took = random.Random(3), []
    for _ in range(200):
        began = time.perf_counter()
        assert len(index.page(luck.randrange(total - 200), 200).lines) == 200
        took.append(time.perf_counter() - began)
    assert sorted(took)[190] < 0.030
