"""How bad is what a log line says, and which lines are one message: a level filter must not tear a traceback apart.

Lines that a task logged name their level. What it printed, or its program did, says it in its own words, if at all: the
first word for a level at the head of the text counts, and lines that continue a message have its level. A line without
a time belongs to the one before it that has one.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

STAMP_BYTES = 31  # `2026-11-22T23:16:38.123Z out   `: what stands before the text of a line
HEAD_BYTES = 160  # of a text: where its level is looked for


class Level(IntEnum):
    """From harmless to bad. STDERR: written there without a word about its level."""

    DEBUG = 0
    INFO = 1
    STDERR = 2
    WARN = 3
    ERROR = 4


LETTERS = "diswe"
NAMES = {"debug": Level.DEBUG, "info": Level.INFO, "stderr": Level.STDERR, "warn": Level.WARN, "error": Level.ERROR}

LABELS = {
    b"error": Level.ERROR, b"warn ": Level.WARN, b"info ": Level.INFO, b"flow ": Level.INFO, b"debug": Level.DEBUG,
}  # fmt: skip
STREAMS = {b"out  ": Level.INFO, b"err  ": Level.STDERR}

# Shouted, as most programs do: looked for first, by what costs least.
_SHOUTED = re.compile(rb"(?:(ERROR|CRITICAL|FATAL)|(WARN(?:ING)?)|(INFO|NOTICE)|(DEBUG|TRACE))(?![A-Za-z0-9_])")
# `error: `, `[warn]`, `"debug"`, `level=info`, `ValueError: `
_SPOKEN = re.compile(
    rb"(?:((?<![\w-])(?:error|fatal|critical)(?=[:\]\"'])|(?<=\w)(?:error|exception)(?=:|\Z)|\blevel\W{1,4}(?:error|fatal|critical))"
    rb"|((?<![\w-])warn(?:ing)?(?=[:\]\"'])|warning(?=:)|\blevel\W{1,4}warn)"
    rb"|((?<![\w-])(?:info|notice)(?=[:\]\"'])|\blevel\W{1,4}info)"
    rb"|((?<![\w-])(?:debug|trace)(?=[:\]\"'])|\blevel\W{1,4}(?:debug|trace)))"
)
_BY_GROUP = (Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG)
TRACEBACK = b"Traceback (most recent call last)"
_GOES_ON = (b" ", b"\t", b"Caused by: ", b"During handling of the above", b"The above exception was")
# In small letters: what a line must hold to be this bad or worse.
# In small letters: a message this bad or worse begins with a line that holds one of them.
SIGNS_OF_ERRORS = (b"error", b"exception", b"fatal", b"critical", b"traceback")
SIGNS = {Level.ERROR: SIGNS_OF_ERRORS, Level.WARN: (*SIGNS_OF_ERRORS, b"warn")}


class Message(NamedTuple):
    """What the next line may continue. `is_traceback`: its last line is still to come, and is not indented."""

    label: bytes = b""
    level: Level = Level.DEBUG
    is_traceback: bool = False


NO_MESSAGE = Message()
LOGGED = b"*"  # for a label: a message of a level that was named


class Judged(NamedTuple):
    """Of one line. `is_start`: a message begins with it."""

    level: Level
    is_start: bool


class Judge:
    """Looks at lines in order. What a message is depends on the lines before; `message` is all that is kept of them."""

    def __init__(self, message: Message = NO_MESSAGE) -> None:
        self.message = message
        self._before = b""

    def judge(self, line: bytes) -> Judged:
        """The next line, without its end."""
        label = label_of(line)
        if (level := LABELS.get(label)) is not None:
            is_start = line[:STAMP_BYTES] != self._before
            self._before, self.message = line[:STAMP_BYTES], Message(LOGGED, level)
            return Judged(level, is_start)
        self._before = b""
        text = line[STAMP_BYTES:] if label else line
        if self._continues(label, text):
            return Judged(self.message.level, is_start=False)
        self.message = begun(label, text)
        return Judged(self.message.level, is_start=True)

    def _continues(self, label: bytes, text: bytes) -> bool:
        message = self.message
        if not label and message.label:
            return True
        if message is NO_MESSAGE or message.label != label:
            return False
        if not text or text.startswith(_GOES_ON):
            return True
        if message.is_traceback:  # its last line: what was raised
            self.message = message._replace(is_traceback=False)
            return True
        return False


def label_of(line: bytes) -> bytes:
    """The five bytes behind the time; empty for a line that is none of ours."""
    return line[25:30] if line[10:11] == b"T" and line[23:25] == b"Z " else b""


def begun(label: bytes, text: bytes) -> Message:
    """The message that a text begins."""
    plain = STREAMS.get(label, Level.INFO)
    if text.startswith(TRACEBACK):
        return Message(label, Level.ERROR, is_traceback=True)
    if not text or text.startswith(_GOES_ON):  # it belongs to what is not known here: its words are not its own
        return Message(label, plain)
    found = said_in(text[:HEAD_BYTES])
    return Message(label, plain if found is None else found)


def said_in(head: bytes) -> Level | None:
    """The level that a text names first."""
    shouted = _SHOUTED.search(head)
    while shouted is not None and not is_word(head, shouted.start()):
        shouted = _SHOUTED.search(head, shouted.end())
    before = (head if shouted is None else head[: shouted.start()]).lower()
    spoken = _SPOKEN.search(before) if may_speak(before) else None
    found = spoken or shouted
    return None if found is None else _BY_GROUP[int(found.lastindex or 1) - 1]


def may_speak(text: bytes) -> bool:
    """Whether a closer look is worth its while; most lines are told apart by this. As quick as Python can say it."""
    return (
        b"rror" in text or b"warn" in text or b"info" in text or b"xception" in text or b"debug" in text
        or b"fatal" in text or b"ritical" in text or b"trace" in text or b"notice" in text
    )  # fmt: skip


def is_word(head: bytes, start: int) -> bool:
    """Whether a word begins there, and not the middle of one."""
    return not start or not (head[start - 1 : start].isalnum() or head[start - 1 : start] in b"_-")
