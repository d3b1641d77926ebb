"""Is an engine working on this state folder? The answer is the lock, never a pid in a file."""

from __future__ import annotations

from pathlib import Path

from flowlite.engine.lock import StateInUse, StateLock

DAEMON_ROLE = "daemon"  # what a daemon says of itself in the lock


def holder_of(state: Path) -> str | None:
    """Who holds the lock right now (`process 4711`); None if nobody does."""
    if not (state / "lock").exists():
        return None
    lock = StateLock(state)
    try:
        lock.take(patience_s=0)
    except StateInUse as taken:
        return taken.holder
    lock.give_back()
    return None
