"""The five fields of crontab(5), spelled out as plain numbers, so that nothing about them is left to guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
DAYS = {name: number for number, name in enumerate(DAY_NAMES)}
PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# What cronsim knows beyond crontab(5): the last day, the last weekday, the last Friday, the second Monday.
BEYOND = {"day-of-month": re.compile(r"LW?", re.IGNORECASE), "day-of-week": re.compile(r"\w+(L|#[1-5])", re.IGNORECASE)}
TERM = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


class BadCron(ValueError):
    """The text is no cron text; says which part, and what would be right."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem, self.fix = problem, fix


class Kind(NamedTuple):
    """One of the five fields."""

    name: str
    low: int
    high: int
    names: dict[str, int]


KINDS = (
    Kind("minute", 0, 59, {}),
    Kind("hour", 0, 23, {}),
    Kind("day-of-month", 1, 31, {}),
    Kind("month", 1, 12, MONTHS),
    Kind("day-of-week", 0, 6, DAYS),
)


def spelled_out(text: str) -> tuple[str, bool]:
    """The text for cronsim (numbers, no wrapping ranges), and whether its hour is a wildcard or a step."""
    fields = PRESETS.get(text.strip().lower(), text).split()
    if text.strip().startswith("@") and len(fields) == 1:
        raise BadCron(f"cron text {text!r} is no preset", f"use one of {', '.join(PRESETS)}")
    if len(fields) != 5:
        raise BadCron(
            f"cron text {text!r} has {len(fields)} fields", "write five: minute hour day-of-month month day-of-week"
        )
    plain = " ".join(spelled_field(text, kind, field) for kind, field in zip(KINDS, fields, strict=True))
    return plain, any(mark in fields[1] for mark in "*/")


def spelled_field(text: str, kind: Kind, field: str) -> str:
    """One field. A leading `*` is kept: crontab(5) joins the two day fields by OR only if neither has it."""
    terms = [term for part in field.split(",") for term in spelled_term(text, kind, part)]
    whole = len({term for term in terms if term.isdigit()}) == kind.high - kind.low + 1
    if field.startswith("*"):
        return "*" if whole else f"*/{field.split('/')[1]}" if "," not in field else star_list(terms)
    return ",".join(dict.fromkeys(terms))


def star_list(terms: list[str]) -> str:
    """A list that began with `*/n`: cronsim sees the star only if it comes first, and `*/99` adds nothing but the
    lowest value, which `*/n` has already."""
    return ",".join(["*/99", *dict.fromkeys(terms)])


def spelled_term(text: str, kind: Kind, term: str) -> Iterator[str]:
    """One part between commas: a number, a name, a range (which may wrap), each with a step."""
    beyond = BEYOND.get(kind.name)
    if beyond and beyond.fullmatch(term):
        yield with_number(text, kind, term)
        return
    found = TERM.fullmatch(term)
    if not found or (found["first"] == "*" and found["last"]):
        raise BadCron(f"cron text {text!r}: {term!r} is no {kind.name}", f"write {example(kind)}")
    yield from (str(value) for value in values(text, kind, found))


def with_number(text: str, kind: Kind, term: str) -> str:
    """`friL` and `mon#2` with the day as a number."""
    if kind.name == "day-of-month":
        return term.upper()
    day, rest = re.fullmatch(r"(\w+?)(L|#\d)", term, re.IGNORECASE).groups()  # type: ignore[union-attr]
    return f"{number(text, kind, day)}{rest.upper()}"


def values(text: str, kind: Kind, found: re.Match[str]) -> list[int]:
    """The numbers that a term stands for. `5/10` means from 5 to the end, as everywhere."""
    step = int(found["step"] or 1)
    if step < 1:
        raise BadCron(f"cron text {text!r}: a step of 0 in the {kind.name}", "give at least 1")
    if found["first"] == "*":
        return list(range(kind.low, kind.high + 1, step))
    first = number(text, kind, found["first"])
    if found["last"]:
        return wrapped(kind, first, number(text, kind, found["last"], is_last=True))[::step]
    return list(range(first, kind.high + 1, step)) if found["step"] else [first]


def wrapped(kind: Kind, first: int, last: int) -> list[int]:
    """`fri-mon` goes over the end of the week, and `22-2` over midnight. `0-7` is every day once."""
    span = kind.high - kind.low + 1
    if kind.name == "day-of-week" and last == 7:
        last = 7 if first == 0 else 0
    end = last if last >= first else last + span
    ordered = [kind.low + (one - kind.low) % span for one in range(first, end + 1)]
    return list(dict.fromkeys(ordered))


def number(text: str, kind: Kind, word: str, *, is_last: bool = False) -> int:
    """A number or a name. 0 and 7 are Sunday; the 7 is kept only where a range ends with it."""
    value = kind.names.get(word.lower(), int(word) if word.isdecimal() and word.isascii() else -1)
    if kind.name == "day-of-week" and value == 7:
        return 7 if is_last else 0
    if not kind.low <= value <= kind.high:
        raise BadCron(f"cron text {text!r}: {word!r} is no {kind.name}", f"write {example(kind)}")
    return value


def example(kind: Kind) -> str:
    """What the field takes."""
    names = f", or {next(iter(kind.names))} to {list(kind.names)[-1]}" if kind.names else ""
    high = 7 if kind.name == "day-of-week" else kind.high
    return f"{kind.low} to {high}{names}, with -, / and , as in crontab(5)"
