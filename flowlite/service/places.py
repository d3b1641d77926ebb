"""Where a client works: which settings, which state folder, which DAG files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flowlite.authoring.defaults import Defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Everything that a client must be told. Without a configuration any pool name goes (`has_config`)."""

    state: Path
    dag_folders: tuple[Path, ...]
    is_one_file: bool = False  # that was named, whatever a daemon has loaded
    timezone: str = "UTC"
    durability: str = "full"
    pools: Mapping[str, int] = field(default_factory=dict)
    channels: frozenset[str] = frozenset()  # each by its name, and after its type
    has_config: bool = False
    secrets: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def defaults(self) -> Defaults:
        """What holds for DAG files that say nothing."""
        if not self.has_config:
            return Defaults(self.timezone)
        return Defaults(self.timezone, frozenset({"default", *self.pools}), self.channels)
