"""Masking: known secrets become *** before anything reaches a log, an error or the wire. Standard library only."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 4  # masking "a" or "1" would eat the log and hide nothing
SHORTEST_ENCODED = 8


class Masker:
    """Knows the secrets and the forms they commonly travel in: by line, URL-quoted, JSON-escaped, in base64."""

    __slots__ = ("_data", "_text", "longest", "secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.secrets: tuple[str, ...] = ()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """These, too, from now on. What was a secret once stays one."""
        self.secrets = tuple(dict.fromkeys([*self.secrets, *secrets]))
        forms = {form for secret in self.secrets for form in forms_of(secret)}
        # Longest first: the whole secret goes before a part of it that is a secret too.
        self._text = sorted(forms, key=lambda form: (-len(form), form))
        self._data = [form.encode(errors="surrogateescape") for form in self._text]
        self.longest = max(map(len, self._data), default=0)

    def text(self, text: str) -> str:
        """The text with every known secret replaced."""
        for form in self._text:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def value(self, value: Any) -> Any:
        """The same for every string in a JSON value."""
        if not self._text:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.value(key): self.value(inner) for key, inner in value.items()}
        return [self.value(inner) for inner in value] if isinstance(value, list | tuple) else value

    def data(self, data: bytes) -> bytes:
        """The same for bytes."""
        for form in self._data:
            if form in data:
                data = data.replace(form, b"***")
        return data


def forms_of(secret: str) -> Iterator[str]:
    """A secret of several lines (a key) is masked line by line: a log shows it line by line."""
    for line in secret.splitlines():
        part = line.strip()
        if len(part) < SHORTEST:
            continue
        yield part
        yield quote(part, safe="")
        yield quote_plus(part)
        yield json.dumps(part)[1:-1]
        if len(part) >= SHORTEST_ENCODED:
            yield from base64_forms(part.encode(errors="surrogateescape"))


def base64_forms(secret: bytes) -> Iterator[str]:
    """What stays the same of its base64 at each of the three places it may have in a longer text (`user:secret`)."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret).decode().rstrip("=")
        # The first characters mix with what stands before, the last one with what follows.
        start = (before * 8 + 5) // 6
        end = (before + len(secret)) * 8 // 6
        for form in (whole[start:end], whole[start:end].translate(str.maketrans("+/", "-_"))):
            if len(form) >= SHORTEST_ENCODED:
                yield form
