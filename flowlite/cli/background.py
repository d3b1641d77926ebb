"""A daemon that is a process of its own: started by us, heard until it is ready."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import IO

from flowlite.cli.faults import WorkFailed
from flowlite.cli.itself import command_line
from flowlite.cli.output import say
from flowlite.cli.setting import Setting

LOG_BYTES = 8 << 20  # an older log is kept beside it, once


def detached(setting: Setting) -> None:
    """Start it, wait until it works, say where it is, and go."""
    daemon, ready = started(setting)
    if not ready:
        raise WorkFailed(f"the daemon did not start: {last_words(log_file(setting))}")
    say(f"flowlite is up (process {daemon.pid}); its lines go to {log_file(setting)}")
    say("`flowlite status` shows how it is, `flowlite down` stops it")


def with_tui_on_top(setting: Setting) -> None:
    """The daemon below, the UI on top; leaving the UI stops both. In processes of their own, so that neither waits for
    the other's Python."""
    import signal

    from flowlite.cli.tui import show

    daemon, ready = started(setting)
    if not ready:
        raise WorkFailed(f"the daemon did not start: {last_words(log_file(setting))}")
    try:
        show(setting)
    finally:
        daemon.send_signal(signal.SIGTERM)
        say("stopping; what runs inside gets its time (Ctrl-C: at once)")
        try:
            daemon.wait()
        except KeyboardInterrupt:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()


def started(setting: Setting) -> tuple[subprocess.Popen[bytes], bool]:
    """The daemon's process, and whether it works."""
    theirs, ours = os.pipe()
    command = [*command_line(), *options(setting), "up", "--ready-fd", str(ours)]
    with log_of(setting) as log:
        daemon = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(ours,), start_new_session=True
        )
    os.close(ours)
    with os.fdopen(theirs) as answer:
        return daemon, answer.readline() == "ready\n"


def options(setting: Setting) -> list[str]:
    """The same global options again."""
    config = setting.config_path
    found = [] if config is None else ["--config", str(config)]
    return found if setting.state is None else [*found, "--state", str(setting.state_folder)]


def log_file(setting: Setting) -> Path:
    """Where the lines of a daemon in the background go."""
    return setting.state_folder / "logs" / "daemon.log"


def log_of(setting: Setting) -> IO[bytes]:
    """Open for more lines; a large one is put aside first."""
    path = log_file(setting)
    setting.state_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def last_words(log: Path) -> str:
    """The last line of a log."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("flowlite: ") if lines else "it said nothing"
