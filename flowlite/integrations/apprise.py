"""Apprise: alerts to any of the services that it knows (Telegram, Teams, ntfy, PagerDuty and a hundred more).

Needs the extra `apprise`. Tested with its JSON service against a local server. The field of the channel: `url`.

    [channels.phone]
    type = "apprise"
    url = "env:APPRISE_URL"
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from flowlite import Alert, FlowliteError
from flowlite.integrations import library

LOUDNESS = {"failure": "failure", "sla": "warning", "retry": "warning", "success": "success", "recovered": "success"}


class AppriseFailed(FlowliteError):
    """The service did not take the message; Apprise does not say why."""


class AddressUnknown(FlowliteError):
    """Apprise does not understand the address. Trying again does not help."""

    is_final = True


async def notify(settings: Mapping[str, Any], alert: Alert) -> None:
    """Send an alert. Raises LibraryMissing, AddressUnknown, AppriseFailed; the address is a secret and is not shown."""
    apprise = library("apprise", extra="apprise")
    service = apprise.Apprise()
    if not service.add(str(settings["url"])):
        raise AddressUnknown("Apprise does not understand the url of this channel; its documentation lists the forms")
    body = alert.text.removeprefix(alert.title).strip() or alert.title
    loudness = LOUDNESS.get(alert.kind, "info")
    if not await asyncio.to_thread(service.notify, body=body, title=alert.title, notify_type=loudness):
        raise AppriseFailed("the service behind Apprise did not take the message")
