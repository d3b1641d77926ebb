"""Telling systemd how a service is doing: one datagram to the socket that it names in the environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, MutableMapping
from contextlib import suppress

MICROSECONDS = 1e6
NAMES = ("NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC")

_said: dict[str, str] = {}  # what systemd has said to this process


def take_over(environment: MutableMapping[str, str] = os.environ) -> None:
    """What systemd says in the environment is for us alone: no task inherits it."""
    for name in NAMES:
        value = environment.pop(name, None)
        if value is not None:
            _said[name] = value


def notify(text: str) -> None:
    """`READY=1`, `STOPPING=1`, `STATUS=...`, `WATCHDOG=1`. Does nothing where nobody listens."""
    address = _said.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as messages:
        messages.sendto(text.encode(), address)


def watchdog_s(said: Mapping[str, str] = _said) -> float | None:
    """How often we must give a sign of life, with half of systemd's patience to spare; None: it asks for none."""
    if said.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        patience = int(said.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return patience / MICROSECONDS / 2 if patience > 0 else None
