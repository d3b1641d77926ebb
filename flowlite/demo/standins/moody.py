"""An HTTP server with moods: answers what it was told to, in order, and remembers what it was asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from flowlite.demo.standins.loopback import Answering, Loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: JSON (or `text` as it is), after a while if wanted."""

    status: int = 200
    json: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0.0

    @property
    def body(self) -> bytes:
        """What goes over the wire."""
        return self.text.encode() if self.text is not None else json.dumps(self.json).encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.time)


class MoodyServer(Loopback):
    """`with MoodyServer({"/x": [Answer(status=500), Answer(json=1)]}) as server:` the last answer of a path stays."""

    def __init__(self, answers: Mapping[str, Iterable[Answer]]) -> None:
        self._answers = {path: list(of_path) for path, of_path in answers.items()}
        self._lock = Lock()
        self.asked: list[Asked] = []
        self.most_at_once = self._at_once = 0
        self.closing = Event()  # a slow answer is not waited for when the server stops

    def __enter__(self) -> Self:
        self.answering = type("Mood", (Mood,), {"server_of_moods": self})
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        super().__exit__(kind, error, trace)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """While a request is being answered."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def next_answer(self, asked: Asked) -> Answer:
        """What is to be said now."""
        with self._lock:
            self.asked.append(asked)
            left = self._answers.get(urlsplit(asked.path).path, [Answer(status=404, json={"error": "not found"})])
            return left.pop(0) if len(left) > 1 else left[0]


class Mood(Answering):
    """A request to it."""

    server_of_moods: MoodyServer

    def do_GET(self) -> None:  # noqa: N802 - the standard library's name
        """Answer from the list."""
        asked = Asked(self.command, self.path, dict(self.headers.items()), self.body())
        with self.server_of_moods.counted():
            answer = self.server_of_moods.next_answer(asked)
            self.server_of_moods.closing.wait(answer.after_s)
            self.answer(answer.status, answer.body, {"Content-Type": "application/json", **answer.headers})

    do_POST = do_GET  # noqa: N815
