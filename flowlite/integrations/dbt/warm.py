"""What the fork server does once for all attempts: import dbt and parse the manifest. Its forks find both in memory."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from flowlite.integrations.dbt.project_files import fingerprint
from flowlite.integrations.dbt.selection import Place


@dataclass(frozen=True, slots=True)
class Parsed:
    """A manifest, and the files it was parsed from."""

    files: str
    manifest: Any


PARSED: dict[str, Parsed] = {}  # by place; filled before the fork, read after it


def warm_up(argument: str) -> None:
    """Called by the fork server with what `argument_of` made."""
    told = json.loads(argument)
    import_for_all()
    parsed = parsed_now(place_of(told["place"]), cache_of(os.environ.get("FLOWLITE_STATE_DIR")))
    compile_macros(parsed.manifest)


def import_for_all() -> None:
    """What dbt would import in each attempt anew. One that is not there is not needed by this adapter."""
    # Threads of a library would not survive the fork; what they held would.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for module in ("dbt.compilation", "dbt.runners", "dbt_common.clients.agate_helper", "numpy"):
        with suppress(ImportError):
            import_module(module)


def compile_macros(manifest: Any) -> None:
    """Put the macros' compiled templates into dbt's own cache: a fifth of what a small selection costs. Nothing is
    rendered, so nothing of this run can stick to the next."""
    with suppress(ImportError, AttributeError):
        from dbt_common.clients.jinja import template_cache

        for macro in manifest.macros.values():
            template_cache.get_node_template(macro)


def parsed_now(place: Place, cache: Path | None) -> Parsed:
    """Parse, and keep it for whoever comes after in this process or its forks."""
    from flowlite.integrations.dbt.in_process import parse

    files = fingerprint(place.project, place.profiles)
    parsed = Parsed(files, parse(place, cache / name_of(place) if cache else None))
    PARSED[name_of(place)] = parsed
    return parsed


def parsed(place: Place, cache: Path | None) -> Parsed:
    """The manifest of the place: the warm one while the project's files are as they were, else a new one."""
    warm = PARSED.get(name_of(place))
    if warm is not None and warm.files == fingerprint(place.project, place.profiles):
        return warm
    return parsed_now(place, cache)


def argument_of(place: Place) -> str:
    """What a DAG declares for its fork server. It changes with the project's files, so that a saved model makes a new
    server, with a new manifest, the next time the DAG file is loaded."""
    files = fingerprint(place.project, place.profiles)
    return json.dumps({"place": as_json(place), "files": files}, sort_keys=True)


def as_json(place: Place) -> dict[str, Any]:
    """The fields of a place."""
    return {"project": place.project, "profiles": place.profiles, "target": place.target, "env": dict(place.env)}


def place_of(told: dict[str, Any]) -> Place:
    """The reverse of as_json."""
    return Place(**told)


def name_of(place: Place) -> str:
    """One name for each place; what its profile reads from the environment may have been parsed in."""
    told = json.dumps(as_json(place), sort_keys=True)
    return f"{Path(place.project).name}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def cache_of(state: str | None) -> Path | None:
    """Where partial parses are kept: below the state folder, never in the project."""
    return Path(state) / "dbt" if state else None
