"""The demo: MobilityCorp's five pipelines at once on real bike rentals, with stand-ins for the world outside.

`play` is what `flowlite demo` calls. It starts a real daemon, writes below the state folder that it is given and
nowhere else, leaves no process behind, and begins anew each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from flowlite.demo.programme import Programme


def play(state: Path, programme: Programme | None = None, out: TextIO | None = None, *, with_tui: bool = False) -> int:
    """Play the demo and tell about it on `out` (default: stdout). Returns the exit code: 0 if all went as it should.

    Raises FlowliteError if something is not installed that nothing can be played without, or the folder holds anything
    but an earlier demo. What else is missing is told, and left out.
    """
    from flowlite.demo.programme import Programme
    from flowlite.demo.story import tell

    return tell(state, programme or Programme(), out, with_tui=with_tui)
