"""Webhooks and Apprise, against a server with moods."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from flowlite import Alert
from flowlite.demo.standins.moody import Answer, MoodyServer
from flowlite.integrations import webhook
from flowlite.service.alerts.notifiers import NoNotifier, notifier

ALERT = Alert(kind="sla", key="sales/sla/1/é", title="sales is late", at=0.0, facts=(("DAG", "sales"),))


async def test_the_body_is_json_and_signed() -> None:
    with MoodyServer({"/hook": [Answer(json={})]}) as server:
        await webhook.notify({"url": f"{server.url}/hook", "headers": {"X-Team": "data"}, "secret": "s3cret"}, ALERT)
        asked = server.asked[0]
    headers = {name.lower(): value for name, value in asked.headers.items()}
    digest = hmac.new(b"s3cret", asked.body, hashlib.sha256).hexdigest()
    assert headers["x-flowlite-signature"] == f"sha256={digest}"
    assert (headers["x-flowlite-key"], headers["x-team"]) == ("sales/sla/1/?", "data")
    sent = json.loads(asked.body)
    assert (sent["kind"], sent["facts"], sent["at"]) == ("sla", {"DAG": "sales"}, "1970-01-01T00:00:00+00:00")


@pytest.mark.parametrize(("status", "is_final"), [(503, False), (429, False), (404, True), (301, True)])
async def test_what_can_get_better_is_not_final(status: int, is_final: bool) -> None:
    with MoodyServer({"/hook": [Answer(status=status)]}) as server:
        with pytest.raises(webhook.WebhookRefused, match=f"answered {status}") as refused:
            await webhook.notify({"url": f"{server.url}/hook", "headers": {}}, ALERT)
    assert refused.value.is_final is is_final


async def test_every_type_of_channel_has_its_notifier() -> None:
    for kind in ("slack", "email", "webhook", "apprise"):
        assert notifier(kind).__name__ == "notify"
    with pytest.raises(NoNotifier, match="'pigeon'; installed are apprise, email, slack, webhook"):
        notifier("pigeon")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
async def test_apprise_sends_to_what_it_knows() -> None:
    pytest.importorskip("apprise")
    from flowlite.integrations import apprise

    with MoodyServer({"/x": [Answer(json={})]}) as server:
        await apprise.notify({"url": f"json://{server.url.removeprefix('http://')}/x"}, ALERT)
        assert json.loads(server.asked[0].body)["title"] == "sales is late"
    with pytest.raises(apprise.AddressUnknown):
        await apprise.notify({"url": "nonsense"}, ALERT)
