"""The file of a DAG, with its line numbers and where its tasks stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from flowlite.tui.format import cells
from flowlite.tui.picture import Row
from flowlite.tui.rows import Line, Piece
from flowlite.tui.widgets.listing import Listing

# The first of these that a token is in; pygments knows more than we have colours for.
ROLES = (
    ("Token.Comment", "code-comment"),
    ("Token.Literal.String", "code-string"),
    ("Token.Literal.Number", "code-number"),
    ("Token.Keyword", "code-keyword"),
    ("Token.Name.Decorator", "code-decorator"),
    ("Token.Name.Function", "code-function"),
    ("Token.Name.Class", "code-function"),
)


class Code(Listing):
    """`about` is the id of the DAG."""

    scopes: ClassVar[tuple[str, ...]] = ("code", "list")
    what = "Code"
    nothing = "its file can't be read"
    has_title = False
    about = ""

    def source(self) -> Mapping[str, Any]:
        """The file as it was when it was looked at first; a new version of the DAG asks again."""
        dag = self.ui.world.dags.get(self.about)
        found = self.ui.lookups.look("source", stamp=None if dag is None else dag.version, dag_id=self.about).value
        return found or {"file": None, "text": "", "tasks": {}}

    def items(self) -> Sequence[int]:
        """Numbers of lines."""
        return range(1, len(coloured(self.source()["text"])) + 1)

    def item(self, key: Any, width: int) -> Row:
        """One line."""
        source = self.source()
        line = Line(width).skip(1).put(f"{key:>4} ", "log-number")
        line.pieces(*coloured(source["text"])[key - 1])
        here = [task_id for task_id, number in source["tasks"].items() if number == key]
        if here:
            line.right((f"  {', '.join(here[:3])}{' …' if len(here) > 3 else ''}", "accent"), margin=1)
        return line.row

    def place(self) -> tuple[str, int] | None:
        """File and line under the cursor, for an editor."""
        file = self.source()["file"]
        return None if file is None else (file, int(self.picking.key or 1))


@lru_cache(8)
def coloured(text: str) -> list[list[Piece]]:
    """The lines of Python in pieces."""
    from pygments.lexers.python import PythonLexer

    found: list[list[Piece]] = [[]]
    for token, value in PythonLexer(stripnl=False).get_tokens(text.expandtabs(4)):
        role = role_of(str(token))
        for number, part in enumerate(value.split("\n")):
            if number:
                found.append([])
            if part:
                found[-1].append((cells(part), role))
    while found and not found[-1]:
        found.pop()
    return found


def role_of(token: str) -> str:
    """How a token looks."""
    return next((role for prefix, role in ROLES if token.startswith(prefix)), "text")
