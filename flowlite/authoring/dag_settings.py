"""What was given to a DAG, checked and in the units that the engine counts in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowlite.authoring import defaults, options
from flowlite.authoring.params import check_model
from flowlite.authoring.problems import DeclarationError, Place, nearest
from flowlite.authoring.retry import Retry, as_retry
from flowlite.authoring.schedules import Schedule, schedule_of
from flowlite.authoring.schedules.moments import Moments
from flowlite.authoring.schedules.reading import zone_name
from flowlite.authoring.schedules.zones import zone_named
from flowlite.authoring.units import instant, seconds

DAG_ID = re.compile(r"\w[\w.-]{0,199}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A DAG's own settings."""

    id: str
    schedule: Schedule | None = None
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    catchup: bool = False
    max_active_runs: int = 1
    depends_on_past: bool = False
    params_model: type | None = None
    sla_s: float | None = None
    timeout_s: float | None = None
    priority: int = 0
    pool: str = "default"
    retries: Retry | None = None
    tags: tuple[str, ...] = ()
    owner: str = ""
    team: str = ""
    notify: Mapping[str, tuple[str, ...]] | None = None
    description: str = ""
    paused: bool = False


KNOWN = frozenset({*Settings.__dataclass_fields__, "params", "sla", "timeout"}) - {
    "params_model",
    "sla_s",
    "timeout_s",
    "timezone",
}


def settings_of(id_: Any, given: Mapping[str, Any], place: Place) -> Settings:
    """Check what an author wrote."""
    if not isinstance(id_, str) or not DAG_ID.fullmatch(id_):
        raise DeclarationError(f"id={id_!r} is no DAG id", "use letters, digits, _, - and .", place)
    for name in given:
        if name not in KNOWN:
            raise DeclarationError(f"DAG {id_!r} takes no {name!r}", f"did you mean {nearest(name, KNOWN)}?", place)
    schedule = schedule_of(given.get("schedule"))
    zone = zone_name(schedule) or defaults.timezone()
    found = Settings(
        id=id_,
        schedule=schedule,
        timezone=zone,
        start=instant("start", given.get("start"), zone_named(zone)),
        end=instant("end", given.get("end"), zone_named(zone)),
        params_model=check_model(id_, given.get("params"), is_scheduled=schedule is not None, place=place),
        sla_s=seconds("sla", given.get("sla")),
        timeout_s=seconds("timeout", given.get("timeout")),
        retries=as_retry(given.get("retries")),
        tags=options.channels("tags", given.get("tags", ())),
        **{name: check(name, given[name]) for name, check in PLAIN.items() if given.get(name) is not None},
    )
    check_dates(found, place)
    return found


def check_dates(found: Settings, place: Place) -> None:
    """Catching up needs a beginning, and an end that comes after it."""
    if found.catchup and found.start is None and isinstance(found.schedule, Moments):
        raise DeclarationError(f"DAG {found.id!r}: catchup=True, but no start", 'add start="2024-01-01"', place)
    if found.start and found.end and found.end <= found.start:
        raise DeclarationError(f"DAG {found.id!r}: end is not after start", "swap them, or leave one out", place)


def plain_text(name: str, value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise DeclarationError(f"{name}={value!r} is no text", "give a string")
    return value


PLAIN: Mapping[str, Callable[[str, Any], Any]] = {
    "catchup": options.flag,
    "max_active_runs": options.count,
    "depends_on_past": options.flag,
    "priority": options.whole,
    "pool": options.text,
    "owner": plain_text,
    "team": plain_text,
    "notify": options.notify,
    "description": plain_text,
    "paused": options.flag,
}
