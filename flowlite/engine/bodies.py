"""Bodies: one call of an author's function, from its arguments to its result and the facts about it."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flowlite.authoring.calls import (
    Mismatch,
    NotEncodable,
    ResultUnfit,
    call_arguments,
    encode_result,
    facts_of,
    is_final,
)
from flowlite.authoring.context import RUNNING, Context, RunFacts
from flowlite.authoring.params import BadParams
from flowlite.authoring.signals import Fail, RetryAfter, Skip
from flowlite.authoring.spec import TaskSpec
from flowlite.core.states import Outcome
from flowlite.engine.live import Given, lookup
from flowlite.engine.results import read_result
from flowlite.execution.work import AttemptFailed, Io, Produced

# These come out the same however often they are tried.
HOPELESS = (Fail, Mismatch, NotEncodable, ResultUnfit, BadParams)
NOTHING_MADE = Produced()


# Not frozen: one is made for each attempt, and freezing triples what that costs. Nobody changes it.
@dataclass(slots=True, kw_only=True)
class Call:
    """One call to make. `facts` is asked for in the body: bad parameters fail the attempt, not the engine."""

    spec: TaskSpec
    facts: Callable[[], RunFacts]
    index: int
    attempt: int
    given: Given
    wanted: frozenset[str]
    state_dir: Path
    previous_dir: Path | None = None
    now: Callable[[], float] = time.time

    async def on_loop(self, io: Io) -> Produced:
        """For async functions."""
        try:
            args, kwargs = self._prepare(io)
            return self._made(await self.spec.function(*args, **kwargs))  # type: ignore[misc]
        except Skip as skip:
            return skipped(skip)
        except Exception as error:
            told = self._told(error)
            if told is error:
                raise
            raise told from error

    def in_thread(self, io: Io) -> Produced:
        """For plain functions; also for async ones in a process of their own."""
        try:
            args, kwargs = self._prepare(io)
            value = self.spec.function(*args, **kwargs)  # type: ignore[misc]
            return self._made(asyncio.run(waited_for(value)) if inspect.isawaitable(value) else value)
        except Skip as skip:
            return skipped(skip)
        except Exception as error:
            told = self._told(error)
            if told is error:
                raise
            raise told from error

    def _prepare(self, io: Io) -> tuple[tuple[Any, ...], dict[str, Any]]:
        index = self.index if self.index >= 0 else None
        context = Context(self.facts(), self.spec.id, self.attempt, io, index, self.previous_dir)
        RUNNING.set(context)
        if not self.spec.arguments and not self.spec.context_names:
            return (), {}
        return call_arguments(self.spec, lookup(self.given, partial(read_result, self.state_dir)), context, index)

    def _made(self, value: Any) -> Produced:
        if self.spec.kind == "sensor" and not value:
            return Produced(Outcome.WAITING, resume_at=self.now() + (self.spec.poke_every_s or 0.0))
        if value is None and not self.wanted:
            return NOTHING_MADE
        text = encode_result(value)
        facts = facts_of(text, self.wanted, self.spec.id, self.spec.choices)
        return Produced(result=text, facts=facts)

    def _told(self, error: Exception) -> Exception:
        """The author's exception with what it says about another try. Integrations say it by attributes."""
        if isinstance(error, RetryAfter):
            return standing_for(error, retry_at=self.now() + error.seconds)
        final = isinstance(error, HOPELESS) or getattr(error, "is_final", False) is True or is_final(self.spec, error)
        retry_at, kind = getattr(error, "retry_at", None), getattr(error, "error_class", None)
        if not final and retry_at is None and kind is None:
            return error
        return standing_for(error, is_final=final, retry_at=retry_at, error_class=kind or "error")


def standing_for(error: Exception, **said: Any) -> AttemptFailed:
    """What stands for an author's exception, and is raised from it."""
    return AttemptFailed(str(error), **said)


def skipped(skip: Skip) -> Produced:
    """Ended by `raise Skip("why")`."""
    return Produced(Outcome.SKIPPED, note=str(skip) or "the task said so")


async def waited_for(value: Any) -> Any:
    """An awaitable as a coroutine."""
    return await value
