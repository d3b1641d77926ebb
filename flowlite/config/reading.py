"""Reading flowlite.toml: the file, what overrides it, and what is wrong with both."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flowlite.config.fields import converted, read_table
from flowlite.config.problems import ConfigError, Source, nearest
from flowlite.config.references import Unresolved, overridden, resolved
from flowlite.config.sections import Api, Flowlite, Notify, Retention, Web
from flowlite.config.settings import DEFAULT_POOLS, Entry, Settings

FIXED: Mapping[str, type] = {
    "flowlite": Flowlite, "notify": Notify, "retention": Retention, "api": Api, "web": Web,
}  # fmt: skip
NAMED = ("connections", "channels")
SECTIONS = (*FIXED, *NAMED, "pools")
FILE_NAME = "flowlite.toml"


def read(path: str | Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file and the environment; without a file, of the environment alone. Raises ConfigError."""
    env = os.environ if env is None else env
    file = None if path is None else Path(path).absolute()
    source = Source(file, "" if file is None else text_of(file))
    root = Path.cwd() if file is None else file.parent
    raw = overridden(parsed(source), env)
    for section, table in raw.items():
        check_section(section, table, source)
    fixed: dict[str, Any] = {
        section: fixed_section(section, kind, raw, source, env, root) for section, kind in FIXED.items()
    }
    named: dict[str, Any] = {section: entries(section, raw.get(section, {}), source, env, root) for section in NAMED}
    check_zone(fixed["flowlite"].timezone, source)
    settings = Settings(path=file, root=root, pools=pools(raw, source, env, root), **fixed, **named)
    check_notify(settings, source)
    return settings


def check_notify(settings: Settings, source: Source) -> None:
    """Every channel that is to hear of something is there."""
    known = settings.channel_names
    for kind, names in settings.notify_by_kind().items():
        for name in names:
            if name not in known:
                advice = f"use {nearest(name, known)}" if known else f"add [channels.{name}] with a type"
                raise source.error("notify", kind, f"{kind}: there is no channel {name!r}", advice)


def find(start: Path | None = None, env: Mapping[str, str] | None = None) -> Path | None:
    """The file to use: FLOWLITE_CONFIG, or flowlite.toml in this folder or the nearest one above."""
    env = os.environ if env is None else env
    if env.get("FLOWLITE_CONFIG"):
        return Path(env["FLOWLITE_CONFIG"]).expanduser().absolute()
    here = (start or Path.cwd()).absolute()
    return next((folder / FILE_NAME for folder in (here, *here.parents) if (folder / FILE_NAME).is_file()), None)


def text_of(file: Path) -> str:
    """What the file says."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            str(file), "there is no such file", "create it with `flowlite init`, or give another path"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), f"can't be read: {error}", "it must be a readable UTF-8 file") from None


def parsed(source: Source) -> dict[str, Any]:
    """The tables of a TOML text."""
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(source.path), f"is no TOML: {error}", "correct the line") from None


def check_section(section: str, table: Any, source: Source) -> None:
    """Only known sections, and each must be a table."""
    if section not in SECTIONS:
        what = f"[{section}] is no section" if isinstance(table, dict) else f"{section!r} stands outside a section"
        raise source.error(
            section if isinstance(table, dict) else "", section, what, f"did you mean {nearest(section, SECTIONS)}?"
        )
    if not isinstance(table, dict):
        raise source.error(
            "", section, f"{section} = {table!r} is no section", f"write [{section}] on a line of its own"
        )


def fixed_section(
    section: str, kind: type, raw: Mapping[str, Any], source: Source, env: Mapping[str, str], root: Path
) -> Any:
    """A section with fixed keys; what it refers to must be there."""
    table = dict(raw.get(section, {}))
    for key, value in table.items():
        try:
            table[key] = resolved(value, env, root)
        except Unresolved as missing:
            raise source.error(section, key, f"{key}: {missing}", "set it, or give the value itself") from None
    return read_table(kind, table, section, source, root)


def pools(raw: Mapping[str, Any], source: Source, env: Mapping[str, str], root: Path) -> dict[str, int]:
    """Slots by pool; `default` is always there."""
    table = dict(DEFAULT_POOLS)
    for name, value in raw.get("pools", {}).items():
        try:
            size = converted(resolved(value, env, root), int, "pools", name, source)
        except Unresolved as missing:
            raise source.error("pools", name, f"{name}: {missing}", "set it, or give a number") from None
        if size < 1:
            raise source.error(
                "pools", name, f"pool {name!r} has {size} slots", "give it at least 1, or pause the DAGs"
            )
        table[name] = size
    return table


def entries(
    section: str, tables: Mapping[str, Any], source: Source, env: Mapping[str, str], root: Path
) -> dict[str, Entry]:
    """The connections or channels by name."""
    return {name: entry(section, name, table, source, env, root) for name, table in tables.items()}


def entry(section: str, name: str, table: Any, source: Source, env: Mapping[str, str], root: Path) -> Entry:
    """One of them. A secret that is not there is told when the entry is used: `flowlite check` needs no secrets."""
    path, kinds = f"{section}.{name}", kinds_of(section)
    if not isinstance(table, Mapping) or "type" not in table:
        raise source.error(path, None, f"[{path}] has no type", f"add type = ..., {nearest('', kinds)}")
    type_, raw = str(table["type"]), {key: value for key, value in table.items() if key != "type"}
    if type_ not in kinds:
        raise source.error(path, "type", f"type = {type_!r} is not known", f"use {nearest(type_, kinds)}")
    kind = kinds[type_]
    if type_ == "custom" and "fields" not in raw:
        raw = {"fields": raw}
    try:
        return Entry(name, type_, read_table(kind, resolved(raw, env, root), path, source, root))
    except Unresolved as missing:
        read_keys(kind, raw, path, source)
        problem = source.error(path, None, f"[{path}]: {missing}", "set it before this is used")
        return Entry(name, type_, None, problem)


def kinds_of(section: str) -> Mapping[str, type]:
    """What can be said of each type. Read where a file has one: to make so many classes takes longer than the rest."""
    return import_module(f"flowlite.config.{section}").KINDS  # type: ignore[no-any-return]


def read_keys(kind: type, raw: Mapping[str, Any], path: str, source: Source) -> None:
    """Unknown and missing keys are told even where values are not there yet."""
    known = kind.__dataclass_fields__  # type: ignore[attr-defined]
    for key in raw:
        if key not in known:
            raise source.error(path, key, f"[{path}] takes no {key!r}", f"did you mean {nearest(key, known)}?")


def check_zone(name: str, source: Source) -> None:
    """The default time zone exists."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        guess = nearest(name, available_timezones())
        advice = "use a name like 'Europe/Berlin'" if guess.startswith("one of") else f"use {guess}"
        raise source.error("flowlite", "timezone", f"there is no time zone {name!r}", advice) from None
