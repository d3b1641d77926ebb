"""How quick it is: from its start to a picture, from a key to its paint; what it costs at rest and in a flood."""

from __future__ import annotations

import random
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from benchmarks.tui.figures import Figure, at_most, median, quantile, spread
from benchmarks.tui.sides import recorded, tui
from benchmarks.tui.terminal import Terminal, cpu_s, rss_mib

SMALL, LARGE = (80, 24), (200, 60)
KEYS = 200
UPDATES = 2_000  # a second
STEP_S, RIGHT_WITHIN_S = 0.05, 0.2  # the flood ends with its step


def start(folder: Path, *, rounds: int) -> Iterable[Figure]:
    """To the first meaningful picture: a DAG with its runs."""
    took = []
    with recorded("busy", folder):
        for _ in range(rounds):
            with tui(folder, columns=120, lines=36) as terminal:
                terminal.until_said(b"orders_nightly")
                took.append(time.perf_counter() - terminal.began_at)
                terminal.quiet(0.3)
    yield at_most("start to first picture, median", median(took) * 1e3, 700, "ms", f"   best {min(took) * 1e3:.0f}")


def at_rest(folder: Path, *, for_s: float) -> Iterable[Figure]:
    """An idle screen says nothing."""
    with recorded("calm", folder), tui(folder, columns=120, lines=36) as terminal:
        terminal.until("orders_nightly")
        terminal.quiet(2.0)
        sent, cpu = terminal.sent, cpu_s(terminal.pid)
        terminal.listen(for_s)
        yield at_most("idle: bytes sent", terminal.sent - sent, 0, "B", f" in {for_s:.0f} s")
        yield Figure("idle: CPU", f"{100 * (cpu_s(terminal.pid) - cpu) / for_s:.1f} % of a core")


ECHO = "import os, tty; tty.setraw(0); any(os.write(1, os.read(0, 1024)) < 0 for _ in iter(int, 1))"


def echo() -> Iterable[Figure]:
    """What a key costs in a program that only sends it back: the machine's share of every figure here."""
    luck = random.Random(7)
    with Terminal([sys.executable, "-c", ECHO], columns=80, lines=24) as terminal:
        terminal.listen(0.5)
        took = []
        for _ in range(KEYS):
            terminal.forget()
            terminal.press("j")
            took.append(terminal.until_said(b"j"))
            terminal.listen(0.02 + 0.03 * luck.random())
    milliseconds = [1e3 * quantile(took, share) for share in (0.5, 0.95)]
    yield Figure("a bare echo of a key, p50 / p95", " / ".join(f"{one:.1f}" for one in milliseconds) + " ms")


def keys_at_rest(folder: Path) -> Iterable[Figure]:
    """From a key to the bytes that hold the row of the cursor."""
    yield from echo()
    with recorded("calm", folder):
        for columns, lines in (SMALL, LARGE):
            with tui(folder, columns=columns, lines=lines) as terminal:
                terminal.until("orders_nightly")
                terminal.quiet(1.0)
                names, cpu = names_in_order(terminal), cpu_s(terminal.pid)
                took = list(walk(terminal, names))
                cpu = cpu_s(terminal.pid) - cpu
            yield Figure(f"key, {columns}x{lines}, with all that follows: CPU", f"{1e3 * cpu / len(took):.1f} ms")
            yield from spread(f"key to paint, {columns}x{lines}, idle", took, {"p50": 8, "p95": 40, "max": 100})


def names_in_order(terminal: Terminal) -> list[str]:
    """The DAGs of the list, from where the cursor is: it is walked through once."""
    first = row_of_cursor(terminal)
    found = [first]
    while True:
        terminal.forget()
        terminal.press("j")
        terminal.quiet(0.15)
        here = row_of_cursor(terminal)
        if here == found[-1]:
            break
        found.append(here)
    for _ in found:
        terminal.press("k")
        terminal.quiet(0.05)
    return found


def row_of_cursor(terminal: Terminal) -> str:
    """The name on the row that is marked by the cursor."""
    row = next(line for line in terminal.text.splitlines() if line.startswith("▌"))
    return row[1:].split()[0]


def walk(terminal: Terminal, names: list[str], keys: int = KEYS) -> Iterable[float]:
    """Down and up through a list, with pauses as people make them; how long each key took."""
    luck, at, by = random.Random(7), 0, 1
    for _ in range(keys):
        by = 1 if at == 0 else -1 if at == len(names) - 1 else by
        at += by
        terminal.forget()
        terminal.press("j" if by > 0 else "k")
        yield terminal.until_said(under_cursor(names[at]))
        terminal.listen(0.02 + 0.03 * luck.random())


