"""The cluster: how to reach it, where its partitions begin and end, and its errors in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flowlite import FlowliteError
from flowlite.integrations import Connection, library, required, settings_of

ANSWER_S = 10.0  # for one question to the cluster
NOWHERE_YET = -1001  # librdkafka's word for "no offset"
_FINAL = {
    "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED", "_INVALID_ARG", "TOPIC_EXCEPTION", "MSG_SIZE_TOO_LARGE",
}  # fmt: skip


class KafkaFailed(FlowliteError):
    """The cluster said no, or could not be reached. `is_final` where another try would get the same answer."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Place:
    """A partition, where to begin in it, and where it ends now."""

    topic: str
    partition: int
    offset: int
    end: int


def configuration(connection: Connection) -> dict[str, Any]:
    """The connection in librdkafka's words."""
    settings = settings_of(connection)
    servers = required(connection, "bootstrap_servers", example="broker:9092")
    chosen = {
        "bootstrap.servers": servers if isinstance(servers, str) else ",".join(servers),
        "client.id": "flowlite",
        "security.protocol": settings.get("security_protocol") or "PLAINTEXT",
        "sasl.mechanism": settings.get("sasl_mechanism"),
        "sasl.username": settings.get("user"),
        "sasl.password": settings.get("password"),
        "ssl.ca.location": settings.get("ca"),
        "log_level": 0,  # what matters comes as an error
    }
    return {name: value for name, value in chosen.items() if value is not None}


@contextmanager
def consumer(connection: Connection, group: str) -> Iterator[Any]:
    """A client that commits nothing by itself, and takes no part in the sharing out of partitions."""
    client = library("confluent_kafka", extra="kafka").Consumer(
        {**configuration(connection), "group.id": group, "enable.auto.commit": False, "enable.partition.eof": True}
    )
    try:
        yield client
    finally:
        client.close()


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people."""
    with told(connection), consumer(connection, "flowlite-ping") as client:
        found = client.list_topics(timeout=ANSWER_S)
    return f"{len(found.brokers)} brokers, {len(found.topics)} topics"


def place_at(topic: str, partition: int, offset: int = NOWHERE_YET) -> Any:
    """librdkafka's own word for a place; NOWHERE_YET: none in particular."""
    return library("confluent_kafka", extra="kafka").TopicPartition(topic, partition, offset)


def ends(client: Any, topic: str) -> list[Place]:
    """Every partition, from its first message to where it ends now. A topic that is not there has none."""
    told_topic = client.list_topics(topic, timeout=ANSWER_S).topics[topic]
    if told_topic.error is not None and told_topic.error.name() != "UNKNOWN_TOPIC_OR_PART":
        raise library("confluent_kafka", extra="kafka").KafkaException(told_topic.error)
    places = []
    for partition in sorted(told_topic.partitions):
        low, high = client.get_watermark_offsets(place_at(topic, partition), timeout=ANSWER_S)
        places.append(Place(topic, partition, low, high))
    return places


def committed(client: Any, topic: str, partitions: Sequence[int]) -> list[Any]:
    """Where the group stands; below 0 where it never committed."""
    asked = [place_at(topic, partition) for partition in partitions]
    found = client.committed(asked, timeout=ANSWER_S)
    for one in found:
        if one.error is not None:
            raise library("confluent_kafka", extra="kafka").KafkaException(one.error)
    return list(found)


def starts(client: Any, topic: str, *, from_the_start: bool) -> list[Place]:
    """Where the group goes on. What was deleted before it was read is lost to it."""
    places = ends(client, topic)
    known = {one.partition: one.offset for one in committed(client, topic, [one.partition for one in places])}
    return [
        Place(topic, one.partition, begin(one, known[one.partition], from_the_start=from_the_start), one.end)
        for one in places
    ]


def begin(place: Place, known: int, *, from_the_start: bool) -> int:
    """The first offset to read; `known` is below 0 where the group never committed."""
    if known >= 0:
        return max(known, place.offset)
    return place.offset if from_the_start else place.end


@contextmanager
def told(connection: Connection) -> Iterator[None]:
    """Turn librdkafka's exceptions into one line that says where and what."""
    error = library("confluent_kafka", extra="kafka").KafkaException
    try:
        yield
    except error as broken:
        raise failed(connection, broken.args[0]) from None


def failed(connection: Connection, error: Any) -> KafkaFailed:
    """Its name is stable, its text is for people."""
    servers = configuration(connection)["bootstrap.servers"]
    if error.name() in ("_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_MSG_TIMED_OUT", "_RESOLVE"):
        return KafkaFailed(f"cannot reach Kafka at {servers} ({error.name()}); is it up, and bootstrap_servers right?")
    return KafkaFailed(f"Kafka at {servers}: {error.name()}: {error.str()}", is_final=error.name() in _FINAL)
