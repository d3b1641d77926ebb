"""Slack: a message by an incoming webhook. As a channel it carries alerts; a task may post by itself.

Needs nothing beyond the core (httpx). Tested against a local server that answers as Slack does, 429 with Retry-After
included. The fields of the channel: `url`, `mention`.

    [channels.ops]
    type = "slack"
    url = "env:SLACK_WEBHOOK"
    mention = "@here"
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import flowlite
from flowlite import Alert, FlowliteError

TIMEOUT_S = 20.0
MOST_CHARS = 2_900  # of a block; Slack refuses 3,000
COLORS = {"failure": "#d40e0d", "sla": "#e8912d", "retry": "#e8912d", "success": "#2eb67d", "recovered": "#2eb67d"}
SIGNS = {"failure": "✗", "sla": "◷", "retry": "↻", "success": "✓", "recovered": "✓", "test": "·"}


class SlackRefused(FlowliteError):
    """The webhook did not take the message. `retry_at`: not before then; `is_final`: the address is wrong."""

    def __init__(self, message: str, *, retry_at: float | None = None, is_final: bool = False) -> None:
        super().__init__(message)
        self.retry_at, self.is_final = retry_at, is_final


def post(channel: str | Mapping[str, Any], text: str, *, fields: Mapping[str, object] | None = None,
         link: tuple[str, str] | None = None) -> None:  # fmt: skip
    """Post from a task, to a channel of flowlite.toml by its name (or its settings). Text is taken literally.

    `fields` are shown as a small table; `link` is an address and its text. Raises SlackRefused.
    """
    settings = flowlite.channel(channel) if isinstance(channel, str) else channel
    blocks: list[dict[str, Any]] = [section(f"*{escaped(text)}*")]
    if fields:
        blocks.append(table((name, str(value)) for name, value in fields.items()))
    if link is not None:
        blocks.append(section(f"<{link[0]}|{escaped(link[1])}>"))
    asyncio.run(deliver(str(settings["url"]), {"text": escaped(text), "blocks": blocks}))


async def notify(settings: Mapping[str, Any], alert: Alert) -> None:
    """Send an alert. Raises SlackRefused."""
    await deliver(str(settings["url"]), message_of(alert, settings.get("mention")))


def message_of(alert: Alert, mention: str | None) -> dict[str, Any]:
    """With a coloured bar at its side; the plain text is what a phone shows."""
    call = f" {mention_of(mention)}" if mention and alert.kind in ("failure", "sla") else ""
    title = f"{SIGNS.get(alert.kind, '·')} {escaped(alert.title)}"
    blocks = [section(f"*{title}*{call}")]
    if alert.facts:
        blocks.append(table(alert.facts))
    if alert.detail:
        blocks.append(section(f"```{escaped(alert.detail)[: MOST_CHARS - 6]}```"))
    if alert.more:
        blocks.append(section("\n".join(escaped(line) for line in alert.more)))
    if alert.steps:
        blocks.append(section("\n".join(f"› {escaped(step)}" for step in alert.steps)))
    color = COLORS.get(alert.kind, "#888888")
    return {"text": f"{title}{call}", "attachments": [{"color": color, "blocks": blocks}]}


def section(text: str) -> dict[str, Any]:
    """A paragraph."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:MOST_CHARS]}}


def table(rows: Any) -> dict[str, Any]:
    """Label and value, one a line."""
    return section("\n".join(f"*{escaped(label)}*  {escaped(value)}" for label, value in rows))


def escaped(text: str) -> str:
    """So that nothing in it is a command to Slack (`<!channel>`)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mention_of(name: str) -> str:
    """`@here` and `@channel` as Slack writes them; a member's id by itself."""
    bare = name.removeprefix("@")
    return f"<!{bare}>" if bare in ("here", "channel", "everyone") else f"<@{bare}>"


async def deliver(url: str, message: Mapping[str, Any]) -> None:
    """One POST. The address is a secret: no error shows it."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as http:
            answer = await http.post(url, json=message)
    except httpx.HTTPError as error:
        raise SlackRefused(f"Slack could not be reached: {type(error).__name__}") from None
    if answer.status_code == 429:
        raise SlackRefused("Slack asks us to wait", retry_at=time.time() + seconds(answer.headers.get("retry-after")))
    if answer.status_code >= 500:
        raise SlackRefused(f"Slack answered {answer.status_code}")
    if answer.status_code >= 400:
        said = answer.text.strip()[:80]
        raise SlackRefused(f"Slack refused the message ({answer.status_code} {said}); check the webhook", is_final=True)


def seconds(text: str | None) -> float:
    """Of a Retry-After header."""
    return float(text) if text is not None and text.isdigit() else 30.0


__all__: Sequence[str] = ("SlackRefused", "message_of", "notify", "post")
