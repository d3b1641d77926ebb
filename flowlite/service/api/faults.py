"""Errors on the wire: one table from classes to HTTP, and the way back to the same error on the other side."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from flowlite.core.errors import FlowliteError

BAD_INPUT = 422
BUG = 500

# By class and everything derived from it; the nearest class in the list of ancestors decides. Kept as names, so that
# the table costs no import.
STATUS = {
    "flowlite.core.errors.FlowliteError": BAD_INPUT,
    "flowlite.service.api.faults.TokenMissing": 401,
    "flowlite.service.api.faults.RoleTooLow": 403,
    "flowlite.service.api.faults.OfAnotherTeam": 403,
    "flowlite.service.api.faults.OriginRefused": 403,
    "flowlite.service.api.faults.NoRoute": 404,
    "flowlite.service.api.faults.WrongMethod": 405,
    "flowlite.service.api.faults.BodyTooSlow": 408,
    "flowlite.service.api.faults.BodyTooLarge": 413,
    "flowlite.service.api.faults.TooSlow": 503,
    "flowlite.service.errors.Unknown": 404,
    "flowlite.engine.requests.NoSuchRun": 404,
    "flowlite.engine.backfills.NoSuchBackfill": 404,
    "flowlite.service.errors.Nothing": 409,
    "flowlite.engine.backfills.NothingToDo": 409,
    "flowlite.engine.requests.DagChanged": 409,
    "flowlite.store.errors.DateTaken": 409,
    "flowlite.engine.lock.StateInUse": 409,
    "flowlite.service.users.TokenNameTaken": 409,
    "flowlite.service.users.UserThere": 409,
    "flowlite.engine.approvals.NotAnApprover": 403,
    "flowlite.engine.approvals.NotWaiting": 409,
    "flowlite.service.seen.PreviewChanged": 409,
    "flowlite.service.api.tending.CannotReload": 409,
    "flowlite.engine.loop.EngineStopped": 503,
    "flowlite.store.errors.StoreError": 503,
    "builtins.OSError": 503,
}


class BadInput(FlowliteError):
    """An argument is missing, of the wrong type, or not known. `where` names it."""

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message)
        self.where = where


class TokenMissing(FlowliteError):
    """No token, or one that is not known or was revoked."""

    def __init__(self) -> None:
        super().__init__(
            "a token is needed: send `Authorization: Bearer TOKEN`; `flowlite tokens create NAME` makes one"
        )


class RoleTooLow(FlowliteError):
    """Known, and not allowed."""

    def __init__(self, who: str, has: str, needs: str, what: str) -> None:
        super().__init__(f"{who} is {has}, and {what} needs {needs}; `flowlite tokens create --role {needs}` makes one")


class OfAnotherTeam(FlowliteError):
    """An operator of some teams wants to act on what is none of theirs."""

    def __init__(self, who: str, teams: Iterable[str], what: str) -> None:
        of = f"team {next(iter(teams))}" if len(teams := sorted(teams)) == 1 else f"teams {', '.join(teams)}"
        super().__init__(f"{who} is operator of {of}, and {what}; ask one of theirs, or an admin")


class OriginRefused(FlowliteError):
    """A web page of somebody else asks through a browser here."""


class NoRoute(FlowliteError):
    """There is nothing at this address."""

    def __init__(self, path: str) -> None:
        super().__init__(f"there is nothing at {path}; /openapi.json lists what there is")


class WrongMethod(FlowliteError):
    """There is something at this address, and it is asked differently."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"{path} is not asked by {method}; /openapi.json says how")


class BodyTooLarge(FlowliteError):
    """More than anybody needs to say."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the request is larger than {most:,} bytes; ask for less at a time")


class BodyTooSlow(FlowliteError):
    """Somebody sends a request drop by drop."""

    def __init__(self, within_s: float) -> None:
        super().__init__(f"the rest of the request did not come within {within_s:g} s; send it in one go")


class TooSlow(FlowliteError):
    """It took longer than a caller is kept waiting. What was asked may still come to pass."""

    def __init__(self, within_s: float) -> None:
        super().__init__(f"no answer within {within_s:g} s; what was asked for may still happen: look before you retry")


class DaemonFault(FlowliteError):
    """Something went wrong in the daemon that nobody foresaw; its log has the traceback."""


def status_of(error: BaseException) -> int:
    """What the table says of the nearest of its classes."""
    for ancestor in type(error).__mro__:
        if (status := STATUS.get(f"{ancestor.__module__}.{ancestor.__qualname__}")) is not None:
            return status
    return BUG


def told(error: BaseException) -> dict[str, Any]:
    """The body of an answer that is an error. What nobody foresaw is not told to strangers."""
    if status_of(error) == BUG:
        return told(DaemonFault("an error that nobody foresaw; the daemon's log has its traceback, please report it"))
    kind = type(error)
    where = getattr(error, "where", "")
    body = {"error": str(error), "type": f"{kind.__module__}.{kind.__qualname__}"}
    return {**body, "where": where} if isinstance(where, str) and where else body


def raised(body: Any, status: int) -> Exception:
    """The error that a body tells of: of the same class, with the same message."""
    if not isinstance(body, dict) or "error" not in body:
        return DaemonFault(f"the daemon answered with {status} and no reason; look at its log")
    kind = class_named(str(body.get("type", "")))
    error = kind.__new__(kind)
    Exception.__init__(error, str(body["error"]))
    return error


def class_named(name: str) -> type[Exception]:
    """An error class of flowlite or of the operating system; any other is a FlowliteError."""
    module, _, short = name.rpartition(".")
    if module == "builtins":
        return OSError
    if not module.startswith("flowlite."):
        return FlowliteError
    try:
        found = getattr(import_module(module), short)
    except (ImportError, AttributeError):  # a newer daemon
        return FlowliteError
    return found if isinstance(found, type) and issubclass(found, FlowliteError) else FlowliteError
