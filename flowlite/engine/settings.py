"""What an engine is told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Pool sizes that a person set are in the store and win over `pools`. `env` is added to that of every process."""

    state_dir: Path
    pools: Mapping[str, int] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    log_cap_bytes: int = 64 << 20
    grace_s: float = 10.0
