"""The scheduling arguments that every kind of task takes, checked where they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, TypedDict

from flowlite.authoring.assets import Asset
from flowlite.authoring.problems import DeclarationError, nearest
from flowlite.authoring.retry import Retry, as_retry
from flowlite.authoring.units import seconds, size_bytes
from flowlite.core.trigger_rules import RULES

ISOLATIONS = ("loop", "thread", "process", "dask")
ALERTS = ("failure", "sla", "success", "retry", "recovered")
DEFAULT_ALERTS = ("failure", "sla", "recovered")
TASK_ID = re.compile(r"\w[\w-]{0,199}")

Notify = Sequence[str] | Mapping[str, Sequence[str]]


class TaskOptions(TypedDict, total=False):
    """What `@task(...)` and `t.options(...)` take."""

    id: str
    retries: int | Retry
    timeout: float | timedelta
    pool: str
    slots: int
    priority: int
    trigger_rule: str
    sla: float | timedelta
    isolation: str
    memory: str | int
    outlets: Asset | Sequence[Asset]
    notify: Notify
    warm_up: tuple[str, str]


class SensorOptions(TaskOptions, total=False):
    """What `@sensor(...)` takes. `timeout` is of the whole wait; with `soft_fail` its end means skipped, not failed."""

    poke_every: float | timedelta
    soft_fail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Checked scheduling arguments; None: not given."""

    id: str | None = None
    retries: Retry | None = None
    timeout: float | None = None
    pool: str | None = None
    slots: int | None = None
    priority: int | None = None
    trigger_rule: str | None = None
    sla: float | None = None
    isolation: str | None = None
    memory: int | None = None
    outlets: tuple[str, ...] | None = None
    notify: Mapping[str, tuple[str, ...]] | None = None
    warm_up: tuple[str, str] | None = None
    poke_every: float | None = None
    soft_fail: bool | None = None

    def over(self, given: Options) -> Options:
        """These, with those on top."""
        return replace(self, **{name: value for name in NAMES if (value := getattr(given, name)) is not None})


NAMES = tuple(field.name for field in fields(Options))


def options(what: str, given: Mapping[str, Any], allowed: Sequence[str] = ()) -> Options:
    """Check arguments as written. `what` names the caller; `allowed` widens what it takes."""
    known = {*TaskOptions.__annotations__, *allowed}
    for name in given:
        if name not in known:
            raise DeclarationError(f"{what} takes no {name!r}", f"did you mean {nearest(name, known)}?")
    return Options(**{name: CHECKS[name](name, value) for name, value in given.items() if value is not None})


def task_id(name: str, value: Any) -> str:
    """Ids name files and are typed by people."""
    if not isinstance(value, str) or not TASK_ID.fullmatch(value):
        raise DeclarationError(
            f"{name}={value!r} is no task id", "use letters, digits, _ and -, and group() for a prefix"
        )
    return value


def count(name: str, value: Any) -> int:
    """A whole number of at least one."""
    if type(value) is int and value >= 1:
        return value
    raise DeclarationError(f"{name}={value!r} is no count", "give a whole number of at least 1")


def whole(name: str, value: Any) -> int:
    """Any whole number."""
    if type(value) is int:
        return value
    raise DeclarationError(f"{name}={value!r} is no whole number", "give an int; higher goes first")


def text(name: str, value: Any) -> str:
    """Text with something in it."""
    if not isinstance(value, str) or not value:
        raise DeclarationError(f"{name}={value!r} is no name", "give some text")
    return value


def flag(name: str, value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise DeclarationError(f"{name}={value!r} is neither True nor False", "give one of them")
    return value


def rule(name: str, value: Any) -> str:
    """One of the twelve."""
    if value not in RULES:
        raise DeclarationError(f"{name}={value!r} is not known", f"use {nearest(str(value), RULES)}")
    return str(value)


def isolation(name: str, value: Any) -> str:
    """Where a function may run."""
    if value not in ISOLATIONS:
        raise DeclarationError(f"{name}={value!r} is not known", f"use {nearest(str(value), ISOLATIONS)}")
    return str(value)


def outlets(name: str, value: Any) -> tuple[str, ...]:
    """The names of the assets that a success updates."""
    assets = [value] if isinstance(value, Asset) else value
    if not isinstance(assets, Sequence) or not all(isinstance(asset, Asset) for asset in assets):
        raise DeclarationError(f"{name}={value!r} holds something that is no asset", 'write outlets=[Asset("name")]')
    return tuple(asset.name for asset in assets)


def notify(name: str, value: Any) -> Mapping[str, tuple[str, ...]]:
    """Which channels hear of what; a list means failures, missed deadlines and recoveries."""
    if isinstance(value, Mapping):
        for kind in value:
            if kind not in ALERTS:
                raise DeclarationError(f"{name}: {kind!r} is no kind of alert", f"use {nearest(str(kind), ALERTS)}")
        return {kind: channels(name, of_kind) for kind, of_kind in value.items()}
    return dict.fromkeys(DEFAULT_ALERTS, channels(name, value))


def warm_up(name: str, value: Any) -> tuple[str, str]:
    """What the fork server of a process task runs once: "package.module:function", and its argument."""
    if not (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(part, str) for part in value)
        and ":" in value[0]
    ):
        raise DeclarationError(
            f"{name}={value!r} names nothing", 'write warm_up=("package.module:function", "argument")'
        )
    return value[0], value[1]


def channels(name: str, value: Any) -> tuple[str, ...]:
    """A list of channel names."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value):
        raise DeclarationError(f"{name}={value!r} is no list of channels", 'write notify=["slack:ops"]')
    return tuple(value)


CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "id": task_id,
    "retries": lambda _, value: as_retry(value),
    "timeout": seconds,
    "pool": text,
    "slots": count,
    "priority": whole,
    "trigger_rule": rule,
    "sla": seconds,
    "isolation": isolation,
    "memory": size_bytes,
    "outlets": outlets,
    "notify": notify,
    "warm_up": warm_up,
    "poke_every": seconds,
    "soft_fail": flag,
}
