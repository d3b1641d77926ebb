"""Connections of flowlite.toml: whether what they need is installed, and trying them, from this process: it needs no
daemon and no state. What tries one is found by its entry point in the group `flowlite.connections`, by its type."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec

from flowlite.config import Settings
from flowlite.core.errors import FlowliteError

GROUP = "flowlite.connections"
NEEDS = {  # by type: a module, and the extra that brings it
    "dask": ("distributed", "dask"),
    "duckdb": ("duckdb", "dbt"),
    "kafka": ("confluent_kafka", "kafka"),
    "mlflow": ("mlflow", "ml"),
    "postgres": ("psycopg", "postgres"),
    "s3": ("boto3", "s3"),
    "spark": ("pyspark", "spark"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of trying a connection: what was seen, or what is wrong."""

    name: str
    type: str
    is_well: bool
    says: str


def to_install(kind: str) -> str | None:
    """The command that installs what a type of connection needs; None if it is there, or nothing is needed."""
    if kind not in NEEDS or find_spec(NEEDS[kind][0]) is not None:
        return None
    return f"pip install 'flowlite[{NEEDS[kind][1]}]'"


async def try_connection(settings: Settings, name: str) -> Tried:
    """Ask the system behind it a harmless question. Raises ConfigError for a name that is none."""
    if name not in settings.connections:
        settings.connection(name)
    kind = settings.connections[name].type
    try:
        connection = settings.connection(name)
        ping = next((entry for entry in entry_points(group=GROUP) if entry.name == kind), None)
        if ping is None:
            return Tried(name=name, type=kind, is_well=True, says="nothing installed can try this type; not tried")
        return Tried(name=name, type=kind, is_well=True, says=str(await asyncio.to_thread(ping.load(), connection)))
    except (FlowliteError, OSError) as error:
        return Tried(name=name, type=kind, is_well=False, says=str(error))
