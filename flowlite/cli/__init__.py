"""The command line. Kept so light that `flowlite --help` answers at once: a command's module is loaded when it is used."""

from __future__ import annotations


def main() -> None:
    """The `flowlite` command."""
    from flowlite.cli.root import flowlite

    flowlite(prog_name="flowlite")
