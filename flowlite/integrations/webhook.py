"""A webhook: an alert as JSON, for whatever listens. With a `secret` the body is signed.

Needs nothing beyond the core (httpx). Tested against a local server with faults. The fields of the channel: `url`,
`headers`, `secret`. The signature is `X-Flowlite-Signature: sha256=<HMAC of the body>`; `X-Flowlite-Key` is the same
when a message comes twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flowlite import Alert, FlowliteError

TIMEOUT_S = 20.0
_TRY_AGAIN = {408, 409, 425, 429}


class WebhookRefused(FlowliteError):
    """It did not take the message."""

    def __init__(self, message: str, *, retry_at: float | None = None, is_final: bool = False) -> None:
        super().__init__(message)
        self.retry_at, self.is_final = retry_at, is_final


async def notify(settings: Mapping[str, Any], alert: Alert) -> None:
    """Send an alert. Raises WebhookRefused; the address, which may hold a secret, is never shown."""
    import httpx

    body = json.dumps(fields_of(alert), ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "x-flowlite-key": alert.key.encode("ascii", "replace").decode()}
    if settings.get("secret"):
        digest = hmac.new(str(settings["secret"]).encode(), body, hashlib.sha256).hexdigest()
        headers["x-flowlite-signature"] = f"sha256={digest}"
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as http:
            answer = await http.post(str(settings["url"]), content=body, headers={**headers, **settings["headers"]})
    except httpx.HTTPError as error:
        raise WebhookRefused(f"the webhook could not be reached: {type(error).__name__}") from None
    check(answer.status_code, answer.headers.get("retry-after"))


def check(status: int, retry_after: str | None) -> None:
    """Below 300 is good; a 4xx will not get better."""
    if status < 300:
        return
    wait = time.time() + float(retry_after) if retry_after is not None and retry_after.isdigit() else None
    is_final = 300 <= status < 500 and status not in _TRY_AGAIN
    raise WebhookRefused(f"the webhook answered {status}", retry_at=wait, is_final=is_final)


def fields_of(alert: Alert) -> dict[str, Any]:
    """As JSON has it: facts by their labels, the time in ISO 8601."""
    at = datetime.fromtimestamp(alert.at, UTC).isoformat()
    return {**asdict(alert), "at": at, "facts": dict(alert.facts), "text": alert.text}
