"""The command line. Kept so light that `flowlite --help` answers at once: each command is imported when used."""

from __future__ import annotations


def main() -> None:
    """The `flowlite` command."""
    from flowlite.cli.root import flowlite

    flowlite(prog_name="flowlite")
