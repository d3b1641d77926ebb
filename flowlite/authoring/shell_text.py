"""Where in a shell command quoting holds: a small reader of quotes, substitutions, comments and here-documents.

It errs on one side only. A place it calls bare is one where a quoted word is just a word; whatever it is not sure of is
not bare, and there only harmless values are let through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

HEREDOC = re.compile(r"<<(?P<dash>-?)[ \t]*(?P<word>(?:\\.|'[^']*'|\"[^\"]*\"|[^\s;&|<>()])+)")
CASE = re.compile(r"(?<![\w-])(case|esac)(?![\w-])")


def bare_marks(text: str, mark: re.Pattern[str]) -> set[int]:
    """The positions of the marks that stand outside every quote, substitution, comment and here-document."""
    reader = Reader(text, mark)
    while reader.at < len(text):
        reader.step()
    return reader.bare


@dataclass(slots=True)
class Reader:
    """Walks over the text once, with a stack of what is open."""

    text: str
    mark: re.Pattern[str]
    at: int = 0
    open: list[str] = field(default_factory=list)
    bare: set[int] = field(default_factory=set)
    is_lost: bool = False
    goes_on: tuple[int, bool] = (-1, False)  # after a line that was cut: where, and whether a word begins there
    heredocs: list[tuple[str, bool]] = field(default_factory=list)

    def step(self) -> None:
        """Take one thing: a mark, an escape, an opening, a closing, or a character."""
        found = self.mark.match(self.text, self.at)
        if found:
            if not self.open and not self.is_lost:
                self.bare.add(self.at)
            self.at = found.end()
            return
        inside = self.open[-1] if self.open else ""
        if inside == "'":
            self._until("'")
        elif inside == '"':
            self._in_double()
        elif inside in ("`", "${"):
            self._in_murky(inside)
        else:
            self._in_command()

    def _until(self, closing: str) -> None:
        if self.text[self.at] == closing:
            self.open.pop()
        self.at += 1

    def _in_double(self) -> None:
        if self.text[self.at] == "\\":
            self._escape()
        elif self._substitution():
            return
        else:
            self._until('"')

    def _in_murky(self, inside: str) -> None:
        """Backticks and `${...}`: how quotes count in them differs between shells, so one is enough to give up."""
        if self.text[self.at] == "\\":
            self._escape()
            return
        if self.text[self.at] in "'\"" or (inside == "`" and self.text[self.at] == "#"):
            self.is_lost = True
        if inside == "`" or not self._substitution():
            self._until("`" if inside == "`" else "}")

    def _in_command(self) -> None:
        here = self.text[self.at]
        if here == "\\":
            self._escape()
        elif here == "#" and self._starts_word():
            self._comment()
        elif here == "\n":
            self._newline()
        elif self._heredoc() or self._substitution():
            return
        elif here in "'\"":
            self.is_lost |= here == "'" and self.text[self.at - 1 : self.at] == "$"  # $'...' differs between shells
            self._push(here, 1)
        elif here == "(" and self.text[self.at - 1 : self.at] == "=":
            self.is_lost = True  # an array of bash; after a mistake in one, bash goes on with the next line
            self.at += 1
        elif here == "(" and (self.open or self.text.startswith("((", self.at)):
            self._push("(", 1)  # in bash, `((` opens arithmetic, where quotes do not hold
        elif here == ")" and self.open:
            is_word = self.open.pop() == "$("
            self.at += 1
            if is_word:  # a `#` right after a substitution belongs to its word
                self.goes_on = (self.at, False)
        else:
            self.is_lost |= bool(self.open and CASE.match(self.text, self.at))  # `a)` in a case closes nothing
            self.at += 1

    def _escape(self) -> None:
        """A backslash takes the next character with it; before a mark it would meet the first of the value. A line that
        goes on in the next one is one line, wherever it is cut: in `$(` too, which is too odd to follow."""
        self.is_lost |= bool(self.mark.match(self.text, self.at + 1))
        if self.text.startswith("\\\n", self.at):
            self.is_lost |= self.text[self.at - 1 : self.at] in ("$", "<", "(")
            self.goes_on = (self.at + 2, self._starts_word())
        self.at += 1 if self.is_lost else 2

    def _substitution(self) -> bool:
        for opening in ("$(", "${", "`"):
            if self.text.startswith(opening, self.at):
                self._push(opening, len(opening))
                return True
        return False

    def _push(self, opening: str, width: int) -> None:
        self.open.append(opening)
        self.at += width

    def _starts_word(self) -> bool:
        if self.goes_on[0] == self.at:
            return self.goes_on[1]
        return self.at == 0 or self.text[self.at - 1] in " \t\n;&|()<>"

    def _comment(self) -> None:
        """Up to the end of the line; marks in it are not bare, for a value with a line break would end it."""
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _heredoc(self) -> bool:
        if self.text.startswith("<<<", self.at):  # a here-string: what follows is a plain word
            self.at += 3
            return True
        found = HEREDOC.match(self.text, self.at)
        if not found:
            return False
        self.is_lost |= "\0" in found["word"] or bool(self.open)
        self.heredocs.append((re.sub(r"[\\'\"]", "", found["word"]), bool(found["dash"])))
        self.at = found.end()
        return True

    def _newline(self) -> None:
        """The bodies of here-documents begin after the line that announces them."""
        self.at += 1
        for word, has_dash in self.heredocs:
            self._skip_body(word, has_dash=has_dash)
        self.heredocs.clear()

    def _skip_body(self, word: str, *, has_dash: bool) -> None:
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end]
            self.at = end + 1
            if (line.lstrip("\t") if has_dash else line) == word:
                return
