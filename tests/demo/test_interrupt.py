"""Ctrl-C in the middle of the demo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PLAY = "import sys; from pathlib import Path; from flowlite.demo import play; sys.exit(play(Path(sys.argv[1])))"


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    line = [sys.executable, "-c", PLAY, str(tmp_path / "demo")]
    session = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    with subprocess.Popen(line, **session) as show:
        next(told for told in show.stdout if "✓" in told)  # the first date is done, the second one has begun
        os.killpg(show.pid, signal.SIGINT)
        rest = show.stdout.read()
        assert (show.wait(60), "nothing is left running" in rest) == (130, True), rest
    until = time.monotonic() + 10
    while (left := processes_of(tmp_path)) and time.monotonic() < until:
        time.sleep(0.05)  # a fork server ends by itself when its last answer is read
    assert left == []


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that know the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = [(process / name).read_text("utf-8", "replace") for name in ("cmdline", "environ")]
        except OSError:
            continue
        if str(folder) in "".join(told):
            found.append(told[0])
    return found
