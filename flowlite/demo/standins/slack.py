"""Slack on loopback: takes the messages of an incoming webhook as Slack does, and keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from typing import Any, Self

from flowlite.demo.standins.loopback import Answering, Loopback


class Slack(Loopback):
    """`with Slack() as slack:` it takes messages at `slack.webhook`. `keep` is a file that gets one line for each."""

    def __init__(self, keep: Path | None = None) -> None:
        self.keep = keep
        self.messages: list[dict[str, Any]] = []
        self.refusing = False
        """While it is true, every message is answered with 503: Slack has a bad hour."""
        self._lock = Lock()

    def __enter__(self) -> Self:
        self.answering = type("Webhook", (Webhook,), {"slack": self})
        return super().__enter__()

    @property
    def webhook(self) -> str:
        """What stands in for the secret address."""
        return f"{self.url}/services/T0/B0/stand-in"

    def take(self, message: dict[str, Any]) -> None:
        """A message."""
        with self._lock:
            self.messages.append(message)
            if self.keep:
                with self.keep.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(message, ensure_ascii=False) + "\n")


class Webhook(Answering):
    """A request to the webhook."""

    slack: Slack

    def do_POST(self) -> None:  # noqa: N802 - the standard library's name
        """Take a message, or say in Slack's own words what is wrong with it."""
        body = self.body()
        if self.slack.refusing:
            self.answer(503, b"service_unavailable")
            return
        try:
            message = json.loads(body)
        except ValueError:
            self.answer(400, b"invalid_payload")
            return
        if not isinstance(message, dict) or not message.get("text"):
            self.answer(400, b"no_text")
            return
        self.slack.take(message)
        self.answer(200, b"ok")
