"""The fork servers of one engine: one for each kind, started when first needed, ended when idle, replaced when dead.

Lives in the watch loop, but for `wait`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from flowlite.execution.loop_thread import LoopThread
from flowlite.execution.servers import Kind, Server
from flowlite.execution.site import Site

IDLE_S = 300.0
TRIES = 3
COLD: Kind = ((), None)
T = TypeVar("T")

Message = tuple[dict[str, Any], dict[str, str]]  # spec, environment


class _Post(Generic[T]):
    """The place of one kind: its server, and the orders that it has not answered yet."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.server: Server | None = None
        self.unanswered: dict[int, tuple[T, Message]] = {}
        self.busy: set[T] = set()
        self.is_cold = False  # its warm-up killed a server: the next ones start without
        self.deaths = 0  # in a row, before one was ready
        self.idle_timer: asyncio.TimerHandle | None = None


class Fleet(Generic[T]):
    """`on_answer(order, pidfd or None)`: its supervisor is forked. `on_failure(order, problem)`: it never will be."""

    def __init__(
        self,
        site: Site,
        watch: LoopThread,
        on_answer: Callable[[T, int | None], None],
        on_failure: Callable[[T, str], None],
    ) -> None:
        self._site = site
        self._watch = watch
        self._on_answer = on_answer
        self._on_failure = on_failure
        self._posts: dict[Kind, _Post[T]] = {}
        self._post_of: dict[T, _Post[T]] = {}
        self._closed: list[Server] = []
        self._number = 0
        self._tries: defaultdict[T, int] = defaultdict(int)

    def send(self, kind: Kind, order: T, spec: dict[str, Any], env: dict[str, str]) -> None:
        """Send an order to the server of its kind."""
        post = self._posts.get(kind) or self._posts.setdefault(kind, _Post(kind))
        if post.idle_timer is not None:
            post.idle_timer.cancel()
        if (tries := self._tries[order]) > TRIES:
            self._on_failure(order, "fork servers die of it; see logs/fork-server.log")
            return
        self._tries[order] = tries + 1
        self._number += 1
        post.unanswered[self._number] = (order, (spec, env))
        post.busy.add(order)
        self._post_of[order] = post
        try:
            server = post.server or self._start(post)
        except OSError as error:
            del post.unanswered[self._number]
            self._on_failure(order, f"the fork server can't be started: {error}")
            return
        server.send(self._number, spec, env)

    def done(self, order: T) -> None:
        """Its attempt is over; a server without any may end after a while."""
        self._tries.pop(order, None)
        post = self._post_of.pop(order, None)
        if post is None:
            return
        post.busy.discard(order)
        if not post.busy and post.server is not None:
            post.idle_timer = self._watch.loop.call_later(IDLE_S, self._retire, post)

    def learn(self) -> None:
        """The masker knows more secrets, and what is forked from now on must, too."""
        for post in self._posts.values():
            if post.server is not None:
                post.server.learn()

    def close(self) -> None:
        """Let all of them end."""
        for post in self._posts.values():
            self._retire(post)

    def wait(self, within_s: float) -> None:
        """After close: until they are gone. Blocks."""
        for server in self._closed:
            server.wait(within_s)

    def _start(self, post: _Post[T]) -> Server:
        loop = self._watch.loop
        kind = COLD if post.is_cold else post.kind
        post.server = Server(kind, self._site, loop, partial(self._answered, post), partial(self._ended, post))
        return post.server

    def _answered(self, post: _Post[T], number: int, pidfd: int | None) -> None:
        post.deaths = 0
        order, _ = post.unanswered.pop(number)
        self._on_answer(order, pidfd)

    def _ended(self, post: _Post[T]) -> None:
        """It died. What it did not answer goes to the next one; the claim sees to it that nothing starts twice."""
        assert post.server is not None
        was_ready, post.server = post.server.is_ready, None
        if not was_ready:
            post.is_cold = True
            post.deaths += 1
        unanswered, post.unanswered = post.unanswered, {}
        for order, (spec, env) in unanswered.values():
            if post.deaths > 1:
                self._on_failure(order, "the fork server dies when it is started; see logs/fork-server.log")
                continue
            if not was_ready:
                spec["trouble"] = "the warm fork server died while it was warming up; this attempt starts cold"
            self.send(post.kind, order, spec, env)

    def _retire(self, post: _Post[T]) -> None:
        if post.server is not None:
            post.server.close()
            self._closed = [server for server in self._closed if not server.has_ended()]
            self._closed.append(post.server)
            post.server = None
