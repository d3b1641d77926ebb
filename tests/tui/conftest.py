"""What tests of the terminal UI share: recorded worlds with a daemon that speaks the real API (worlds/replay.py)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # core_attacks
sys.path.insert(0, str(Path(__file__).parent))

from worlds.replay import World


@pytest.fixture
def worlds(tmp_path: Path) -> Callable[[str], World]:
    """`async with worlds("busy") as world`: calm, busy, failing, big, empty, gone."""
    return lambda name: World(name, tmp_path / name)
