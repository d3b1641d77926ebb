"""What to say where something was asked for and nobody is there who carries it out."""

from __future__ import annotations

from flowlite.cli.output import say


def say_if_nobody_goes_on(*, is_here: bool) -> None:
    """`is_here`: it was written by this process, which ends now."""
    if is_here:
        say("no daemon is up: it goes on with the next `flowlite up`, or here with `flowlite runs resume`", err=True)
