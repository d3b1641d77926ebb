"""S3 on loopback: moto's server in a process of its own. What is put there is gone when it stops."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from types import TracebackType
from typing import Self

from flowlite import FlowliteError

START_S = 60.0
STOP_S = 5.0


class S3Server:
    """`with S3Server() as s3:` it is up, and `s3.settings("lake")` is a connection to it."""

    endpoint: str

    def __enter__(self) -> Self:
        if find_spec("moto") is None:
            raise FlowliteError("the S3 stand-in needs moto; run: pip install 'flowlite[demo]'")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flowlite.demo.standins.s3_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C goes to a whole process group: the tasks that still use this server shall end before it does.
            start_new_session=True,
        )
        try:
            self.endpoint = f"http://127.0.0.1:{self._port()}"
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def settings(self, bucket: str) -> Mapping[str, str]:
        """A connection to a bucket here. The keys are made up: moto takes any."""
        return {
            "type": "s3",
            "endpoint": self.endpoint,
            "bucket": bucket,
            "region": "us-east-1",
            "access_key": "stand-in-key",
            "secret_key": "stand-in-secret",
        }

    @property
    def pid(self) -> int:
        """The process that serves."""
        return self._process.pid

    def _port(self) -> int:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline() if ready else b""
        if not line.strip():
            raise FlowliteError(
                "the S3 stand-in did not start; try it by hand: python -m flowlite.demo.standins.s3_process"
            )
        return int(line)

    def _stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
