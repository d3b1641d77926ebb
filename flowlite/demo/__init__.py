"""The demo: MobilityCorp's first pipeline on two years of real bike rentals, with stand-ins for the world outside.

`play` is what `flowlite demo` calls. It writes below the state folder that it is given and nowhere else, leaves no
process behind, and begins anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TextIO

# The Sunday before, five days around the spring clock change, and the day of a hurricane, which must not get through.
DATES = (
    date(2024, 3, 3),
    *(date(2024, 3, day) for day in range(8, 13)),
    date(2024, 10, 28),
)


def play(state: Path, dates: Sequence[date] | None = None, out: TextIO | None = None) -> int:
    """Play the demo and tell about it on `out` (default: stdout). Returns the exit code: 0 if all went as it should.

    A date that its tests stop is part of the story. Raises FlowliteError if something that it needs is not installed,
    or the folder holds anything but an earlier demo.
    """
    from flowlite.demo.story import tell

    return tell(state, tuple(dates or DATES), out)
