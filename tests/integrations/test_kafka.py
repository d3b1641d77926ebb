"""Kafka against librdkafka's own mock cluster: real sockets, real groups, two brokers in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import flowlite
from flowlite import Retry
from flowlite.integrations import kafka

confluent = pytest.importorskip("confluent_kafka", reason="pip install 'flowlite[kafka]'")
Settings = Mapping[str, Any]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Settings]:
    holder = confluent.Producer({"test.mock.num.brokers": 2, "bootstrap.servers": "mock", "log_level": 0})
    brokers = holder.list_topics(timeout=10).brokers.values()
    yield {"type": "kafka", "bootstrap_servers": [f"{one.host}:{one.port}" for one in brokers]}
    del holder


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    return f"t{abs(hash(request.node.nodeid))}"


def put(cluster: Settings, topic: str, *values: str | bytes) -> None:
    client = confluent.Producer({"bootstrap.servers": ",".join(cluster["bootstrap_servers"]), "log_level": 0})
    for value in values:
        client.produce(topic, value, key="k", headers={"from": "shop"})
    assert client.flush(10) == 0


def values(cluster: Settings, topic: str, group: str = "reader") -> list[Any]:
    return [one["value"] for one in kafka.read_new(cluster, topic, group)]


def test_messages_come_whole_and_in_order(cluster: Settings, topic: str) -> None:
    put(cluster, topic, '{"n": 1}', '{"n": 2}', '"grüße"')
    first, second, third = kafka.read_new(cluster, topic, "reader")
    assert (first["value"], second["value"], third["value"]) == ({"n": 1}, {"n": 2}, "grüße")
    assert (first["topic"], first["key"], first["headers"]) == (topic, "k", {"from": "shop"})
    assert second["offset"] == first["offset"] + 1
    assert first["at"] > 1_700_000_000


def test_what_is_not_committed_comes_again_and_what_is_does_not(cluster: Settings, topic: str) -> None:
    put(cluster, topic, "1", "2")
    found = kafka.read_new(cluster, topic, "g")
    assert values(cluster, topic, "g") == [1, 2]
    assert kafka.commit_read(cluster, topic, "g", found) == {str(found[0]["partition"]): 2}
    assert values(cluster, topic, "g") == []
    assert values(cluster, topic, "another group") == [1, 2]
    put(cluster, topic, "3")
    assert values(cluster, topic, "g") == [3]


def test_a_group_never_goes_back(cluster: Settings, topic: str) -> None:
    put(cluster, topic, "1", "2", "3")
    found = kafka.read_new(cluster, topic, "g")
    kafka.commit_read(cluster, topic, "g", found)
    assert list(kafka.commit_read(cluster, topic, "g", found[:1]).values()) == [3]
    assert values(cluster, topic, "g") == []
    assert kafka.commit_read(cluster, topic, "g", []) == {}


def test_so_many_at_once_and_no_more(cluster: Settings, topic: str) -> None:
    put(cluster, topic, *map(str, range(7)))
    found = kafka.read_new(cluster, topic, "g", most=5)
    kafka.commit_read(cluster, topic, "g", found)
    assert ([one["value"] for one in found], values(cluster, topic, "g")) == ([0, 1, 2, 3, 4], [5, 6])


def test_a_new_group_may_begin_at_the_end(cluster: Settings, topic: str) -> None:
    put(cluster, topic, "1")
    assert kafka.read_new(cluster, topic, "late", from_the_start=False) == []


def test_what_is_no_json_is_named_by_its_place(cluster: Settings, topic: str) -> None:
    put(cluster, topic, "<xml>")
    with pytest.raises(kafka.KafkaFailed, match=rf"message 0 of '{topic}', partition \d is no JSON; read it") as failed:
        kafka.read_new(cluster, topic, "g")
    assert failed.value.is_final
    assert kafka.read_new(cluster, topic, "g", decode="text")[0]["value"] == "<xml>"


def test_a_cluster_that_is_not_there_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowlite.integrations.kafka.cluster.ANSWER_S", 0.5)
    gone = {"bootstrap_servers": ("127.0.0.1:9",), "user": "u", "password": "c4nary"}
    with pytest.raises(kafka.KafkaFailed, match=r"cannot reach Kafka at 127.0.0.1:9 .*; is it up") as failed:
        kafka.read_new(gone, "t", "g")
    assert not failed.value.is_final
    assert "c4nary" not in str(failed.value)


async def test_offsets_move_once_the_work_has_succeeded(cluster: Settings, topic: str) -> None:
    put(cluster, topic, '{"n": 1}', '{"n": 2}')
    is_broken = [True]

    @flowlite.task
    def load(found: list[dict[str, Any]]) -> int:
        if is_broken[0]:
            raise ValueError("the warehouse is down")
        return sum(one["value"]["n"] for one in found)

    with flowlite.Dag("orders") as orders:
        found = kafka.messages(topic, group="warehouse", connection=cluster, id="found", poke_every=0.05, timeout=20)
        load(found) >> kafka.commit(topic, found, group="warehouse", connection=cluster, id="commit")
    async with flowlite.open(":memory:") as fl:
        first = await fl.run(orders)
        assert (first.state, first.tasks["commit"][0].state) == ("failed", "upstream_failed")
        assert values(cluster, topic, "warehouse") == [{"n": 1}, {"n": 2}]
        is_broken[0] = False
        second = await fl.run(orders)
    assert (second["load"], values(cluster, topic, "warehouse")) == (3, [])


async def test_the_sensor_waits_for_a_message_that_is_wanted(cluster: Settings, topic: str) -> None:
    put(cluster, topic, '{"ds": "2024-03-09"}')

    @flowlite.task
    def publish() -> None:
        put(cluster, topic, '{"ds": "2024-03-10"}')

    with flowlite.Dag("waits") as waits:
        kafka.messages(
            topic, group="g", connection=cluster, id="found", poke_every=0.05, timeout=20,
            is_wanted=lambda one: one["value"]["ds"] == "2024-03-10",
        )  # fmt: skip
        publish()
    async with flowlite.open(":memory:") as fl:
        run = await fl.run(waits)
    assert [one["value"] for one in run["found"]] == [{"ds": "2024-03-10"}]


async def test_a_second_attempt_sends_what_the_first_one_did_not(cluster: Settings, topic: str) -> None:
    @flowlite.task(retries=Retry(1, delay=0))
    def announce(ctx: flowlite.Context) -> int:
        rows = [{"id": 1}, {"id": 2}, {"id": 3}]
        if ctx.attempt == 1:  # dies with two of three on their way
            kafka.send(cluster, topic, rows[:2], ctx=ctx, key_field="id")
            raise OSError("the power went")
        return kafka.send(cluster, topic, rows, ctx=ctx, key_field="id")

    with flowlite.Dag("announces") as dag:
        announce()
    async with flowlite.open(":memory:") as fl:
        run = await fl.run(dag)
    sent = kafka.read_new(cluster, topic, "reader")
    assert (run.state, run["announce"]) == ("success", 1)
    assert sorted((one["key"], one["value"]["id"]) for one in sent) == [("1", 1), ("2", 2), ("3", 3)]
    assert {one["headers"]["flowlite-key"][-2:] for one in sent} == {"#0", "#1", "#2"}


async def test_a_task_sends_the_result_of_another(cluster: Settings, topic: str) -> None:
    @flowlite.task
    def rows() -> list[str]:
        return ["a", "b"]

    with flowlite.Dag("sends") as dag:
        kafka.produce(topic, rows(), connection=cluster, id="send")
    async with flowlite.open(":memory:") as fl:
        run = await fl.run(dag)
    assert run["send"] == 2, run.root_cause
    assert sorted(one["value"] for one in kafka.read_new(cluster, topic, "reader", decode="text")) == ["a", "b"]


def test_a_value_without_its_key_is_named(cluster: Settings, topic: str) -> None:
    from flowlite.integrations.kafka.sending import key_of

    with pytest.raises(kafka.KafkaFailed, match="a value has no field 'id' for its key; correct key_field="):
        key_of({"x": 1}, "id")


def test_a_connection_can_be_tried(cluster: Settings) -> None:
    assert kafka.ping(cluster).startswith("2 brokers, ")
