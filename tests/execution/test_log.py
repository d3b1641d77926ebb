"""The log of an attempt: its format, its cap, and how it is read back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlite.execution.log import LogFile, stamp
from flowlite.execution.log_reader import read_log, read_pages, read_tail
from flowlite.execution.masking import Masker
from flowlite.execution.streams import Stream, overwritten

NOBODY = Masker()


def text_of(path: Path) -> list[str]:
    return [line[25:] for line in path.read_text().splitlines()]


def test_a_line_has_its_time_and_its_label(tmp_path):
    log = LogFile(tmp_path / "deep" / "x.log", 1 << 20, NOBODY)
    log.write(1795389398.123, "out", b"hello")
    log.write(0.9994, "error", b"two\nlines")
    log.close()
    assert (tmp_path / "deep" / "x.log").read_text() == (
        "2026-11-22T23:16:38.123Z out   hello\n"
        "1970-01-01T00:00:00.999Z error two\n"
        "1970-01-01T00:00:00.999Z error lines\n"
    )


def test_times_are_in_utc():
    assert stamp(0) == "1970-01-01T00:00:00.000Z"


def test_a_full_log_keeps_its_head_and_tail_and_counts_the_rest(tmp_path):
    log = LogFile(tmp_path / "x.log", 4000, NOBODY)
    for number in range(1000):
        log.write(0.0, "out", b"%d" % number)
    log.close()
    lines = text_of(tmp_path / "x.log")
    assert (lines[0], lines[-1]) == ("out   0", "out   999")
    assert (tmp_path / "x.log").stat().st_size < 4400
    kept = sum(line.startswith("out") for line in lines)
    numbers = sum(len(str(n)) + 1 for n in range(1000)) - sum(len(line) - 5 for line in lines if line.startswith("out"))
    assert kept > 60
    assert f"flow  {numbers} bytes were dropped here: the log is capped at 4000 bytes" in lines


def test_the_tail_is_masked_too(tmp_path):
    log = LogFile(tmp_path / "x.log", 2000, Masker(["s3cr3t-value"]))
    for _ in range(200):
        log.write(0.0, "out", b"it is s3cr3t-value indeed")
    log.close()
    assert "s3cr3t" not in (tmp_path / "x.log").read_text()


def test_a_log_that_an_earlier_poke_has_filled_stays_as_it_is(tmp_path):
    for _ in range(3):
        log = LogFile(tmp_path / "x.log", 2000, NOBODY)
        for _ in range(200):
            log.write(0.0, "out", b"more and more")
        log.close()
    assert (tmp_path / "x.log").stat().st_size < 2400


def test_a_log_is_never_written_through_a_symlink(tmp_path):
    (tmp_path / "target").write_text("mine")
    (tmp_path / "x.log").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic"):
        LogFile(tmp_path / "x.log", 2000, NOBODY)


def test_a_full_disk_costs_lines_and_not_the_attempt(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    log = LogFile(Path("/dev/full"), 1 << 20, NOBODY)
    log.write(0.0, "out", b"gone")
    log.close()
    assert log.dropped_bytes > 0


# --- streams ----------------------------------------------------------------------------------------------------------
def pumped(tmp_path: Path, chunks: list[bytes], masker: Masker = NOBODY) -> tuple[list[bytes], bytes | None]:
    """The texts that reach the log, and the last line."""
    path = tmp_path / "pumped.log"
    path.unlink(missing_ok=True)
    log = LogFile(path, 64 << 20, masker)
    read_end, write_end = os.pipe()
    stream = Stream(read_end, "out", log, masker, lambda: 0.0)
    for chunk in chunks:
        os.write(write_end, chunk)
        assert stream.read()
    os.close(write_end)
    assert not stream.read()
    stream.finish()
    log.close()
    return [line[31:] for line in path.read_bytes().split(b"\n")[:-1]], stream.last_line


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=20))
def test_however_it_is_cut_the_same_lines_arrive(tmp_path_factory, chunks):
    whole = b"".join(chunks).replace(b"\r", b" ")
    lines, last = pumped(tmp_path_factory.getbasetemp(), [chunk.replace(b"\r", b" ") for chunk in chunks])
    expected = whole.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert lines == expected
    assert last == (expected[-1] if expected else None)


@given(st.integers(1, 11), st.integers(0, 30))
def test_a_secret_is_masked_wherever_the_writes_are_cut(tmp_path_factory, cut, before):
    text = b"x" * before + b"s3cr3t-value" + b"y\n"
    cut += before
    lines, _ = pumped(tmp_path_factory.getbasetemp(), [text[:cut], text[cut:]], Masker(["s3cr3t-value"]))
    assert lines == [b"x" * before + b"***y"]


@pytest.mark.parametrize("before", [65536 - 20, 65536 - 5, 65536 - 1])
def test_a_secret_is_masked_where_a_long_line_is_cut(tmp_path, before):
    text = b"x" * before + b"s3cr3t-value" + b"y" * 70000
    chunks = [text[start : start + 60000] for start in range(0, len(text), 60000)]
    lines, _ = pumped(tmp_path, chunks, Masker(["s3cr3t-value"]))
    assert b"".join(lines) == b"x" * before + b"***" + b"y" * 70000


def test_a_long_line_is_not_cut_inside_a_character(tmp_path):
    text = "é€😀" * 20000
    data = text.encode()
    lines, _ = pumped(tmp_path, [data[start : start + 50001] for start in range(0, len(data), 50001)])
    assert "".join(line.decode() for line in lines) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"10%\r20%\r30%", b"30%"),
        (b"windows\r\nlines\r", b"windows\nlines"),
        (b"a\rb\nc\rd", b"b\nd"),
        (b"plain", b"plain"),
    ],
)
def test_a_line_that_was_overwritten_shows_its_last_state(written, shown):
    assert overwritten(written) == shown


def test_a_progress_bar_does_not_pile_up_in_memory(tmp_path):
    lines, last = pumped(tmp_path, [b"%5d/99999\r" % number for number in range(2000)])
    assert len(lines) < 5
    assert last is not None
    assert last.strip() == b"1999/99999"


# --- reading ----------------------------------------------------------------------------------------------------------
@given(st.binary(max_size=3000), st.integers(1, 400))
def test_pages_put_together_are_the_log(tmp_path_factory, data, limit):
    path = tmp_path_factory.getbasetemp() / "pages.log"
    path.write_bytes(data)
    start, parts = 0, []
    while (page := read_log(path, start, limit_bytes=limit)).end > start:
        parts.append(data[start : page.end])
        assert page.start == start
        assert page.text == data[start : page.end].decode(errors="backslashreplace")
        start = page.end
    assert b"".join(parts) == data
    assert page.is_last


def test_following_a_log_gives_what_came_since(tmp_path):
    path = tmp_path / "x.log"
    assert read_log(path).text == ""
    path.write_bytes(b"one\n")
    first = read_log(path)
    with path.open("ab") as file:
        file.write(b"two\n")
    assert (first.text, read_log(path, first.end).text) == ("one\n", "two\n")
    assert [page.text for page in read_pages(path)] == ["one\ntwo\n"]


def test_the_tail_is_the_last_lines(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"".join(b"%d\n" % number for number in range(100_000)))
    page = read_tail(path, lines=3)
    assert (page.text, page.is_last) == ("99997\n99998\n99999\n", True)
    assert read_tail(path, lines=10, limit_bytes=15).text == "99998\n99999\n"
    assert read_tail(tmp_path / "none").text == ""


def test_bytes_that_are_no_text_stay_readable(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"caf\xc3\xa9 \xff\xfe\n")
    assert read_log(path).text == "café \\xff\\xfe\n"
