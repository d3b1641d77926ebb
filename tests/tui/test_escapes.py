"""Forty ways to speak to a terminal, through every surface that shows a text from outside: on a real pseudo-terminal,
none of them gets through."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing

import pytest
from core_attacks import ATTACKS, MARKUP
from worlds.serve import configuration

from benchmarks.tui.sides import CLEAN, tui
from benchmarks.tui.terminal import Terminal

pytestmark = pytest.mark.slow

TEXTS = [*ATTACKS.values(), *MARKUP]
TAGS = [f"Q{number:02}Q" for number in range(len(TEXTS))]
NAMES = [tag + text for tag, text in zip(TAGS, TEXTS, strict=True)]
STORED = [name for name in NAMES if "\ud83d" not in name]  # half a character is no text to SQLite
EACH = 8


def test_there_are_forty():
    assert len(ATTACKS) >= 40


def check(said: bytes, names=NAMES) -> None:
    """All of them were shown, and what is behind the tag is not what it was."""
    unseen = [name for name in names if name[:4].encode() not in said]
    assert not unseen
    through = [
        (name, said.find(name.encode("utf-8", "surrogatepass")))
        for name in names
        if name.encode("utf-8", "surrogatepass") in said and name[4:] not in MARKUP
    ]
    assert not through, [said[max(0, at - 300) : at + 40] for _, at in through]
    assert b"\x1b]52" not in said and b"\x1b]0;" not in said and b"\x1b]8;" not in said and b"\x1b]9;" not in said
    assert not [byte for byte in range(0x80, 0xA0) if chr(byte).encode() in said]


RUN = 51  # of orders_nightly, whose tasks are given other names


def task_id(number: int) -> str:
    """A dot makes a group of what stands before it: half of them are groups, too."""
    return f"{STORED[number]}.x" if number % 2 else STORED[number]


@pytest.fixture
def hostile(worlds):
    """A world whose state holds them: names of tasks, groups and DAGs, problems of files, errors, a log."""
    world = worlds("failing")
    (world.root / "flowlite.toml").write_text(configuration(world.root))
    with closing(sqlite3.connect(world.place.state / "flowlite.db")) as db:
        fill(db)
    line = b"2026-11-25T02:00:00.000Z out   "
    log = world.place.state / "logs" / "orders_nightly" / str(RUN) / f"{task_id(0)}.1.log"
    log.write_bytes(b"".join(line + name.encode("utf-8", "surrogatepass") + b"\n" for name in NAMES))
    return world


def fill(db: sqlite3.Connection) -> None:
    """Every text that is shown as it was stored."""
    (version,) = db.execute("SELECT version FROM run WHERE id = ?", (RUN,)).fetchone()
    tasks = [{"id": task_id(number), "pool": "default"} for number in range(len(STORED))]
    (graph,) = db.execute("SELECT graph FROM dag_version WHERE version = ?", (version,)).fetchone()
    graph = json.dumps({**json.loads(graph), "tasks": tasks})
    db.execute("UPDATE dag_version SET graph = ? WHERE version = ?", (graph, version))
    db.execute("DELETE FROM task_instance WHERE run_id = ?", (RUN,))
    db.execute("DELETE FROM task WHERE version = ?", (version,))
    for number, name in enumerate(STORED):
        db.execute("INSERT INTO task VALUES (?, ?, ?, 'python', 'default', 1, 0)", (version, number, task_id(number)))
        db.execute(
            "INSERT INTO task_instance (run_id, task_no, map_index, state, since, attempt, poke, failures, losses, "
            "ooms, started_at) VALUES (?, ?, -1, 'success', 1, 1, 0, 0, 0, 0, 1)", (RUN, number),
        )  # fmt: skip
        db.execute("INSERT INTO dag (dag_id) VALUES (?)", (name,))
        db.execute("INSERT INTO problem VALUES (?, 1, ?, ?, 1)", (f"file {number}", name, name))
    for place, run in enumerate(failed_runs(db)):
        message = " ".join(NAMES[place * EACH : (place + 1) * EACH])
        error = json.dumps({"type": "ValueError", "message": message, "file": None, "line": None})
        db.execute("UPDATE attempt SET error = ? WHERE run_id = ? AND error IS NOT NULL", (error, run))
    db.commit()


def failed_runs(db: sqlite3.Connection) -> list[int]:
    """Enough of them for all errors."""
    rows = db.execute("SELECT id FROM run WHERE dag_id = 'ml_features' AND state = 'failed' ORDER BY id")
    return [run for (run,) in rows][: -(-len(NAMES) // EACH)]


async def seen(world, place: str, look, *, lines: int = 120) -> bytes:
    """All that is sent to the terminal while somebody looks."""
    async with world:
        return await asyncio.to_thread(look_at, world, place, look, lines)


def look_at(world, place: str, look, lines: int) -> bytes:
    with tui(world.root, place, columns=240, lines=lines) as terminal:
        terminal.until("● ", within_s=30)
        terminal.quiet(1.0)
        look(terminal)
        terminal.quiet(0.5)
        return terminal.said


def nothing(terminal: Terminal) -> None:
    """It is seen as it is."""


async def test_a_log(hostile):
    check(await seen(hostile, f"run/{RUN}/{task_id(0)}", lambda terminal: terminal.press("L", "w", "w")))


async def test_names_of_tasks_and_groups(hostile):
    check(await seen(hostile, f"run/{RUN}", nothing), STORED)


async def test_cells_of_lists(hostile):
    check(await seen(hostile, "home", nothing), STORED)
    check(await seen(hostile, "problems", nothing), STORED)


async def test_the_palette(hostile):
    def look(terminal: Terminal) -> None:
        for name in STORED:
            terminal.press(":")
            terminal.write(name[:4])
            terminal.until(f": {name[:4]}")
            terminal.until(lambda text, tag=name[:4]: text.count(tag) > 1)
            terminal.press("escape")
            terminal.until(lambda text: "Go to" not in text)

    check(await seen(hostile, "pools", look, lines=24), STORED)


async def test_messages(hostile):
    def look(terminal: Terminal) -> None:
        terminal.press("g", "j")
        for name in STORED[1::2]:  # every other row is a group, whose log nobody can read
            terminal.until(lambda text, tag=name[:4]: tag in under_cursor(text))
            terminal.press("L")
            terminal.until(lambda text, tag=name[:4]: tag in text.splitlines()[-1])
            terminal.press("j", "j")

    said = await seen(hostile, f"run/{RUN}", look, lines=30)
    check(said, STORED)
    assert said.count(b"is a group") >= len(STORED) // 2


def under_cursor(text: str) -> str:
    """The row that is marked by the cursor."""
    return next((line for line in text.splitlines() if line.startswith("▌")), "")


async def test_errors(hostile):
    with closing(sqlite3.connect(hostile.place.state / "flowlite.db")) as db:
        runs = failed_runs(db)

    def look(terminal: Terminal) -> None:
        for place, run in enumerate(runs):
            terminal.press(":")
            terminal.write(f"run {run}\r")
            terminal.until(lambda text, run=run: f"run {run}" in text.splitlines()[0])
            terminal.until(TAGS[place * EACH])
            terminal.press("W")
            terminal.until(lambda text: "esc leave" in text)
            terminal.quiet(0.2)
            terminal.press("escape")
            terminal.until(lambda text: "esc leave" not in text)

    check(await seen(hostile, "home", look, lines=40))


async def test_commands(hostile):
    commands = (
        (("runs", "show", str(RUN)), STORED), (("logs", str(RUN), task_id(0)), NAMES), (("status",), ()),
        (("dags", "list"), ()), (("runs", "list"), ()),
    )  # fmt: skip
    async with hostile:
        for command, names in commands:
            words = [sys.executable, "-m", "flowlite", "--config", str(hostile.root / "flowlite.toml"), *command]

            def run(words: list[str] = words) -> bytes:
                with Terminal(words, columns=240, lines=120, env=CLEAN) as terminal:
                    while terminal.process.poll() is None:
                        terminal.read(0.2)
                    terminal.quiet(0.2)
                    return terminal.said

            check(await asyncio.to_thread(run), names)
