"""Telling systemd how a service is doing: one datagram to the socket that it names in the environment."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

MICROSECONDS = 1e6


def notify(text: str) -> None:
    """`READY=1`, `STOPPING=1`, `STATUS=...`, `WATCHDOG=1`. Does nothing where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as messages:
        messages.sendto(text.encode(), address)


def watchdog_s() -> float | None:
    """How often we must give a sign of life, with half of systemd's patience to spare; None: it asks for none."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        patience = int(os.environ.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return patience / MICROSECONDS / 2 if patience > 0 else None
