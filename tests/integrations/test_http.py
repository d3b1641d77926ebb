"""HTTP against a server with moods: 429 with Retry-After, 500, slow answers, none at all."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

import flowlite
from flowlite.demo.standins.moody import Answer, MoodyServer
from flowlite.integrations import http


def test_json_comes_back() -> None:
    with MoodyServer({"/v1": [Answer(json={"t": 1.5})]}) as server:
        assert http.get_json(f"{server.url}/v1", params={"city": "Köln"}) == {"t": 1.5}
        assert server.asked[0].path == "/v1?city=K%C3%B6ln"


def test_a_connection_brings_its_address_and_its_token() -> None:
    with MoodyServer({"/api/v1": [Answer(json=1)]}) as server:
        settings = {"base_url": f"{server.url}/api/", "token": "t0ken", "headers": {"X-Team": "data"}}
        assert http.get_json("/v1", connection=settings) == 1
        assert server.asked[0].headers["Authorization"] == "Bearer t0ken"
        assert server.asked[0].headers["X-Team"] == "data"


def test_a_short_trouble_is_tried_again_inside_the_task() -> None:
    with MoodyServer(
        {"/x": [Answer(status=500), Answer(status=429, headers={"Retry-After": "0"}), Answer(json=3)]}
    ) as s:
        assert http.get_json(f"{s.url}/x") == 3
        assert len(s.asked) == 3


def test_a_long_wait_is_left_to_the_retry_of_the_task() -> None:
    with MoodyServer({"/x": [Answer(status=429, headers={"Retry-After": "60"})]}) as server:
        asked_at = time.time()
        with pytest.raises(
            http.HttpFailed, match=r"GET http://127.0.0.1:\d+/x answered 429 Too Many Requests"
        ) as failed:
            http.get_json(f"{server.url}/x")
        assert len(server.asked) == 1
        assert failed.value.retry_at == pytest.approx(asked_at + 60, abs=5)
        assert not failed.value.is_final


def test_a_refusal_is_final() -> None:
    with MoodyServer({"/x": [Answer(status=401, json={"error": "who are you?"})]}) as server:
        with pytest.raises(http.HttpFailed, match=r"401 Unauthorized: .*who are you") as failed:
            http.get_json(f"{server.url}/x?token=s3cr3t-canary")
        assert failed.value.is_final
        assert len(server.asked) == 1
        assert "s3cr3t-canary" not in str(failed.value)


def test_a_slow_answer_times_out_and_is_tried_again() -> None:
    with MoodyServer({"/x": [Answer(json=1, after_s=30), Answer(json=2)]}) as server:
        assert http.get_json(f"{server.url}/x", timeout=0.5) == 2


def test_a_post_that_may_have_acted_is_not_repeated() -> None:
    with MoodyServer({"/x": [Answer(status=500), Answer(json=1)]}) as server:
        with pytest.raises(http.HttpFailed, match="500"):
            http.post_json(f"{server.url}/x", {"a": 1})
        assert len(server.asked) == 1


def test_a_post_with_a_key_or_a_plain_refusal_is_repeated() -> None:
    with MoodyServer(
        {"/key": [Answer(status=500), Answer(json=1)], "/busy": [Answer(status=503), Answer(json=2)]}
    ) as s:
        assert http.post_json(f"{s.url}/key", {"a": 1}, idempotency_key="k-1") == 1
        assert http.post_json(f"{s.url}/busy", {"a": 1}) == 2
        assert [asked.headers.get("Idempotency-Key") for asked in s.asked] == ["k-1", "k-1", None, None]
        assert json.loads(s.asked[0].body) == {"a": 1}


def test_no_server_may_be_tried_again_and_says_where() -> None:
    with pytest.raises(http.HttpFailed, match=r"GET http://127.0.0.1:9/x failed: ") as failed:
        http.get_json("http://u:s3cr3t@127.0.0.1:9/x", tries=1)
    assert not failed.value.is_final
    assert failed.value.is_undone
    assert "s3cr3t" not in str(failed.value)


def test_something_that_is_no_json_is_said() -> None:
    with MoodyServer({"/x": [Answer(text="<html>")], "/empty": [Answer(text="")]}) as server:
        with pytest.raises(http.HttpFailed, match="not with JSON: '<html>'"):
            http.get_json(f"{server.url}/x", tries=1)
        assert http.get_json(f"{server.url}/empty") is None


async def test_coroutines_ask_the_same_way() -> None:
    with MoodyServer({"/x": [Answer(status=502), Answer(json=3)]}) as server:
        assert await http.get_json_async(f"{server.url}/x") == 3
        assert await http.post_json_async(f"{server.url}/x", {}) == 3
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 1_120.0),
        (formatdate(1_700, usegmt=True), 1_700.0),
        (formatdate(10, usegmt=True), 1_000.0),  # in the past: now
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_seconds_and_as_a_date(header: str | None, expected: float | None) -> None:
    assert http.retry_time(header, now=1_000.0) == expected


async def test_the_sensor_waits_until_the_answer_is_ready() -> None:
    moods = [Answer(status=404), Answer(status=503), Answer(json=[]), Answer(json=["report"])]
    with MoodyServer({"/x": moods}) as server:
        with flowlite.Dag("waits") as waits:
            http.answers(f"{server.url}/x", poke_every=0.05, timeout=20)
        async with flowlite.open(":memory:") as fl:
            run = await fl.run(waits)
    assert run["answers"] == ["report"]
    assert run.tasks["answers"][0].pokes == 4


async def test_the_retry_of_a_task_waits_as_long_as_the_server_asked() -> None:
    moods = [Answer(status=429, headers={"Retry-After": "1"}), Answer(json="ok")]
    with MoodyServer({"/x": moods}) as server:

        @flowlite.task(retries=flowlite.Retry(1, delay=0))
        def fetch() -> str:
            return str(http.get_json(f"{server.url}/x", tries=1))

        with flowlite.Dag("polite") as polite:
            fetch()
        async with flowlite.open(":memory:") as fl:
            run = await fl.run(polite)
    first, second = run.tasks["fetch"][0].attempts
    assert run["fetch"] == "ok"
    assert (second.started_at - first.started_at).total_seconds() >= 1
