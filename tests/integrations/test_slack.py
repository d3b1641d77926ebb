"""Slack, against a server that answers as it does."""

from __future__ import annotations

import json
import time

import pytest

from flowlite import Alert
from flowlite.demo.standins.moody import Answer, MoodyServer
from flowlite.integrations import slack

ALERT = Alert(
    kind="failure", key="k", title="sales <failed>", at=0.0, facts=(("cause", "<!channel> & more"),),
    detail="the last line", steps=("flowlite why 1",),
)  # fmt: skip


async def test_an_alert_has_its_facts_and_nothing_in_it_is_a_command() -> None:
    with MoodyServer({"/hook": [Answer(text="ok")]}) as server:
        await slack.notify({"url": f"{server.url}/hook", "mention": "@here"}, ALERT)
        sent = json.loads(server.asked[0].body)
    assert sent["text"] == "✗ sales &lt;failed&gt; <!here>"
    texts = [block["text"]["text"] for block in sent["attachments"][0]["blocks"]]
    assert "*cause*  &lt;!channel&gt; &amp; more" in texts
    assert "```the last line```" in texts


async def test_good_news_calls_nobody() -> None:
    assert "<!here>" not in slack.message_of(Alert(kind="recovered", key="k", title="well", at=0.0), "@here")["text"]


async def test_a_task_posts_figures_and_a_link() -> None:
    with MoodyServer({"/hook": [Answer(text="ok")]}) as server:
        import asyncio

        settings = {"url": f"{server.url}/hook"}
        await asyncio.to_thread(
            slack.post, settings, "Model 7 <beats> 6", fields={"MAE": 3.4}, link=("http://x/chart", "chart")
        )
        texts = [block["text"]["text"] for block in json.loads(server.asked[0].body)["blocks"]]
    assert texts == ["*Model 7 &lt;beats&gt; 6*", "*MAE*  3.4", "<http://x/chart|chart>"]


@pytest.mark.parametrize(("status", "is_final"), [(500, False), (404, True), (400, True)])
async def test_a_refusal_says_whether_trying_again_helps_and_never_the_address(status: int, is_final: bool) -> None:
    with MoodyServer({"/secret": [Answer(status=status, text="no_service")]}) as server:
        with pytest.raises(slack.SlackRefused) as refused:
            await slack.notify({"url": f"{server.url}/secret"}, ALERT)
    assert refused.value.is_final is is_final
    assert "secret" not in str(refused.value)


async def test_it_waits_as_long_as_it_is_asked_to() -> None:
    with MoodyServer({"/hook": [Answer(status=429, headers={"Retry-After": "60"})]}) as server:
        with pytest.raises(slack.SlackRefused) as refused:
            await slack.notify({"url": f"{server.url}/hook"}, ALERT)
    assert refused.value.retry_at == pytest.approx(time.time() + 60, abs=5)


async def test_nobody_there_is_no_final_word() -> None:
    with pytest.raises(slack.SlackRefused, match="could not be reached") as refused:
        await slack.notify({"url": "http://127.0.0.1:1/hook"}, ALERT)
    assert not refused.value.is_final