def under_cursor(name: str) -> Callable[[bytes], bool]:
    """Whether a row was painted that has the cursor and this name."""
    row = re.compile("▌".encode() + rb"(?:\x1b\[[0-9;]*m|[^\x1b])*?" + re.escape(name.encode()))
    return lambda said: row.search(said) is not None


def in_a_flood(folder: Path, *, for_s: float) -> Iterable[Figure]:
    """Ten thousand task instances of one run, of which two thousand change every second."""
    with recorded("big", folder, flood=UPDATES):
        run = run_of(folder)
        for columns, lines in (SMALL, LARGE):
            with tui(folder, f"run/{run}", columns=columns, lines=lines) as terminal:
                open_map(terminal)
                if (columns, lines) == LARGE:
                    yield at_most("10,000 tasks open, RSS", rss_mib(terminal.pid), 80, "MiB")
                for among, name in ((0, "spread"), (lines, "all of them seen")):
                    yield from flooded(folder, terminal, among, f"{columns}x{lines}, {name}", for_s)


def open_map(terminal: Terminal) -> None:
    """The elements of the largest map, one a row."""
    terminal.until("judge")
    terminal.quiet(1.0)
    find(terminal, "judge")
    if " [0]" not in terminal.text:  # it is open already where one of its elements has failed
        terminal.press("z")
    terminal.until(" [0]")
    terminal.quiet(1.0)


def cursor_line(terminal: Terminal) -> str:
    """The row under the cursor."""
    return next((line for line in terminal.text.splitlines() if line.startswith("▌")), "")


def find(terminal: Terminal, name: str) -> None:
    """The cursor to a row, step by step."""
    terminal.press("g")
    terminal.quiet(0.1)
    for _ in range(400):
        if f" {name} " in cursor_line(terminal):
            return
        terminal.press("j")
        terminal.quiet(0.03)
    raise AssertionError(f"there is no {name}\n{terminal.text}")


def flooded(folder: Path, terminal: Terminal, among: int, name: str, for_s: float) -> Iterable[Figure]:
    """Keys, cost and truth while it lasts."""
    wanted = folder / "flood"
    wanted.write_text(str(among))
    terminal.listen(1.0)
    sent, cpu, began = terminal.sent, cpu_s(terminal.pid), time.perf_counter()
    terminal.listen(for_s)
    took_s = time.perf_counter() - began
    share = 100 * (cpu_s(terminal.pid) - cpu) / took_s
    yield at_most(f"2,000 updates/s, {name}: CPU", share, 25 if among else 8, "% of a core")
    yield Figure(f"2,000 updates/s, {name}: sent", f"{(terminal.sent - sent) / took_s / 1e3:.1f} kB/s")
    took = list(walk_elements(terminal))
    yield from spread(f"key to paint, 2,000 updates/s, {name}", took, {"p95": 50, "max": 120})
    wanted.unlink()
    terminal.listen(STEP_S + RIGHT_WITHIN_S)
    wrong = wrong_cells(folder, terminal)
    yield Figure(f"2,000 updates/s, {name}: cells that are wrong 0.2 s after it", str(wrong), "0", wrong == 0)


def walk_elements(terminal: Terminal) -> Iterable[float]:
    """Down and up through the elements of a map."""
    terminal.press("g", *["j"] * 4)
    terminal.listen(1.5)
    found = re.search(r"\[(\d+)\]", cursor_line(terminal))
    assert found is not None, terminal.text
    first = int(found[1])
    yield from walk(terminal, [f"[{first + number}]" for number in range(90)], KEYS // 2)


SIGNS = {"✓": "success", "▸": "running", "○": "queued", "↻": "retrying", "✗": "failed", "·": "pending"}


def wrong_cells(folder: Path, terminal: Terminal) -> int:
    """Elements on the screen whose sign is not that of their state."""
    seen = {int(number): SIGNS[sign] for sign, number in re.findall(r"([✓▸○↻✗·]) \[(\d+)\]", terminal.text)}
    assert len(seen) > 5, terminal.text
    with closing(sqlite3.connect(folder / "state" / "flowlite.db")) as db:
        rows = db.execute(
            "SELECT map_index, state FROM task_instance WHERE run_id = ? AND map_index >= 0", (run_of(folder),)
        )
        truth = dict(rows.fetchall())
    return sum(truth[number] != state for number, state in seen.items())


def run_of(folder: Path) -> int:
    """The run with the most task instances."""
    with closing(sqlite3.connect(folder / "state" / "flowlite.db")) as db:
        (run,) = db.execute("SELECT run_id FROM task_instance GROUP BY 1 ORDER BY count(*) DESC LIMIT 1").fetchone()
    return int(run)
