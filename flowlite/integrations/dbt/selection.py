"""What dbt is asked to do in one process: a command on a selection of a project, with its values. Plain JSON inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowlite import FlowliteError

# dbt never asks the network for its version or reports its use, and leaves nothing outside the attempt's folder.
QUIET = ("--no-version-check", "--no-send-anonymous-usage-stats", "--no-use-colors", "--log-level-file", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which project, and how to reach its warehouse. One parsed manifest serves all selections of a place."""

    project: str
    profiles: str
    target: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> list[str]:
        """As arguments of any dbt command."""
        chosen = ["--project-dir", self.project, "--profiles-dir", self.profiles]
        return [*chosen, "--target", plain("target", self.target)] if self.target else chosen

    def variables(self) -> dict[str, str]:
        """The environment that dbt reads its profile in."""
        return {"DBT_PROJECT_DIR": self.project, **self.env}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One invocation of dbt."""

    place: Place
    command: str
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    vars: Mapping[str, Any] = field(default_factory=dict)
    threads: int | None = None
    full_refresh: bool = False

    def words(self, folder: Path, only: Sequence[str] | None = None) -> list[str]:
        """The arguments of this invocation. `only` takes the place of the selection; its tests are named one by one."""
        return [self.command, *self.options(), *self.choice(only), *self.place.words(), *own_paths(folder), *QUIET]

    def listing(self, folder: Path) -> list[str]:
        """The arguments that list what is selected, and do nothing."""
        kinds = {"run": ["model"], "test": ["test", "unit_test"], "seed": ["seed"], "snapshot": ["snapshot"]}
        chosen = [word for kind in kinds.get(self.command, []) for word in ("--resource-type", kind)]
        keys = ["--output", "json", "--output-keys", "unique_id", "fqn", "resource_type", "--quiet"]
        where = [*self.place.words(), *own_paths(folder), *QUIET]
        return ["ls", *chosen, *keys, *self.values(), *self.choice(None), *where]

    def choice(self, only: Sequence[str] | None) -> list[str]:
        """What to run."""
        if only is not None:
            return ["--select", *only, "--indirect-selection", "empty"]
        chosen = ["--select", *(plain("select", one) for one in self.select)] if self.select else []
        left_out = ["--exclude", *(plain("exclude", one) for one in self.exclude)] if self.exclude else []
        return [*chosen, *left_out]

    def options(self) -> list[str]:
        """How to run it."""
        threads = ["--threads", str(self.threads)] if self.threads else []
        can_refresh = self.full_refresh and self.command in ("build", "run", "seed")
        return [*self.values(), *threads, *(["--full-refresh"] if can_refresh else [])]

    def values(self) -> list[str]:
        """The variables, as dbt takes them."""
        return ["--vars", json.dumps(dict(self.vars))] if self.vars else []

    def key(self, project_files: str) -> str:
        """The same for two attempts exactly if the second may build on what the first did."""
        asked = [self.command, self.select, self.exclude, dict(self.vars), self.full_refresh, self.place.words()]
        return hashlib.sha256(json.dumps([asked, project_files], sort_keys=True).encode()).hexdigest()


def own_paths(folder: Path) -> list[str]:
    """dbt's files of one attempt; two processes that share them read each other's halves."""
    return ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]


def plain(name: str, value: str) -> str:
    """A value may come from the parameters of a run: it must not be taken for an option."""
    if value.startswith("-"):
        raise FlowliteError(f"dbt {name}={value!r} looks like an option; a selection can't begin with '-'")
    return value
