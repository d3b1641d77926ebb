"""Who may do what: every role, with and without teams, on every route, on what is theirs and what is not."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from flowlite import Asset, Dag, approve, task
from flowlite.config.sections import Api as Section
from flowlite.service.api.table import ROUTES, Of, Role, Route
from flowlite.service.users import BadRights, UserThere, UserUnknown

READY = Asset("ready")


def dag_of(id_: str, team: str, **settings: Any) -> Dag:
    @task(outlets=[Asset(f"{id_}.rows")])
    async def load() -> int:
        return 1

    with Dag(id_, team=team, schedule="@daily", max_active_runs=50, **settings) as dag:
        load() >> approve("Go?", id="anybody") >> approve("Really?", id="named", approvers=["data", "carla", "admin"])
    return dag


DAGS = {one.id: one for one in (dag_of("train", "ml"), dag_of("sales", "data"), dag_of("loose", ""))}


@pytest.fixture
def section() -> Section:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return Section(port=free.getsockname()[1])


@pytest.fixture
async def world(state, section, serve) -> AsyncIterator[Any]:
    async with serve(state, section, DAGS) as world:
        yield world


@pytest.fixture
async def port(section):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{section.port}", timeout=30) as http:
        yield http


@dataclass(frozen=True)
class Somebody:
    """A role, and for an operator the teams."""

    role: Role
    teams: tuple[str, ...] = ()

    async def key(self, world) -> dict[str, str]:
        made = await world.desk.create_token(str(self), self.role.title, self.teams)
        return {"authorization": f"Bearer {made.token}"}

    def __str__(self) -> str:
        return f"{self.role.title} of {'+'.join(self.teams) or 'all'}"


PEOPLE = [
    Somebody(Role.VIEWER), Somebody(Role.OPERATOR), Somebody(Role.OPERATOR, ("ml",)),
    Somebody(Role.OPERATOR, ("ml", "data")), Somebody(Role.ADMIN),
]  # fmt: skip
TEAMS = {"train": "ml", "sales": "data", "loose": ""}
# As docs/api.md says it. The verbs that act, by what they act on; whatever is not here only looks, or is an admin's.
ACTS = {
    Of.DAG: {"request", "pause_dag", "unpause_dag", "prioritize_dag", "start_backfill"},
    Of.RUN: {"cancel", "clear", "mark", "prioritize_run"},
    Of.BACKFILL: {"pause_backfill", "resume_backfill", "cancel_backfill", "retry_backfill", "resize_backfill"},
    Of.ASSET: {"update_asset"},
    Of.ALL: {"set_pool", "reset_pool"},
}
RULES = {
    "users", "add_user", "change_user", "remove_user", "tokens", "create_token", "revoke_token", "shutdown", "reload",
    "prune",
}  # fmt: skip
HOW = {
    "names": [], "index": None, "with_downstream": True, "only_failed": False, "why": "", "state": "success",
    "start": "2024-03-01", "end": "2024-03-03", "size": 3, "concurrency": 3, "priority": 3, "text": "x", "since": 0,
    "until": 1, "runs": [], "ids": [1], "number": 1, "is_approved": True, "runs_days": 900, "logs_days": 900,
    "events_days": 900, "keep_runs": 9,
    "line": 1, "at": 0.0,
}  # fmt: skip


def may(who: Somebody, verb: str, team: str) -> bool:
    """As the documentation says it."""
    if verb in RULES:
        return who.role is Role.ADMIN
    of = next((of for of, verbs in ACTS.items() if verb in verbs), None)
    if of is None:
        return True
    if who.role is Role.VIEWER or (who.teams and of is Of.ALL):
        return False
    return not who.teams or team in who.teams


def arguments_for(route: Route, dag_id: str, run: int, backfill: int) -> dict[str, Any]:
    """Such that nothing but a lack of rights keeps it from being done."""
    names = {"asset": f"{dag_id}.rows", "pools": "default", "users": "nobody", "tokens": "nobody"}
    place = "asset" if route.of is Of.ASSET else route.path.split("/")[1]
    known = {
        **HOW, "dag_id": dag_id, "run": run, "backfill": backfill, "task_id": "load",
        "name": "load" if route.verb in ("mark", "marked") else names.get(place, "someone"),
    }  # fmt: skip
    return {name: known[name] for name, one in route.shape.arguments.items()
            if one.default is one.empty or name in route.in_path}  # fmt: skip


async def test_every_role_on_every_route_is_as_documented(world, port):
    deviations, asked = [], 0
    keys = {who: await who.key(world) for who in PEOPLE}
    backfills = {dag_id: await over(world, dag_id) for dag_id in TEAMS}
    for route in ROUTES:
        if route.shape.is_stream or route.of is Of.APPROVAL:
            continue
        for dag_id, team in TEAMS.items():
            run = await world.desk.request(dag_id)
            given = arguments_for(route, dag_id, run, backfills[dag_id])
            places = {name: given.pop(name) for name in route.in_path}
            for who in PEOPLE:
                found = await send(port, route, places, given, keys[who])
                asked += 1
                if (found.status_code != 403) != may(who, route.verb, team):
                    deviations.append(f"{who} {route.verb} on {dag_id}: {found.status_code} {found.text[:80]}")
                assert found.status_code != 422, f"{route.verb} {given}: {found.text}"
    assert deviations == []
    assert asked > 700


async def over(world, dag_id: str) -> int:
    """A backfill that has ended."""
    started = await world.desk.start_backfill(dag_id, "2024-01-01", "2024-01-03")
    await world.desk.cancel_backfill(started.backfill.id)
    return started.backfill.id


async def send(port, route: Route, places: dict[str, Any], given: dict[str, Any], headers: dict[str, str]):
    path = route.path.format(**places)
    if route.method == "GET":
        return await port.get(path, params=given, headers=headers)
    return await port.post(path, json=given, headers=headers)


def test_no_route_is_left_out_of_the_table():
    acting = {route.verb: route.of for route in ROUTES if route.role is Role.OPERATOR and route.of is not Of.APPROVAL}
    assert acting == {verb: of for of, verbs in ACTS.items() for verb in verbs}
    assert {route.verb for route in ROUTES if route.role is Role.ADMIN} == RULES
    assert [route.verb for route in ROUTES if route.of is Of.APPROVAL] == ["answer_approval"]


async def test_why_not_is_said(world, port):
    ml = await Somebody(Role.OPERATOR, ("ml",)).key(world)
    found = await port.post("/dags/sales/runs", headers=ml, json={})
    assert found.json()["error"] == (
        "token operator of ml is operator of team ml, and DAG 'sales' is of team data; ask one of theirs, or an admin"
    )
    assert "is of no team" in (await port.post("/dags/loose/runs", headers=ml, json={})).json()["error"]
    assert (
        "concerns all teams" in (await port.post("/pools/default/size", headers=ml, json={"size": 1})).json()["error"]
    )
    assert (await port.post("/dags/nix/runs", headers=ml, json={})).status_code == 404
    assert (await port.post("/runs/999/cancel", headers=ml, json={})).status_code != 403


async def test_a_dag_whose_file_is_gone_is_still_its_teams(world, port):
    run = await world.desk.request("sales")
    del world.api._catalog.dags["sales"]
    ml, data = Somebody(Role.OPERATOR, ("ml",)), Somebody(Role.OPERATOR, ("data",))
    assert (await port.post(f"/runs/{run}/cancel", headers=await ml.key(world), json={})).status_code == 403
    assert (await port.post(f"/runs/{run}/cancel", headers=await data.key(world), json={})).status_code == 200


# --- approvals --------------------------------------------------------------------------------------------------------
async def answer(world, port, headers: dict[str, str], task_id: str) -> int:
    run = await world.desk.request("sales")
    await world.engine.settled()
    if task_id == "named":
        await world.desk.answer_approval(run, "anybody", True)
    path = f"/runs/{run}/tasks/{task_id}/answer"
    return (await port.post(path, headers=headers, json={"is_approved": True})).status_code


@pytest.mark.parametrize(
    ("who", "anybody", "named"),
    [
        (Somebody(Role.VIEWER), 403, 403),
        (Somebody(Role.OPERATOR), 200, 403),
        (Somebody(Role.OPERATOR, ("ml",)), 403, 403),
        (Somebody(Role.OPERATOR, ("data",)), 200, 200),  # approvers may be a team,
        (Somebody(Role.ADMIN), 200, 200),  # or a role
    ],
    ids=str,
)
async def test_a_question_is_answered_by_those_whom_it_names_or_by_those_whose_it_is(world, port, who, anybody, named):
    headers = await who.key(world)
    assert await answer(world, port, headers, "anybody") == anybody
    assert await answer(world, port, headers, "named") == named


async def test_a_user_who_is_named_may_answer_and_nothing_else(world, port):
    await world.desk.add_user("carla")
    made = await world.desk.create_token("carlas laptop", user="carla")
    headers = {"authorization": f"Bearer {made.token}"}
    assert await answer(world, port, headers, "named") == 200
    assert await answer(world, port, headers, "anybody") == 403
    (row,) = await world.engine.store.views.audit_rows(limit=1)
    assert row.by == "carla"


# --- users ------------------------------------------------------------------------------------------------------------
async def test_a_token_of_a_user_may_what_the_user_may_as_they_are_now(world, port):
    await world.desk.add_user("anna", "operator", ["data"])
    made = await world.desk.create_token("annas laptop", user="anna")
    headers = {"authorization": f"Bearer {made.token}"}

    async def trigger(dag_id: str) -> int:
        return (await port.post(f"/dags/{dag_id}/runs", headers=headers, json={})).status_code

    assert (await trigger("sales"), await trigger("train")) == (200, 403)
    await world.desk.change_user("anna", teams=["ml"])
    assert (await trigger("sales"), await trigger("train")) == (403, 200)
    await world.desk.change_user("anna", role="viewer")
    assert (await trigger("sales"), await trigger("train")) == (403, 403)
    assert await world.desk.remove_user("anna") == 1
    assert await trigger("train") == 401


async def test_users_and_teams_that_make_no_sense_are_refused(world):
    await world.desk.add_user("anna", "operator", ["data"])
    with pytest.raises(UserThere):
        await world.desk.add_user("anna")
    with pytest.raises(BadRights, match="did you mean 'data'"):
        await world.desk.add_user("bert", "operator", ["dat"])
    for role in ("viewer", "admin"):
        with pytest.raises(BadRights, match="teams are for operators"):
            await world.desk.create_token("x", role, ["data"])
    with pytest.raises(UserUnknown):
        await world.desk.create_token("x", user="nobody")
    with pytest.raises(UserUnknown):
        await world.desk.change_user("nobody", role="admin")
    await world.desk.add_user("later", "operator", ["finance"])  # a team may be there before its first DAG


# --- nobody -----------------------------------------------------------------------------------------------------------
async def test_without_a_token_no_route_is_open_however_it_is_asked(state, section, serve, certificate):
    chain, secret = certificate
    with_tls = Section(port=section.port, tls_certificate=chain, tls_key=secret)
    for scheme, how in (("http", section), ("https", with_tls)):
        trust = ssl.create_default_context(cafile=chain)
        async with (
            serve(state.with_name(scheme), how, DAGS),
            httpx.AsyncClient(base_url=f"{scheme}://localhost:{section.port}", verify=trust) as http,
        ):
            for route in ROUTES:
                path = route.path.format(**dict.fromkeys(route.in_path, "1"))
                for method in {route.method, "GET", "POST", "HEAD", "OPTIONS", "PUT"}:
                    for accept in ("application/json", "text/event-stream"):
                        found = await http.request(method, path, headers={"accept": accept})
                        assert found.status_code == 401, f"{method} {path}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_another_account_does_not_get_to_the_socket(world):
    code = "import os, socket, sys; os.setuid(65534); socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(world.socket), stderr=asyncio.subprocess.PIPE
    )
    _, said = await other.communicate()
    assert b"PermissionError" in said
