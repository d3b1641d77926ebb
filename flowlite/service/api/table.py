"""The table of routes: which verb stands where, and who may ask it. The server, the OpenAPI description and the remote
client are made from it; arguments and answers are those of the verb's own signature, so that they can't disagree.

Light on purpose: the command line reads it, and no room is entered before one of its verbs is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from importlib import import_module
from typing import Any

from flowlite.service.api.shapes import Shape, shape_of

PLACE_HOLDER = re.compile(r"{(\w+)}")


class Role(IntEnum):
    """What somebody may do; each may do all that those before it may."""

    VIEWER = 1  # look
    OPERATOR = 2  # make work run, and stop it
    ADMIN = 3  # change what holds for everybody

    @property
    def title(self) -> str:
        """As people write it."""
        return self.name.lower()


class Of(StrEnum):
    """What a verb acts on, and so whose: an operator of a team acts on the DAGs of that team only."""

    ALL = "all"  # no team's
    DAG = "dag"
    RUN = "run"
    BACKFILL = "backfill"
    ASSET = "asset"  # the team's that makes it
    APPROVAL = "approval"  # those may answer that it names, whatever their role; if it names nobody, as a run


@dataclass(frozen=True, slots=True)
class Room:
    """A class whose methods are verbs, named so that it is imported when first needed."""

    name: str
    place: str

    def verbs(self) -> type:
        """The class itself."""
        module, _, name = self.place.partition(":")
        return getattr(import_module(module), name)  # type: ignore[no-any-return]


DESK = Room("desk", "flowlite.service.desk:Desk")
LOOKING = Room("looking", "flowlite.service.looking:Looking")
EVENTS = Room("events", "flowlite.service.api.events:Events")
DAEMON = Room("daemon", "flowlite.service.api.tending:Tending")


@dataclass(frozen=True)
class Route:
    """A verb and its address."""

    room: Room
    verb: str
    method: str
    path: str
    role: Role
    of: Of = Of.ALL

    @property
    def changes(self) -> bool:
        """Whether something is written."""
        return self.role > Role.VIEWER or self.of is not Of.ALL

    @cached_property
    def function(self) -> Callable[..., Any]:
        """What carries it out."""
        return getattr(self.room.verbs(), self.verb)  # type: ignore[no-any-return]

    @cached_property
    def shape(self) -> Shape:
        """What it takes and answers."""
        return shape_of(self.function)

    @cached_property
    def in_path(self) -> tuple[str, ...]:
        """The arguments that are part of its address."""
        return tuple(PLACE_HOLDER.findall(self.path))


def look(verb: str, path: str, room: Room = LOOKING, method: str = "GET") -> Route:
    """For everybody who may come in."""
    return Route(room, verb, method, path, Role.VIEWER)


def act(verb: str, path: str, of: Of) -> Route:
    """For those who work here, on what is theirs."""
    return Route(DESK, verb, "POST", path, Role.OPERATOR, of)


def rule(verb: str, path: str, room: Room = DESK, method: str = "POST") -> Route:
    """For those who answer for it."""
    return Route(room, verb, method, path, Role.ADMIN)


# In the order in which addresses are tried: one without a place holder stands before one that would take it in.
ROUTES = (
    # --- runs
    look("runs", "/runs"),
    look("unfinished", "/runs/unfinished", DESK),
    look("run_rows", "/runs/rows"),
    look("detail", "/runs/{run}", DESK),
    look("instances", "/runs/{run}/instances"),
    look("attempts", "/runs/{run}/attempts"),
    look("why", "/runs/{run}/why"),
    look("logs", "/runs/{run}/logs"),
    look("run_snapshot", "/runs/{run}/snapshot"),
    look("run_course", "/runs/{run}/course"),
    look("told", "/runs/{run}/told"),
    look("log_page", "/runs/{run}/tasks/{task_id}/logs/page"),
    look("log_search", "/runs/{run}/tasks/{task_id}/logs/search"),
    look("log_piece", "/runs/{run}/tasks/{task_id}/logs/lines/{line}"),
    look("log_moment", "/runs/{run}/tasks/{task_id}/logs/moment"),
    look("nodes", "/runs/{run}/tasks/{task_id}/nodes"),
    look("watch", "/runs/watch", DESK, "POST"),
    look("watch_ends", "/runs/watch-ends", DESK, "POST"),
    look("preview", "/runs/{run}/preview", DESK, "POST"),
    look("marked", "/runs/{run}/marked", DESK, "POST"),
    act("request", "/dags/{dag_id}/runs", Of.DAG),
    act("cancel", "/runs/{run}/cancel", Of.RUN),
    act("clear", "/runs/{run}/clear", Of.RUN),
    act("mark", "/runs/{run}/mark", Of.RUN),
    act("prioritize_run", "/runs/{run}/priority", Of.RUN),
    look("approvals", "/approvals"),
    Route(DESK, "answer_approval", "POST", "/runs/{run}/tasks/{task_id}/answer", Role.VIEWER, Of.APPROVAL),
    # --- everything
    look("snapshot", "/snapshot"),
    look("current", "/current"),
    look("events", "/events", EVENTS),
    # --- DAGs, pools, assets
    look("dags", "/dags"),
    look("dag", "/dags/{dag_id}"),
    look("source", "/dags/{dag_id}/source"),
    look("fires", "/dags/{dag_id}/fires"),
    look("stats", "/dags/{dag_id}/stats"),
    look("trends", "/dags/{dag_id}/trends"),
    look("grid", "/dags/{dag_id}/grid"),
    look("pools", "/pools"),
    look("queue", "/pools/{name}/queue"),
    look("assets", "/assets"),
    look("deadlines", "/deadlines"),
    look("deadlines_ahead", "/deadlines/ahead"),
    look("sla", "/sla"),
    act("pause_dag", "/dags/{dag_id}/pause", Of.DAG),
    act("unpause_dag", "/dags/{dag_id}/unpause", Of.DAG),
    act("prioritize_dag", "/dags/{dag_id}/priority", Of.DAG),
    act("set_pool", "/pools/{name}/size", Of.ALL),
    act("reset_pool", "/pools/{name}/reset", Of.ALL),
    act("update_asset", "/assets/{name}/update", Of.ASSET),
    look("audit", "/audit"),
    look("intervals", "/dags/{dag_id}/intervals"),
    # --- backfills
    look("backfills", "/backfills"),
    look("backfill", "/backfills/{backfill}", DESK),
    look("watch_backfill", "/backfills/{backfill}/watch", DESK, "POST"),
    look("plan_backfill", "/dags/{dag_id}/backfills/plan", DESK, "POST"),
    act("start_backfill", "/dags/{dag_id}/backfills", Of.DAG),
    act("pause_backfill", "/backfills/{backfill}/pause", Of.BACKFILL),
    act("resume_backfill", "/backfills/{backfill}/resume", Of.BACKFILL),
    act("cancel_backfill", "/backfills/{backfill}/cancel", Of.BACKFILL),
    act("retry_backfill", "/backfills/{backfill}/retry", Of.BACKFILL),
    act("resize_backfill", "/backfills/{backfill}/concurrency", Of.BACKFILL),
    # --- who may come in
    look("me", "/me", DESK),
    rule("users", "/users", LOOKING, "GET"),
    rule("add_user", "/users"),
    rule("change_user", "/users/{name}"),
    rule("remove_user", "/users/{name}/remove"),
    rule("tokens", "/tokens", LOOKING, "GET"),
    rule("create_token", "/tokens"),
    rule("revoke_token", "/tokens/{name}/revoke"),
    # --- the daemon
    rule("prune", "/prune"),
    look("health", "/health", DAEMON),
    look("metrics", "/metrics", DAEMON),
    rule("shutdown", "/shutdown", DAEMON),
    rule("reload", "/reload", DAEMON),
)  # fmt: skip
