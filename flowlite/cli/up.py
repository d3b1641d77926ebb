"""`flowlite up`: the daemon, in this terminal, in the background, or below the terminal UI."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from flowlite.cli.marks import color, mark
from flowlite.cli.output import is_terminal, paint, say
from flowlite.cli.setting import Setting
from flowlite.cli.tables import Cell
from flowlite.cli.words import count

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from flowlite.config import Settings
    from flowlite.service.daemon import Daemon
    from flowlite.service.notes import Note
    from flowlite.service.places import Place

GONE_WITHIN_S = 1.0


@click.command()
@click.option("--detach", "-d", is_flag=True, help="Go on in the background; its lines go to logs/daemon.log.")
@click.option("--tui", "with_tui", is_flag=True, help="Show the terminal UI; leaving that stops the daemon.")
@click.option("--ready-fd", type=int, hidden=True)
@click.pass_obj
def up(setting: Setting, detach: bool, with_tui: bool, ready_fd: int | None) -> None:
    """Start what is due, run it, and go on for months. Stop it with Ctrl-C or `flowlite down`."""
    if detach and with_tui:
        raise click.UsageError("--detach has no terminal for --tui; start one with each, then `flowlite tui`")
    if detach or with_tui:
        from flowlite.cli.background import detached, with_tui_on_top

        (with_tui_on_top if with_tui else detached)(setting)
        return
    import asyncio

    gc.disable()  # until it works: a start makes much that stays, and a tenth of it would go into looking for garbage
    asyncio.run(live(setting, ready_fd))


async def live(setting: Setting, ready_fd: int | None) -> None:
    """The daemon's life in this process."""
    import asyncio

    from flowlite.service.daemon import Daemon

    def read() -> tuple[Place, Settings]:
        """As the file is now."""
        fresh = Setting(setting.config, setting.state)
        return fresh.place, fresh.settings

    daemon = Daemon(setting.place, setting.settings, Lines(is_log=ready_fd is not None).show, read=read)
    listen_to_signals(asyncio.get_running_loop(), daemon)
    await daemon.live(lambda: is_up(daemon, ready_fd))
    say(f"flowlite is down (was process {os.getpid()})")


def is_up(daemon: Daemon, ready_fd: int | None) -> None:
    """Say so, also to whoever has started us and waits."""
    gc.freeze()
    gc.enable()
    problems = f", {count(len(daemon.catalog.problems), 'problem')}" if daemon.catalog.problems else ""
    there = f"{count(len(daemon.catalog.dags), 'DAG')}{problems}, state in {daemon.place.state}"
    say(f"flowlite is up (process {daemon.pid}): {there}")
    if ready_fd is not None:
        os.write(ready_fd, b"ready\n")
        os.close(ready_fd)
    elif is_terminal():
        say("Ctrl-C stops it; what runs in processes goes on without it")


def listen_to_signals(loop: AbstractEventLoop, daemon: Daemon) -> None:
    """SIGTERM and Ctrl-C leave, SIGUSR1 drains, SIGUSR2 kills, SIGHUP reads the configuration again, SIGQUIT shows
    where every thread is."""
    import faulthandler

    from flowlite.service.daemon import Leave

    ways = {signal.SIGTERM: Leave.LEAVE, signal.SIGINT: Leave.LEAVE, signal.SIGUSR1: Leave.DRAIN}
    for number, how in {**ways, signal.SIGUSR2: Leave.KILL}.items():
        loop.add_signal_handler(number, daemon.stop, how)
    loop.add_signal_handler(signal.SIGHUP, hung_up, loop, daemon, is_terminal())
    faulthandler.register(signal.SIGQUIT)


def hung_up(loop: AbstractEventLoop, daemon: Daemon, had_terminal: bool) -> None:
    """SIGHUP: read the configuration again; or the terminal is gone that we were started in, and we go, too."""
    if had_terminal and not is_terminal():
        leave_if_gone(daemon)
        return
    daemon.read_again()
    if had_terminal:  # the signal comes a moment before the terminal goes
        loop.call_later(GONE_WITHIN_S, leave_if_gone, daemon)


def leave_if_gone(daemon: Daemon) -> None:
    """There is nobody left to tell anything."""
    from flowlite.service.daemon import Leave

    if daemon.is_leaving or is_terminal():
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)
    daemon.stop(Leave.LEAVE)


class Lines:
    """`09:03:01 ✓ run 17 of sales for 2024-01-01: success, 3.2 s`; in a log with the date, in UTC."""

    def __init__(self, *, is_log: bool) -> None:
        self._is_log = is_log

    def show(self, note: Note) -> None:
        """Print one."""
        import time

        if self._is_log:
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(note.at))
        else:
            when = time.strftime("%H:%M:%S", time.localtime(note.at))
        sign = mark(note.state) if note.state else "·"
        paint(Cell(f"{when} ", "bright_black"), Cell(f"{sign} ", color(note.state or "pending")), note.text)
        sys.stdout.flush()
