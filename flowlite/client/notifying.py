"""A test message to a channel, from this process: it needs no daemon and no state."""

from __future__ import annotations

import time

from flowlite.config import Settings
from flowlite.core.errors import FlowliteError
from flowlite.service.alerts.notifiers import notifier
from flowlite.service.alerts.rendering import test_alert


async def send_test(settings: Settings, name: str) -> str:
    """To one channel; "" or why it did not go out. A channel of type `log` is the daemon's own output."""
    try:
        channel = settings.channel(name)
        if channel.type != "log":
            await notifier(channel.type)(channel, test_alert(f"test/{time.time():.3f}", time.time()))
    except (FlowliteError, OSError) as error:
        return str(error)
    return ""
