"""A whole daemon in a process of its own, whose time is told by a line on stdin: `python daemon_on_a_clock.py INSTANT`.

Each line is an instant to move on to, ringing what is due on the way, or, after `=`, one that the clock is set to. When
everything that follows has happened, it answers with a line.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from flowlite.cli.setting import Setting
from flowlite.service.daemon import Daemon, Leave
from flowlite.testing import TestClock


async def live(start: datetime) -> None:
    """Until stdin ends, or somebody kills it."""
    clock = TestClock(start)
    setting = Setting()
    daemon = Daemon(setting.place, setting.settings, lambda note: None, clock=clock, alarm=clock.another_alarm())
    ready = asyncio.Event()
    life = asyncio.create_task(daemon.live(ready.set))
    await asyncio.wait([life, asyncio.ensure_future(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        life.result()

    async def settled() -> None:
        before = -1
        while before != (before := await daemon.store.views.last_event()):
            await daemon.scheduler.settled()
            await daemon.engine.settled()

    clock.settled = settled
    await settled()
    print("ready", flush=True)
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if line.startswith("="):
            clock.set_to(datetime.fromisoformat(line[1:]))
        else:
            await clock.advance(seconds=(datetime.fromisoformat(line) - clock.time).total_seconds())
        print("there", flush=True)
    daemon.stop(Leave.LEAVE)
    await life


if __name__ == "__main__":
    asyncio.run(live(datetime.fromisoformat(sys.argv[1])))
