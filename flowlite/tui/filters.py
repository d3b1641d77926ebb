"""Filters: `state:failed,retrying dag:etl_* took>10m -tag:dev load`. Every term must hold; a word is looked for in the
name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Protocol

from flowlite.core.errors import FlowliteError

TERM = re.compile(r"(?P<no>-)?(?P<name>[a-z_]+)(?P<how>>=|<=|[:><=])(?P<value>.+)")
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "k": 1e3, "M": 1e6}
AMOUNT = re.compile(r"(?:\d+(?:\.\d+)?[smhdkM]?)+")
PART = re.compile(r"(\d+(?:\.\d+)?)([smhdkM]?)")
COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
}


class Facts(Protocol):
    """What a filter is told of an item: a mapping, or something that finds out when it is asked."""

    def get(self, name: str, /) -> Any:
        """A text, several, a number, or None. `name` is what words are looked for in."""
        ...


class BadFilter(FlowliteError):
    """A term that can't be understood."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `name` "": a word."""

    name: str
    how: str
    values: tuple[str, ...]
    is_not: bool

    def holds(self, facts: Facts) -> bool:
        """For what these facts are told of."""
        return self._holds(facts) is not self.is_not

    def _holds(self, facts: Facts) -> bool:
        if not self.name:
            return fuzzy(self.values[0], str(facts.get("name")))
        fact = facts.get(self.name)
        if isinstance(fact, str) and self.how == ":":
            return any(fits(fact.lower(), value) for value in self.values)
        if self.how in COMPARED:
            return fact is not None and COMPARED[self.how](float(fact), amount(self.values[0]))
        told = fact if isinstance(fact, tuple | list | set | frozenset) else [fact]
        said = [str(one).lower() for one in told if one is not None]
        return any(fits(one, value) for value in self.values for one in said)


class Filter:
    """What somebody has typed, understood. Raises BadFilter. `names`: the facts that there are, `name` among them."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.text = text.strip()
        self.terms = tuple(term_of(word, names) for word in self.text.split())

    def __bool__(self) -> bool:
        return bool(self.terms)

    def holds(self, facts: Facts) -> bool:
        """All of it."""
        return all(term.holds(facts) for term in self.terms)


def fits(text: str, wanted: str) -> bool:
    """It begins with it; as a whole if that holds a `*`."""
    return text.startswith(wanted) or ("*" in wanted and fnmatchcase(text, wanted))


def term_of(word: str, names: Sequence[str]) -> Term:
    """One of them."""
    found = TERM.fullmatch(word)
    if found is None:
        is_not = word.startswith("-") and len(word) > 1
        return Term("", "", (word[is_not:].lower(),), is_not)
    name, how, value = found["name"], found["how"], found["value"]
    if name not in names:
        raise BadFilter(f"there is no {name}: here; there are {', '.join(f'{one}:' for one in names)}")
    if how in COMPARED:
        amount(value)
    return Term(
        name, ":" if how == "=" else how, tuple(one for one in value.lower().split(",") if one), bool(found["no"])
    )


def amount(text: str) -> float:
    """`10m`, `1h30m`, `200`, `3k`. Raises BadFilter."""
    if not AMOUNT.fullmatch(text):
        raise BadFilter(f"{text!r} is no amount; say 90, 10m, 1h30m or 3k")
    return sum(float(number) * UNITS.get(unit, 1.0) for number, unit in PART.findall(text))


def fuzzy(wanted: str, name: str) -> bool:
    """It is part of the name, or the beginnings of its words: `gkp` for `gold_kpis`. As a whole if it holds a `*`."""
    name = name.lower()
    if "*" in wanted:
        return fnmatchcase(name, wanted)
    return wanted in name or beginnings(wanted).search(name) is not None


@lru_cache(64)
def beginnings(letters: str) -> re.Pattern[str]:
    """Each letter follows the one before it, or begins a word."""
    return re.compile(r"(?:^|[\W_])" + r"(?:.*[\W_])?".join(map(re.escape, letters)))


def in_order(letters: str, text: str) -> bool:
    """They are there, one after the other."""
    place = 0
    for letter in letters:
        place = text.find(letter, place) + 1
        if place == 0:
            return False
    return True
