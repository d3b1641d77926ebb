"""What every executor of one engine shares: whom to tell, where state lives, what to mask, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flowlite.execution.masking import Masker
from flowlite.execution.work import Listener, Order

STATE_DIR = "FLOWLITE_STATE_DIR"  # in the environment of every process of a task: the folder of the state it belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One for each Executors."""

    listener: Listener
    state_dir: Path
    state_id: str
    masker: Masker
    clock: Callable[[], float]

    def log_path(self, order: Order) -> str:
        """The log as evidence names it: below the state folder where it is there."""
        try:
            return str(order.log.relative_to(self.state_dir))
        except ValueError:
            return str(order.log)
