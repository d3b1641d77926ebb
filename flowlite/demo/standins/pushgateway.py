"""A push gateway on loopback: takes Prometheus' exposition format as the real one does, and shows what it has.

PUT replaces a group of metrics, POST the metrics of the same names, DELETE forgets the group; GET /metrics shows all,
each sample with its group's labels. A push that Prometheus could not read is refused with 400.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Self
from urllib.parse import unquote

from flowlite.demo.standins.loopback import Answering, Loopback

Labels = tuple[tuple[str, str], ...]  # as written: the values are escaped
Family = tuple[list[str], list[tuple[Labels, str]]]  # comment lines; samples as labels and value

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\.)*)"(?:,|$)')


class PushGateway(Loopback):
    """`with PushGateway() as gateway:` it takes pushes at `gateway.url`. `keep` is a file that always has all of it."""

    def __init__(self, keep: Path | None = None) -> None:
        self.keep = keep
        self._groups: dict[Labels, dict[str, Family]] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        self.answering = type("Push", (Push,), {"gateway": self})
        return super().__enter__()

    def take(self, group: Labels, families: dict[str, Family], *, replace: bool) -> None:
        """A push."""
        with self._lock:
            known = {} if replace else self._groups.get(group, {})
            self._groups[group] = {**known, **families}
            if self.keep:
                self.keep.write_text("".join(self._lines()), encoding="utf-8")

    def forget(self, group: Labels) -> None:
        """Drop a group."""
        with self._lock:
            self._groups.pop(group, None)

    def text(self) -> str:
        """All metrics, as a scrape would see them."""
        with self._lock:
            return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name in sorted({name for families in self._groups.values() for name in families}):
            members = [(group, families[name]) for group, families in self._groups.items() if name in families]
            yield from (f"{comment}\n" for comment in members[0][1][0])
            for group, (_, samples) in members:
                yield from (sample_line(name, group, labels, value) for labels, value in samples)


def sample_line(name: str, group: Labels, labels: Labels, value: str) -> str:
    """A sample under its group's labels; the group wins, as it does in the real gateway."""
    both = {**dict(labels), **dict(group)}
    inside = ",".join(f'{key}="{label}"' for key, label in both.items())
    return f"{name}{{{inside}}} {value}\n"


class Push(Answering):
    """A request to the gateway."""

    gateway: PushGateway

    def do_PUT(self) -> None:  # noqa: N802 - the standard library's name
        """Replace a group."""
        self._take(replace=True)

    def do_POST(self) -> None:  # noqa: N802
        """Replace metrics of a group."""
        self._take(replace=False)

    def do_DELETE(self) -> None:  # noqa: N802
        """Forget a group."""
        self.gateway.forget(group_of(self.path))
        self.answer(202)

    def do_GET(self) -> None:  # noqa: N802
        """Show everything."""
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        self.answer(200, self.gateway.text().encode(), kind) if self.path == "/metrics" else self.answer(404)

    def _take(self, *, replace: bool) -> None:
        try:
            group, families = group_of(self.path), parsed(self.body().decode())
        except ValueError as unreadable:
            self.answer(400, str(unreadable).encode())
            return
        self.gateway.take(group, families, replace=replace)
        self.answer(200)


def group_of(path: str) -> Labels:
    """The labels in /metrics/job/NAME/LABEL/VALUE; a label that ends in @base64 has an encoded value."""
    parts = path.removeprefix("/metrics/").split("/")
    if not path.startswith("/metrics/job") or len(parts) % 2:
        raise ValueError(f"no group of metrics: {path}")
    return tuple(group_label(key, value) for key, value in zip(parts[::2], parts[1::2], strict=True))


def group_label(key: str, value: str) -> tuple[str, str]:
    """One label of a group, its value escaped as in a sample."""
    plain = urlsafe_b64decode(value).decode() if key.endswith("@base64") else unquote(value)
    escaped = plain.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return key.removesuffix("@base64"), escaped


def parsed(text: str) -> dict[str, Family]:
    """The metrics in a push by name, or a ValueError that names the line."""
    if text and not text.endswith("\n"):
        raise ValueError("the text does not end with a line feed")
    families: dict[str, Family] = {}
    for line in text.splitlines():
        if line.startswith(("# HELP ", "# TYPE ")):
            families.setdefault(line.split(" ")[2], ([], []))[0].append(line)
        elif line and not line.startswith("#"):
            name, labels, value = sample_of(line)
            families.setdefault(name, ([], []))[1].append((labels, value))
    return families


def sample_of(line: str) -> tuple[str, Labels, str]:
    """Name, labels and value of a sample line."""
    found = _SAMPLE.fullmatch(line)
    if not found:
        raise ValueError(f"no sample: {line}")
    labels = _LABEL.findall(found[2] or "")
    float(found[3])
    if ",".join(f'{key}="{value}"' for key, value in labels) != (found[2] or ""):
        raise ValueError(f"labels are not readable: {line}")
    return found[1], tuple(labels), found[3]
