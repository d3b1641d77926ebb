"""`flowlite down`: stop the daemon, and wait until it is gone."""

from __future__ import annotations

import os
import signal
import time

import click

from flowlite.cli.output import say
from flowlite.cli.setting import Setting

LOOK_EVERY_S = 0.05


@click.command()
@click.option("--drain", is_flag=True, help="Wait until everything that runs has ended.")
@click.option("--kill", is_flag=True, help="Stop everything that runs, processes too; it runs again at the next start.")
@click.pass_obj
def down(setting: Setting, drain: bool, kill: bool) -> None:
    """Stop the daemon. What runs inside it gets 30 seconds to end by itself; processes go on, and the next
    `flowlite up` takes them up again."""
    from flowlite.service.daemon import NotUp, pid_of
    from flowlite.service.presence import DAEMON_ROLE

    if drain and kill:
        raise click.UsageError("--drain waits for what runs, --kill stops it; choose one")
    folder = setting.state_folder
    pid = pid_of(folder, DAEMON_ROLE)
    if pid is None:
        raise NotUp(folder)
    os.kill(pid, signal.SIGUSR2 if kill else signal.SIGUSR1 if drain else signal.SIGTERM)
    try:
        while pid_of(folder, DAEMON_ROLE) == pid:
            time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        say(f"\nprocess {pid} goes on stopping; `flowlite down --kill` stops what it waits for", err=True)
        raise
    say(f"flowlite is down (was process {pid})")
