"""The other end of a browser tab: the driver of a terminal UI that `flowlite web` has started. It ends with whoever
reads it, and says where it is."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any

from textual import messages
from textual.app import App
from textual.drivers.web_driver import WebDriver

PATIENCE_S = 3.0


class BrowserDriver(WebDriver):
    """Textual's own lives on when the server was killed, and then nobody would ever end it."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:  # fmt: skip
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._writing = Lock()
        self._write = self._write_whole  # type: ignore[assignment]

    def _write_whole(self, data: bytes) -> int:
        """The screen is written by one thread, a file that is handed over by another: a pipe that is full would mix
        the two."""
        with self._writing:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self.fileno, rest) :]
        return len(data)

    def run_input_thread(self) -> None:
        """Until the application ends, or nobody is at the other end any more."""
        super().run_input_thread()
        if self.exit_event.is_set():
            return
        self._app.post_message(messages.ExitApp())
        if not self.exit_event.wait(PATIENCE_S):
            os._exit(1)  # it hangs in what it does, and nobody sees it

    def tell_place(self, place: str) -> None:
        """For the address of the page, so that a reload comes back to it."""
        self.write_meta({"type": "place", "place": place})
