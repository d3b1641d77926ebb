"""Logs of a gigabyte, and logs that grow by twenty thousand lines a second, seen in the terminal."""

from __future__ import annotations

import multiprocessing
import random
import re
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Protocol

from benchmarks.tui.figures import Figure, at_most, median, spread
from benchmarks.tui.sides import recorded, tui
from benchmarks.tui.terminal import Terminal, cpu_s, rss_mib

COLUMNS, LINES = 120, 36
LAST = "the very last line of it"
PER_S = 20_000
COUNTED = re.compile(r"([\d,]{5,}) lines")


class Counter(Protocol):
    """Shared with another process."""

    value: int


def large(path: Path, size_bytes: int) -> int:
    """A log of that size: one line in a hundred is a warning, one in two thousand an error of five; how many lines."""
    luck = random.Random(1)
    block = b"".join(some_lines(luck, number) for number in range(11_000))
    lines = 0
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        for second in range(size_bytes // len(block)):
            clock = b"%02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60)
            file.write(block.replace(b"@@:@@:@@", clock))
            lines += block.count(b"\n")
        file.write(b"2026-11-25T23:59:59.999Z info  " + LAST.encode() + b"\n")
    return lines + 1


def some_lines(luck: random.Random, number: int) -> bytes:
    """One message."""
    head = b"2026-11-25T@@:@@:@@.%03dZ " % (number // 11)
    chance = luck.random()
    if chance < 0.0005:
        trace = (
            b"chunk %d can't be merged" % number, b"Traceback (most recent call last):",
            b'  File "dedupe.py", line 88, in run', b"    out = frame.merge(fx)", b"MemoryError: no memory",
        )  # fmt: skip
        return b"".join(head + b"error " + line + b"\n" for line in trace)
    if chance < 0.01:
        return head + b"warn  rss %.1f GiB of 8.0 GiB\n" % (luck.random() * 8)
    return head + b"info  merge chunk %d of 10,800,000 rows=%d\n" % (number, luck.randrange(80_000, 90_000))


def gigabyte(folder: Path, *, size_bytes: int = 1 << 30) -> Iterable[Figure]:
    """Tail, index, jumps, errors, search, and what memory that takes on both sides."""
    with recorded("failing", folder) as daemon:
        run = latest(folder, "orders_nightly")
        log = folder / "state" / "logs" / "orders_nightly" / str(run) / "transform.clean_eu.1.log"
        total = large(log, size_bytes)
        log.read_bytes()[:0]  # into the page cache, as a log is that was just written
        with tui(folder, f"run/{run}/transform.clean_eu", columns=COLUMNS - 40, lines=LINES) as terminal:
            terminal.until("clean_eu")
            terminal.quiet(1.0)
            before, daemon_before = rss_mib(terminal.pid), rss_mib(daemon.pid)
            terminal.forget()
            began = time.perf_counter()
            terminal.press("L")
            terminal.until_said(LAST.encode())
            yield at_most("1 GB log: tail after L", (time.perf_counter() - began) * 1e3, 200, "ms")
            terminal.until(lambda text: COUNTED.search(text) is not None and "counting" not in text, within_s=30)
            yield at_most("1 GB log: all lines counted", time.perf_counter() - began, 2.0, "s", f"   {total:,} lines")
            terminal.until(lambda text: re.search(r"[\d,]+ errors(?! so)", text) is not None, within_s=60)
            yield at_most("1 GB log: all errors found", time.perf_counter() - began, 4.0, "s", "   after L")
            terminal.quiet(1.0)
            yield from spread("1 GB log: jump to paint", list(jumps(terminal, total)), {"p50": 30, "p95": 30})
            yield from searches(terminal)
            growth = rss_mib(terminal.pid) - before
            yield at_most("1 GB log: the terminal UI grows by", growth, 10, "MiB", f"   to {before + growth:.0f}")
            yield at_most("1 GB log: the daemon grows by", rss_mib(daemon.pid) - daemon_before, 20, "MiB")


def jumps(terminal: Terminal, total: int, times: int = 60) -> Iterable[float]:
    """To lines anywhere, from enter to the number of the line on the screen."""
    luck = random.Random(5)
    for _ in range(times):
        line = luck.randrange(100, total - 100)
        terminal.press("@")
        terminal.write(str(line))
        terminal.quiet(0.1)
        terminal.forget()
        began = time.perf_counter()
        terminal.press("enter")
        terminal.until_said(f"{line:,}   ".encode())
        terminal.until_said(lambda said: said.count(b"rows=") > 5)
        yield time.perf_counter() - began
        terminal.quiet(0.1)


def searches(terminal: Terminal) -> Iterable[Figure]:
    """A text that is there once, at the end, from the beginning on; and how many times another is there."""
    terminal.press("g")
    terminal.quiet(0.3)
    terminal.press("/")
    terminal.write("very last")
    terminal.quiet(0.2)
    terminal.forget()
    began = time.perf_counter()
    terminal.press("enter")
    terminal.until_said(b"the ")
    terminal.until("1 of 1", within_s=60)
    yield Figure("1 GB log: search from end to end", f"{time.perf_counter() - began:.1f} s")


def follow(folder: Path, *, for_s: float) -> Iterable[Figure]:
    """A log that grows by 20,000 lines a second."""
    with recorded("busy", folder):
        run = latest(folder, "retrain_model")
        log = folder / "state" / "logs" / "retrain_model" / str(run) / "train.1.log"
        written = multiprocessing.Value("q", 0)
        writer = multiprocessing.Process(target=write_on, args=(str(log), written), daemon=True)
        with tui(folder, f"run/{run}/train", columns=COLUMNS, lines=LINES) as terminal:
            terminal.until("FOLLOWING")
            writer.start()
            try:
                terminal.until("skipping")
                terminal.listen(1.0)
                yield from followed(terminal, written, for_s)
            finally:
                writer.terminate()
                writer.join()


def followed(
    terminal: Terminal, written: multiprocessing.sharedctypes.Synchronized[int], for_s: float
) -> Iterable[Figure]:
    """What that costs, and how far behind the screen is."""
    cpu, paints, began, lines = cpu_s(terminal.pid), terminal.paints, time.perf_counter(), written.value
    behind = []
    while time.perf_counter() - began < for_s:
        terminal.listen(0.25)
        seen = max(map(int, re.findall(r"flood (\d+)", terminal.text)), default=0)
        behind.append((written.value - seen) / PER_S)
    took_s = time.perf_counter() - began
    share = 100 * (cpu_s(terminal.pid) - cpu) / took_s
    rate = (written.value - lines) / took_s
    yield at_most("following 20,000 lines/s: CPU", share, 15, "% of a core", f"   {rate:,.0f} lines/s")
    yield at_most("following 20,000 lines/s: behind", max(behind), 1.0, "s", f"   median {median(behind):.2f}")
    yield at_most("following 20,000 lines/s: paints", (terminal.paints - paints) / took_s, 15, "a second")
    terminal.until("skipping", within_s=2)


def write_on(path: str, written: multiprocessing.sharedctypes.Synchronized[int]) -> None:
    """For ever."""
    began = time.monotonic()
    with open(path, "ab", buffering=0) as file:
        while True:
            due = int((time.monotonic() - began) * PER_S)
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()).encode() + b".000Z out   "
            file.write(b"".join(stamp + b"flood %d with some words\n" % n for n in range(written.value + 1, due + 1)))
            written.value = max(due, written.value)
            time.sleep(0.02)


def latest(folder: Path, dag_id: str) -> int:
    """The newest run of a DAG."""
    with closing(sqlite3.connect(folder / "state" / "flowlite.db")) as db:
        (run,) = db.execute("SELECT max(id) FROM run WHERE dag_id = ?", (dag_id,)).fetchone()
    return int(run)
