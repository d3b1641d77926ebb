"""What sends to a type of channel: found by its entry point in the group `flowlite.notifiers`, so that anybody's
package can bring one. It is a coroutine function `notify(settings, alert)`; it raises if the message did not go out.

An error may carry `retry_at` (not before then, seconds since the epoch) and `is_final` (trying again does not help).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from flowlite.authoring.alert import Alert
from flowlite.core.errors import FlowliteError

GROUP = "flowlite.notifiers"

Notify = Callable[[Mapping[str, Any], Alert], Awaitable[None]]


class NoNotifier(FlowliteError):
    """Nothing installed knows how to send to such a channel. Trying again does not help."""

    is_final = True

    def __init__(self, kind: str, known: list[str]) -> None:
        super().__init__(f"nothing sends to channels of type {kind!r}; installed are {', '.join(known) or 'none'}")


def notifier(kind: str) -> Notify:
    """The one for a type of channel; imported now. Raises NoNotifier."""
    found = entry_points(group=GROUP)
    for entry in found:
        if entry.name == kind:
            loaded: Notify = entry.load()
            return loaded
    raise NoNotifier(kind, sorted(entry.name for entry in found))
