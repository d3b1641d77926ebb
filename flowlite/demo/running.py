"""A real daemon for the play: `flowlite up`, as everybody starts it, and gone with whoever started it."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from flowlite import FlowliteError
from flowlite.client.client import Client
from flowlite.service.places import Place

START_S, STOP_S = 60.0, 45.0
PR_SET_PDEATHSIG = 1  # of prctl(2)


class Daemon:
    """`with Daemon(config, place) as daemon:` it is up. At the end all of its work is over or stopped."""

    def __init__(self, config: Path, place: Place) -> None:
        self._config, self._place = config, place

    def __enter__(self) -> Self:
        log = self._place.state / "daemon.log"
        with log.open("ab") as lines:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flowlite", "--config", str(self._config), "--state", str(self._place.state),
                 "up"],
                stdin=subprocess.DEVNULL, stdout=lines, stderr=lines,
                # Ctrl-C goes to a whole process group: the daemon ends when the play has.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )  # fmt: skip
        try:
            self._wait_until_up(log)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def _wait_until_up(self, log: Path) -> None:
        client, until = Client(self._place), time.monotonic() + START_S
        while client.daemon != self._process.pid:
            if self._process.poll() is not None or time.monotonic() > until:
                said = log.read_text("utf-8", "replace").strip().splitlines()
                raise FlowliteError(f"the daemon did not start: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.02)
        client.close()

    def _stop(self) -> None:
        # As `flowlite down --kill`: a play that has ended has nothing running, one that was left has.
        for number in (signal.SIGUSR2, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(number)
                try:
                    self._process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    continue


def end_with_parent() -> None:
    """Between fork and exec: the kernel tells the daemon to end, and all that it runs, if we are killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGUSR2)
