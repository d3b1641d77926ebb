"""`[channels.NAME]`: ways to tell people. What each field of each type means stands under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flowlite.config.fields import secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """type = "slack": a message by an incoming webhook."""

    url: str = secret()
    """The address of the webhook."""

    mention: str | None = None
    """Whom to call, like "@here"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """type = "email": a mail."""

    to: tuple[str, ...]
    """Who gets it."""

    connection: str = "smtp"
    """The connection of type "smtp" that sends it."""

    sender: str | None = None
    """The address it comes from; else that of the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """type = "webhook": a POST with JSON."""

    url: str = secret()
    """Where to."""

    headers: Mapping[str, str] = secret(default_factory=dict)
    """Sent with it."""

    secret: str | None = secret(default=None)
    """With it the body is signed, so that the receiver knows that it is from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """type = "log": a line in flowlite's own log."""

    level: Literal["debug", "info", "warn", "error"] = "warn"
    """How loud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprise:
    """type = "apprise": any of the services that Apprise knows."""

    url: str = secret()
    """The address as Apprise writes it, like "tgram://token/chat"."""


KINDS: Mapping[str, type] = {"apprise": Apprise, "email": Email, "log": Log, "slack": Slack, "webhook": Webhook}
