"""Kafka: wait for messages, say which were dealt with, and send some, none of them twice.

Needs `pip install 'flowlite[kafka]'` (confluent-kafka). Tested against librdkafka's own mock cluster (confluent-kafka
2.16, two brokers, real sockets), and on an address where nobody answers; not against a broker with TLS or SASL. Fields
of the connection: `bootstrap_servers`, `security_protocol`, `sasl_mechanism`, `user`, `password`, `ca`.

    [connections.kafka]
    type = "kafka"
    bootstrap_servers = ["broker-1:9092", "broker-2:9092"]

    from flowlite.integrations import kafka

    @dag(schedule=every(minutes=5))
    def orders():
        found = kafka.messages("orders", group="warehouse")
        load(found) >> kafka.commit("orders", found, group="warehouse")

Offsets move only when `commit` runs, and that is once what stands before it has succeeded: a run that fails leaves the
messages to the next one. So a message may be seen twice, and none is missed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import flowlite
from flowlite.integrations import Connection
from flowlite.integrations.kafka.cluster import KafkaFailed, ping
from flowlite.integrations.kafka.reading import Decode, Message, commit_read, read_new
from flowlite.integrations.kafka.sending import send

__all__ = ["KafkaFailed", "Message", "commit", "commit_read", "messages", "ping", "produce", "read_new", "send"]


def messages(
    topic: str,
    *,
    group: str,
    connection: Connection = "kafka",
    at_least: int = 1,
    most: int = 500,
    is_wanted: Callable[[Message], Any] | None = None,
    decode: Decode = "json",
    from_the_start: bool = True,
    poke_every: float | timedelta = 30,
    timeout: float | timedelta = 3600,
    soft_fail: bool = False,
    id: str | None = None,  # noqa: A002 - the word of the public surface
    **options: Any,
) -> Any:
    """A sensor: waits until `at_least` messages (for which `is_wanted` is true) are there that the group has not
    committed; its result is the list of them, `most` of them at once, oldest first in each partition.

    A group that never committed begins at the start of the topic, or (`from_the_start=False`) at its end as it is at
    the first poke; commit once to remember that.
    """

    def poke() -> list[Message]:
        found = read_new(connection, topic, group, most=most, decode=decode, from_the_start=from_the_start)
        wanted = [one for one in found if is_wanted is None or is_wanted(one)]
        return wanted if len(wanted) >= at_least else []

    name = id or id_of("messages_of", topic)
    make = flowlite.sensor(id=name, poke_every=poke_every, timeout=timeout, soft_fail=soft_fail, **options)
    return make(poke)()


def commit(
    topic: str,
    found: Any,
    *,
    group: str,
    connection: str = "kafka",
    **options: Any,
) -> Any:
    """A task: tell the cluster that the group has dealt with these messages (the result of `messages`). Put it after
    whatever must have succeeded. Committing twice is harmless: offsets only ever grow."""
    return task_of(_commit, id_of("commit", topic)).options(**options)(connection, topic, group, found)


def produce(
    topic: str,
    values: Any,
    *,
    key_field: str | None = None,
    connection: str = "kafka",
    **options: Any,
) -> Any:
    """A task: send values (a list, or the result of another task), one message each, and return how many there are.

    Text is sent as it is, all else as JSON. `key_field` names the field of a value that is its message's key. Every
    message carries a header `flowlite-key`, which is the same in every attempt of the task; a second attempt looks what
    the first one has sent, and sends the rest.
    """
    return task_of(_produce, id_of("produce", topic)).options(**options)(connection, topic, values, key_field)


def _commit(connection: str, topic: str, group: str, found: list[Message], ctx: flowlite.Context) -> dict[str, int]:
    """The body of `commit`."""
    behind = commit_read(connection, topic, group, found)
    ctx.log.info("%s stands at %s of %s", group, behind, topic)
    return behind


def _produce(connection: str, topic: str, values: Any, key_field: str | None, ctx: flowlite.Context) -> int:
    """The body of `produce`."""
    listed = values if isinstance(values, list) else [values]
    sent = send(connection, topic, listed, ctx=ctx, key_field=key_field)
    ctx.log.info("%d messages sent to %s", sent, topic)
    return len(listed)


@cache
def task_of(body: Callable[..., Any], name: str) -> Any:
    """One for each topic; a second one in a DAG without an id of its own gets a number."""
    return flowlite.task(id=name)(body)


def id_of(what: str, topic: str) -> str:
    """A name for a task to start from."""
    return re.sub(r"[^\w-]", "_", f"{what}_{topic}")
