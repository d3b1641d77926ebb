"""Reading: messages from where a group stands to where a topic ends now, and moving the group behind them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, Literal

from flowlite.integrations import Connection, library
from flowlite.integrations.kafka.cluster import KafkaFailed, Place, committed, consumer, place_at, starts, told

Message = dict[str, Any]  # topic, partition, offset, key, value, headers, at (seconds since the epoch, or None)
Decode = Literal["json", "text"]
READ_S = 20.0  # for all that is read at once
END_OF_PARTITION = "_PARTITION_EOF"


def read_new(
    connection: Connection,
    topic: str,
    group: str,
    *,
    most: int = 500,
    decode: Decode = "json",
    from_the_start: bool = True,
) -> list[Message]:
    """The messages that the group has not committed, up to where the topic ends now. Commits nothing."""
    with told(connection), consumer(connection, group) as client:
        places = [place for place in starts(client, topic, from_the_start=from_the_start) if place.offset < place.end]
        return [message_of(one, decode) for one in read(client, places, most)]


def commit_read(connection: Connection, topic: str, group: str, found: Sequence[Message]) -> dict[str, int]:
    """Move the group behind the last of the messages in each partition, never back; returns where it stands then."""
    behind: dict[int, int] = {}
    for one in found:
        behind[one["partition"]] = max(behind.get(one["partition"], 0), one["offset"] + 1)
    with told(connection), consumer(connection, group) as client:
        known = {place.partition: place.offset for place in committed(client, topic, list(behind))}
        moved = [place_at(topic, one, offset) for one, offset in behind.items() if offset > known[one]]
        if moved:
            client.commit(offsets=moved, asynchronous=False)
    return {str(partition): max(offset, known[partition]) for partition, offset in sorted(behind.items())}


def read(client: Any, places: Sequence[Place], most: int | None = None) -> list[Any]:
    """Messages from each place to its end, `most` at once. The end may be told by an event of its own: the marks of
    transactions take up offsets, and are no messages."""
    if not places:
        return []
    client.assign([place_at(one.topic, one.partition, one.offset) for one in places])
    open_until = {one.partition: one.end for one in places}
    found: list[Any] = []
    until = time.monotonic() + READ_S
    while open_until and time.monotonic() < until and (most is None or len(found) < most):
        one = client.poll(0.5)
        if one is None:
            continue
        is_over, end = is_end(one), open_until.get(one.partition(), 0)
        if not is_over and one.offset() < end:  # what came after we looked is for the next time
            found.append(one)
        if is_over or one.offset() + 1 >= end:
            open_until.pop(one.partition(), None)
    return found


def is_end(one: Any) -> bool:
    """Whether this is no message but the end of its partition. Raises what else it may be."""
    if one.error() is None:
        return False
    if one.error().name() == END_OF_PARTITION:
        return True
    raise library("confluent_kafka", extra="kafka").KafkaException(one.error())


def message_of(one: Any, decode: Decode) -> Message:
    """A message as JSON can hold it."""
    kind, at_ms = one.timestamp()
    where = f"message {one.offset()} of {one.topic()!r}, partition {one.partition()}"
    return {
        "topic": one.topic(),
        "partition": one.partition(),
        "offset": one.offset(),
        "key": None if one.key() is None else one.key().decode(errors="replace"),
        "value": None if one.value() is None else decoded(one.value(), decode, where),
        "headers": {name: (value or b"").decode(errors="replace") for name, value in one.headers() or ()},
        "at": at_ms / 1000 if kind else None,
    }


def decoded(value: bytes, decode: Decode, where: str) -> Any:
    """What was sent. Raises KafkaFailed for what is not what it should be."""
    try:
        return json.loads(value) if decode == "json" else value.decode()
    except ValueError:
        kind = "JSON" if decode == "json" else "UTF-8"
        raise KafkaFailed(f"{where} is no {kind}; read it with decode='text', or skip it", is_final=True) from None
