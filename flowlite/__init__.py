"""flowlite: an orchestrator for one machine. Everything that a DAG author or an embedding script needs is here.

Names are loaded when they are first used, so that `import flowlite` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowlite.authoring.alert import Alert as Alert
    from flowlite.authoring.assets import Asset as Asset
    from flowlite.authoring.context import Context as Context
    from flowlite.authoring.context import current as current
    from flowlite.authoring.dag import Dag as Dag
    from flowlite.authoring.dag import dag as dag
    from flowlite.authoring.groups import Group as Group
    from flowlite.authoring.groups import group as group
    from flowlite.authoring.handles import Handle as Handle
    from flowlite.authoring.handles import chain as chain
    from flowlite.authoring.retry import Retry as Retry
    from flowlite.authoring.schedules import cron as cron
    from flowlite.authoring.schedules import every as every
    from flowlite.authoring.sensors import sensor as sensor
    from flowlite.authoring.shells import shell as shell
    from flowlite.authoring.signals import Fail as Fail
    from flowlite.authoring.signals import RetryAfter as RetryAfter
    from flowlite.authoring.signals import Skip as Skip
    from flowlite.authoring.tasks import task as task
    from flowlite.authoring.waits import approve as approve
    from flowlite.authoring.waits import trigger as trigger
    from flowlite.config import channel as channel
    from flowlite.config import connection as connection
    from flowlite.core.errors import FlowliteError as FlowliteError
    from flowlite.engine.embedding import open as open  # noqa: A004 - the word of the contract
    from flowlite.engine.embedding import run as run

HOMES = {
    "Alert": "flowlite.authoring.alert",
    "Asset": "flowlite.authoring.assets",
    "Context": "flowlite.authoring.context",
    "Dag": "flowlite.authoring.dag",
    "Fail": "flowlite.authoring.signals",
    "FlowliteError": "flowlite.core.errors",
    "Group": "flowlite.authoring.groups",
    "Handle": "flowlite.authoring.handles",
    "Retry": "flowlite.authoring.retry",
    "RetryAfter": "flowlite.authoring.signals",
    "Skip": "flowlite.authoring.signals",
    "approve": "flowlite.authoring.waits",
    "chain": "flowlite.authoring.handles",
    "channel": "flowlite.config",
    "connection": "flowlite.config",
    "cron": "flowlite.authoring.schedules",
    "current": "flowlite.authoring.context",
    "dag": "flowlite.authoring.dag",
    "every": "flowlite.authoring.schedules",
    "group": "flowlite.authoring.groups",
    "open": "flowlite.engine.embedding",
    "run": "flowlite.engine.embedding",
    "sensor": "flowlite.authoring.sensors",
    "shell": "flowlite.authoring.shells",
    "task": "flowlite.authoring.tasks",
    "trigger": "flowlite.authoring.waits",
}

__all__ = [
    "Alert",
    "Asset",
    "Context",
    "Dag",
    "Fail",
    "FlowliteError",
    "Group",
    "Handle",
    "Retry",
    "RetryAfter",
    "Skip",
    "approve",
    "chain",
    "channel",
    "connection",
    "cron",
    "current",
    "dag",
    "every",
    "group",
    "open",
    "run",
    "sensor",
    "shell",
    "task",
    "trigger",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name == "testing":
        return import_module("flowlite.testing")
    if name not in HOMES:
        raise AttributeError(f"module 'flowlite' has no attribute {name!r}")
    value = getattr(import_module(HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
