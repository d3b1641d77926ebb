"""flowlite.toml and the environment as one frozen object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from flowlite.config.problems import ConfigError, nearest
from flowlite.config.sections import Api, Flowlite, Notify, Retention, Web

ALERTS = ("failure", "sla", "success", "retry", "recovered")
MASK = "***"
DEFAULT_POOLS = {"default": 32}


class Entry(Mapping[str, Any]):
    """A connection or channel: its fields by `entry["bucket"]` or `entry.bucket`. Its secrets are never shown."""

    __slots__ = ("_fields", "_problem", "name", "type")

    def __init__(self, name: str, kind: str, fields: Any, problem: ConfigError | None = None) -> None:
        self.name, self.type = name, kind
        self._fields, self._problem = fields, problem

    @property
    def fields(self) -> Any:
        """The dataclass of its type. Raises ConfigError if something that it refers to is missing."""
        if self._problem is not None:
            raise self._problem
        return self._fields

    @property
    def problem(self) -> ConfigError | None:
        """Why it can't be used, if so."""
        return self._problem

    @property
    def secrets(self) -> list[str]:
        """Its secret values, to be masked wherever they turn up."""
        if self._problem is not None:
            return []
        return [
            text for one in fields(self._fields) for text in secrets_in(one, getattr(self._fields, one.name)) if text
        ]

    def shown(self) -> dict[str, Any]:
        """Its fields as people may see them: what is secret is there, and masked."""
        own = {one.name: shown_value(one, getattr(self.fields, one.name)) for one in fields(self.fields)}
        return {"type": self.type, **own}

    def is_as(self, other: Entry | None) -> bool:
        """Whether nothing about it has changed."""
        if other is None or self.type != other.type or str(self.problem) != str(other.problem):
            return False
        return self._problem is not None or bool(self._fields == other._fields)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or key not in self:
            raise AttributeError(f"connection {self.name!r} has no {key!r}; it has {', '.join(self)}")
        return self[key]

    def __getitem__(self, key: str) -> Any:
        return self._table()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())

    def _table(self) -> dict[str, Any]:
        own = {one.name: getattr(self.fields, one.name) for one in fields(self.fields)}
        return {"type": self.type, **own, **own.get("fields", {})}

    def __repr__(self) -> str:
        shown = "unusable" if self._problem is not None else repr(self._fields)
        return f"<{self.type} {self.name!r}: {shown}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is configured. Without a flowlite.toml: the defaults, with `path` None."""

    path: Path | None = None
    root: Path = field(default_factory=Path.cwd)
    flowlite: Flowlite = field(default_factory=Flowlite)
    pools: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_POOLS))
    connections: Mapping[str, Entry] = field(default_factory=dict)
    channels: Mapping[str, Entry] = field(default_factory=dict)
    notify: Notify = field(default_factory=Notify)
    retention: Retention = field(default_factory=Retention)
    api: Api = field(default_factory=Api)
    web: Web = field(default_factory=Web)

    @property
    def dag_folders(self) -> tuple[Path, ...]:
        """Where DAG files are."""
        return tuple(self.root / Path(folder).expanduser() for folder in self.flowlite.dags)

    @property
    def state_dir(self) -> Path:
        """Where flowlite writes."""
        return self.root / Path(self.flowlite.state).expanduser()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for masking."""
        entries = (*self.connections.values(), *self.channels.values())
        own = () if self.notify.heartbeat_url is None else (self.notify.heartbeat_url,)
        return tuple(dict.fromkeys([*own, *(text for entry in entries for text in entry.secrets)]))

    @property
    def problems(self) -> tuple[ConfigError, ...]:
        """Connections and channels that can't be used as things are: what they refer to is missing."""
        entries = (*self.connections.values(), *self.channels.values())
        return tuple(entry.problem for entry in entries if entry.problem is not None)

    def changed_since(self, was: Settings) -> list[str]:
        """The sections that say something else than they did."""
        tables = {"pools": (self.pools, was.pools), "notify": (self.notify, was.notify), "api": (self.api, was.api),
                  "retention": (self.retention, was.retention), "flowlite": (self.flowlite, was.flowlite)}  # fmt: skip
        found = [name for name, (now, before) in tables.items() if now != before]
        for name, now_, before_ in (
            ("connections", self.connections, was.connections), ("channels", self.channels, was.channels),
        ):  # fmt: skip
            if now_.keys() != before_.keys() or not all(one.is_as(before_[key]) for key, one in now_.items()):
                found.append(name)
        return sorted(found)

    def connection(self, name: str) -> Entry:
        """The connection of this name. Raises ConfigError if there is none, or it can't be used."""
        return found("connection", name, self.connections, self.path)

    def channel(self, name: str) -> Entry:
        """The channel of this name, which may stand after its type: `ops` or `slack:ops`."""
        kind, _, short = name.rpartition(":")
        entry = found("channel", name if name in self.channels else short, self.channels, self.path)
        if kind and name not in self.channels and kind != entry.type:
            raise ConfigError(
                str(self.path), f"channel {short!r} is of type {entry.type!r}", f'write "{entry.type}:{short}"'
            )
        return entry

    @property
    def channel_names(self) -> frozenset[str]:
        """What a channel may be called: `ops`, `slack:ops`."""
        return frozenset(self.channels) | {f"{entry.type}:{name}" for name, entry in self.channels.items()}

    def notify_by_kind(self) -> dict[str, tuple[str, ...]]:
        """The channels of `[notify]` by kind of alert."""
        return {kind: getattr(self.notify, kind) for kind in ALERTS}


def found(what: str, name: str, entries: Mapping[str, Entry], path: Path | None) -> Entry:
    """An entry that can be used."""
    if name not in entries:
        where = "no flowlite.toml" if path is None else str(path)
        advice = f"use {nearest(name, entries)}" if entries else f"add [{what}s.{name}] with a type"
        raise ConfigError(where, f"there is no {what} {name!r}", advice)
    problem = entries[name].problem
    if problem is not None:
        raise problem
    return entries[name]


def secrets_in(one: Field[Any], value: Any) -> Iterator[str]:
    """What is secret about a field: all of it, or the password in an address."""
    if one.metadata.get("secret"):
        yield from texts_in(value)
    elif one.metadata.get("address") and isinstance(value, str):
        yield from passwords_in(value)


def shown_value(one: Field[Any], value: Any) -> Any:
    """A value as people may see it."""
    if value in (None, "") or (not value and isinstance(value, Mapping)):
        return value
    if one.metadata.get("secret"):
        return dict.fromkeys(value, MASK) if isinstance(value, Mapping) else MASK
    if one.metadata.get("address") and isinstance(value, str):
        before, at, host = value.rpartition("@")
        scheme, mark, user = before.partition("://")
        return f"{scheme}{mark}{user.partition(':')[0]}:{MASK}@{host}" if at and ":" in user else value
    return value


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value, and the password in every address."""
    if isinstance(value, str):
        yield value
        yield from passwords_in(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def passwords_in(text: str) -> Iterator[str]:
    """The password of `https://user:password@host`."""
    before, at, _ = text.rpartition("@")
    _, colon, password = before.partition("://")[2].partition(":")
    if at and colon:
        yield password
