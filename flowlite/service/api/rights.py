"""Whose is what a verb acts on: an operator of a team acts on the DAGs of that team, and on no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowlite.engine.approvals import approvers_of
from flowlite.engine.engine import Engine
from flowlite.loading.catalog import Catalog
from flowlite.service.api.callers import Caller
from flowlite.service.api.faults import OfAnotherTeam, RoleTooLow
from flowlite.service.api.table import Of, Role, Route
from flowlite.service.steering import made_by, waited_for


class Rights:
    """As the DAG files and the state are now. What is not there is let through: the verb says so, and does nothing."""

    def __init__(self, engine: Engine, catalog: Catalog) -> None:
        self._engine, self._catalog = engine, catalog

    async def check(self, route: Route, caller: Caller, arguments: Mapping[str, Any]) -> None:
        """After the role. Raises OfAnotherTeam, RoleTooLow."""
        if route.of is Of.APPROVAL:
            if self._is_for_named(arguments):
                return  # the desk asks whether they are among them
            if caller.role < Role.OPERATOR:
                raise RoleTooLow(caller.name, caller.role.title, Role.OPERATOR.title, f"{route.method} {route.path}")
        if caller.teams and (what := await self._foreign(route, caller, arguments)):
            raise OfAnotherTeam(caller.name, caller.teams, what)

    async def _foreign(self, route: Route, caller: Caller, arguments: Mapping[str, Any]) -> str:
        """Why it is none of theirs; "": it is, or there is no such thing."""
        if not route.changes:
            return ""
        if route.of is Of.ALL:
            return f"{route.method} {route.path} concerns all teams"
        if route.of is Of.ASSET:
            return self._of_asset(arguments["name"], caller)
        dag_id = await self._dag_of(route.of, arguments)
        return "" if dag_id is None else await self._of_dag(dag_id, caller)

    async def _dag_of(self, of: Of, arguments: Mapping[str, Any]) -> str | None:
        if of is Of.DAG:
            return str(arguments["dag_id"])
        if of is Of.BACKFILL:
            backfill = await self._engine.store.backfill(arguments["backfill"])
            return None if backfill is None else backfill.dag_id
        run = self._engine.machine.runs.get(arguments["run"]) or await self._engine.store.views.run(arguments["run"])
        return None if run is None else run.dag_id

    async def _of_dag(self, dag_id: str, caller: Caller) -> str:
        dag = self._catalog.dags.get(dag_id)
        team = dag.settings.team if dag is not None else await self._engine.store.views.team_of(dag_id)
        if team is None or team in caller.teams:
            return ""
        return f"DAG {dag_id!r} is of team {team}" if team else f"DAG {dag_id!r} is of no team"

    def _of_asset(self, name: str, caller: Caller) -> str:
        """Theirs who make it; of one that no task makes, theirs who wait for it."""
        dags = self._catalog.dags.values()
        makers = [dag for dag in dags if name in made_by([dag])]
        waiting = [dag for dag in dags if name in waited_for(dag)]
        foreign = [dag for dag in makers or waiting if dag.settings.team not in caller.teams]
        if not foreign or any(dag not in foreign for dag in makers):
            return ""
        verb = "made" if makers else "waited for"
        of = f"team {foreign[0].settings.team}" if foreign[0].settings.team else "no team"
        return f"asset {name!r} is {verb} by DAG {foreign[0].id!r}, which is of {of}"

    def _is_for_named(self, arguments: Mapping[str, Any]) -> bool:
        """It names who may answer."""
        live = self._engine.machine.runs.get(arguments["run"])
        number = None if live is None else live.graph.number.get(arguments["task_id"])
        return number is not None and bool(approvers_of(self._engine, arguments["run"], number))
