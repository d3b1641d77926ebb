"""The heartbeat: an address that is asked for each minute, because a dead daemon can't say that it is dead.

It beats only while the engine's loop turns and its state can be written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY_S = 60.0
PATIENCE_S = 10.0

Tell = Callable[[str, str], None]


class Heartbeat:
    """`start` on the engine's loop. What goes wrong is said once, and once more when it is well again."""

    def __init__(self, url: str, is_well: Callable[[], bool], tell: Tell, *, every_s: float = EVERY_S) -> None:
        self._url, self._is_well, self._tell, self._every_s = url, is_well, tell, every_s
        self._is_failing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """The first beat is now."""
        self._task = asyncio.get_running_loop().create_task(self._live(), name="flowlite heartbeat")

    async def stop(self) -> None:
        """No more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _live(self) -> None:
        import httpx

        async with httpx.AsyncClient(timeout=PATIENCE_S, follow_redirects=True) as http:
            while True:
                if self._is_well():
                    await self._beat(http)
                await asyncio.sleep(self._every_s)

    async def _beat(self, http: object) -> None:
        import httpx

        assert isinstance(http, httpx.AsyncClient)
        try:
            answer = await http.get(self._url)
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            self._failed(f"it answered {error.response.status_code}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._failed(type(error).__name__)
        else:
            if self._is_failing:
                self._tell("success", "the heartbeat is heard again")
            self._is_failing = False

    def _failed(self, why: str) -> None:
        """The address is a secret and is not shown."""
        if not self._is_failing:
            self._tell("failed", f"the heartbeat is not heard: {why}; tried again each minute")
        self._is_failing = True
