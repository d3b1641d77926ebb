"""A real daemon is killed under a terminal UI, and comes back: what is said, and what of the view is kept."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.tui.figures import Figure, at_most, median
from benchmarks.tui.sides import Project, tui
from benchmarks.tui.terminal import Terminal

DAGS = """
from flowlite import Context, Dag, task

@task
async def talk(number: int, ctx: Context):
    for line in range(200):
        ctx.log.info("line %d of %d", line, number)
    ctx.log.error("one thing went wrong")

for number in range(30):
    with Dag(f"dag_{number:02}", tags=["odd"] if number % 2 else ["even"]) as dag:
        for place in range(6):
            talk.options(id=f"task_{place}")(number)
    globals()[f"dag_{number:02}"] = dag
"""


def restart(folder: Path, *, rounds: int) -> Iterable[Figure]:
    """Banner and being live again, in Home with a filter, marks and a cursor; and in a log."""
    project = Project(folder)
    project.write(DAGS)
    banners: list[float] = []
    live: list[float] = []
    kept: list[bool] = []
    try:
        project.up()
        for number in range(30):
            project.flowlite("trigger", f"dag_{number:02}")
        for place, prepare in (("home", in_home), ("run/7/task_3", in_log)):
            with tui(folder, place, columns=120, lines=36) as terminal:
                terminal.until("● ")
                prepare(terminal)
                kept += [killed(project, terminal, banners, live) for _ in range(rounds)]
    finally:
        project.end()
    yield at_most("daemon killed: banner, median", median(banners), 1.0, "s")
    yield at_most("daemon up again: live, median", median(live), 2.0, "s")
    same = f"{sum(kept)} of {len(kept)}"
    yield Figure("daemon up again: cursor, marks, filter, scroll kept", same, "all", all(kept))


def in_home(terminal: Terminal) -> None:
    """Filtered, two marked, in the middle."""
    terminal.until("dag_29")
    terminal.press("/")
    terminal.write("tag:odd")
    terminal.press("enter", "j", "j", " ", " ", "j")
    terminal.quiet(1.0)
    assert "2 marked" in terminal.text, terminal.text


def in_log(terminal: Terminal) -> None:
    """Filtered by level after a search, paused in the middle."""
    terminal.until("task_3")
    terminal.quiet(0.5)
    terminal.press("L")
    terminal.until("line 199 of 6")
    terminal.press("@")
    terminal.write("88")
    terminal.press("enter", "/")
    terminal.write("line 87")
    terminal.press("enter")
    terminal.until("1 of 1")
    terminal.quiet(1.0)


def killed(project: Project, terminal: Terminal, banners: list[float], live: list[float]) -> bool:
    """Once; whether all that is seen is as it was."""
    before = body_of(terminal)
    terminal.forget()
    began = time.perf_counter()
    project.kill()
    terminal.until_said(b"daemon gone", within_s=20)
    banners.append(time.perf_counter() - began)
    terminal.listen(1.0)
    terminal.forget()
    ready_at = project.up()
    terminal.until_said("● ".encode(), within_s=20)
    live.append(max(0.0, time.perf_counter() - ready_at))
    terminal.quiet(1.0)
    return body_of(terminal) == before


def body_of(terminal: Terminal) -> list[str]:
    """All but the first line, which is about the daemon, and the times that go by."""
    return [re.sub(r"\d+(s|m|h)\d*\w*|\d\d:\d\d", "_", line).rstrip() for line in terminal.text.splitlines()[1:-1]]
