"""Sending: each value once, however many attempts it takes. A name in a header tells what an earlier attempt sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import flowlite
from flowlite.integrations import Connection, library
from flowlite.integrations.kafka.cluster import (
    KafkaFailed,
    Place,
    configuration,
    consumer,
    ends,
    failed,
    told,
)
from flowlite.integrations.kafka.reading import read

KEY_HEADER = "flowlite-key"
BEGIN_FILE = "kafka-begin.json"
DELIVERY_S = 30.0


def send(
    connection: Connection, topic: str, values: Sequence[Any], *, ctx: flowlite.Context, key_field: str | None = None
) -> int:
    """`produce` for use in a task of one's own; returns how many were sent now."""
    prefix = f"{ctx.idempotency_key}#"
    with told(connection):
        there = sent_before(connection, topic, ctx, prefix)
        named = [(f"{prefix}{number}", value) for number, value in enumerate(values)]
        left = [(name, value) for name, value in named if name not in there]
        if there:
            ctx.log.info("%d of %d messages were sent by an earlier attempt", len(there), len(values))
        deliver(connection, topic, left, key_field)
    return len(left)


def sent_before(connection: Connection, topic: str, ctx: flowlite.Context, prefix: str) -> set[str]:
    """The names of our messages that earlier attempts have sent: they lie behind where the topic ended when the first
    of them began, which it had written down."""
    with consumer(connection, "flowlite-looks-back") as client:
        now = {str(place.partition): place.end for place in ends(client, topic)}
        begin = noted(ctx.previous_attempt_dir)
        (ctx.attempt_dir / BEGIN_FILE).write_text(json.dumps(now if begin is None else begin))
        if begin is None:
            return set()
        places = [Place(topic, int(one), begin.get(one, 0), end) for one, end in now.items() if begin.get(one, 0) < end]
        headers = (dict(one.headers() or ()).get(KEY_HEADER, b"") for one in read(client, places))
        return {name for name in (header.decode(errors="replace") for header in headers) if name.startswith(prefix)}


def noted(folder: Path | None) -> dict[str, int] | None:
    """The end of each partition when the first attempt began to send; None: none has."""
    try:
        return None if folder is None else json.loads((folder / BEGIN_FILE).read_text())
    except (OSError, ValueError):
        return None


def deliver(connection: Connection, topic: str, named: Sequence[tuple[str, Any]], key_field: str | None) -> None:
    """Send them and wait until every one is acknowledged. Raises KafkaFailed for the first that is not."""
    errors: list[Any] = []

    def heard(error: Any, _message: Any) -> None:
        if error is not None:
            errors.append(error)

    client = library("confluent_kafka", extra="kafka").Producer(
        # idempotent: the client's own retries neither double nor reorder
        {
            **configuration(connection),
            "enable.idempotence": True,
            "acks": "all",
            "delivery.timeout.ms": int(DELIVERY_S * 1000),
        }
    )
    for name, value in named:
        client.produce(
            topic, encoded(value), key=key_of(value, key_field), headers={KEY_HEADER: name.encode()}, on_delivery=heard
        )
        client.poll(0)
    left = client.flush(DELIVERY_S + 5)
    if errors:
        raise failed(connection, errors[0])
    if left:
        raise KafkaFailed(f"{left} of {len(named)} messages for {topic!r} were not acknowledged; is the cluster up?")


def encoded(value: Any) -> bytes:
    """Text as it is, all else as JSON."""
    return value.encode() if isinstance(value, str) else json.dumps(value, ensure_ascii=False).encode()


def key_of(value: Any, field: str | None) -> bytes | None:
    """Messages of the same key stay in order."""
    if field is None:
        return None
    if not isinstance(value, Mapping) or field not in value:
        raise KafkaFailed(f"a value has no field {field!r} for its key; correct key_field=", is_final=True)
    return str(value[field]).encode()
