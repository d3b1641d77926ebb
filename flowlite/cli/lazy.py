"""Groups of commands that import a command's module only when it is used. Their help comes from the table alone."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Lazy(NamedTuple):
    """Where a command is (`module:name`) and what one line says of it."""

    where: str
    says: str


class LazyGroup(click.Group):
    """A group whose commands are named in a table and imported when asked for."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **options: Any) -> None:
        super().__init__(*args, **options)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table: what people do first comes first."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or None if there is no such name."""
        if (found := self.lazy.get(cmd_name)) is None:
            return None
        module, name = found.where.split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, naming the nearest command if there is none of that name."""
        if args and not args[0].startswith("-") and args[0] not in self.lazy:
            raise click.UsageError(f"there is no command {args[0]!r}{nearest(args[0], self.lazy)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, found.says) for name, found in self.lazy.items()])


def nearest(word: str, known: Mapping[str, Any]) -> str:
    """`; did you mean 'runs'?` for a near miss, else nothing."""
    # Imported here: difflib costs 4 ms that a command without a typing error should not pay.
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""
