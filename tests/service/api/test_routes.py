"""The routes over the real socket: what they answer, what they refuse, and that both ends agree."""

from __future__ import annotations

import asyncio
import inspect
import json

import pytest

from flowlite.core.errors import FlowliteError
from flowlite.engine.requests import BadDate
from flowlite.service.api.faults import STATUS, BadInput, class_named
from flowlite.service.api.table import DESK, ROUTES
from flowlite.service.desk import Desk
from flowlite.service.errors import DagUnknown, Nothing, RunUnknown
from flowlite.service.looking import Looking
from flowlite.service.seen import PreviewChanged
from flowlite.store.errors import DateTaken

# Verbs that make sense only beside an engine of one's own: what follows from a run goes on in a daemon anyway.
NOT_REMOTE = {"watch_rest", "watch_followers"}


# --- the table --------------------------------------------------------------------------------------------------------
def test_every_verb_of_the_desk_has_a_route():
    verbs = {name for name, one in vars_of(Desk).items() if inspect.iscoroutinefunction(one) and name[0] != "_"}
    assert verbs - {route.verb for route in ROUTES if route.room == DESK} == NOT_REMOTE


# What needs no answer from a daemon, or is there under another name: `detail` is `run`, `health` is the daemon's own.
NOT_SERVED = {"run", "graph", "graph_of", "check_name", "log_file", "follow_log"}


def test_every_verb_that_looks_has_a_route():
    verbs = {name for name, one in vars_of(Looking).items() if inspect.iscoroutinefunction(one) and name[0] != "_"}
    assert verbs - {route.verb for route in ROUTES} == NOT_SERVED


def test_a_verb_has_one_name():
    assert len({route.verb for route in ROUTES}) == len(ROUTES)


def vars_of(kind: type) -> dict[str, object]:
    return {name: one for ancestor in reversed(kind.__mro__) for name, one in vars(ancestor).items()}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.verb)
def test_a_route_has_a_verb_with_types_for_all_it_takes(route):
    assert set(route.in_path) <= set(route.shape.arguments)
    assert route.function.__doc__


def test_no_address_hides_another():
    for number, route in enumerate(ROUTES):
        for before in ROUTES[:number]:
            assert (before.method, shape(before.path)) != (route.method, shape(route.path)), route.verb
            assert before.method != route.method or not takes_in(before.path, route.path), route.verb


def shape(path: str) -> list[str]:
    return ["{}" if part.startswith("{") else part for part in path.split("/")]


def takes_in(wide: str, narrow: str) -> bool:
    pairs = list(zip(shape(wide), shape(narrow), strict=False))
    return len(shape(wide)) == len(shape(narrow)) and all(one in ("{}", other) for one, other in pairs)


def test_every_class_in_the_table_of_errors_is_there():
    for name in STATUS:
        module, _, short = name.rpartition(".")
        assert class_named(name).__name__ == short or module == "builtins"


# --- verbs ------------------------------------------------------------------------------------------------------------
async def test_a_run_is_asked_for_watched_and_read(world):
    looks = []
    run = await world.desk.request("lengths", "2024-01-01")
    (found,) = await world.desk.watch([run], looks.append)
    assert (found.run.state, [task.id for task in found.tasks]) == ("success", ["cities", "measure"])
    assert looks[-1] == [found]
    assert await world.desk.detail(run) == found
    (listed,) = await world.get("/runs")
    assert (listed["id"], listed["dag_id"]) == (str(run), "lengths")


async def test_records_are_the_same_on_both_sides_of_the_socket(world):
    run = await world.run("broken")
    here = Desk(world.engine, world.api._catalog, "me")
    assert await world.desk.detail(run) == await here.detail(run)
    asked = {"with_downstream": True, "only_failed": True}
    assert await world.desk.preview(run, ["trip"], None, **asked) == await here.preview(run, ["trip"], None, **asked)
    plan = ("lengths", "2024-01-01", "2024-01-04")
    assert await world.desk.plan_backfill(*plan) == await here.plan_backfill(*plan)


async def test_what_was_shown_is_what_is_done_or_nothing_is(world):
    run = await world.run("broken")
    how = {"with_downstream": True, "only_failed": True}
    shown = await world.desk.preview(run, [], None, **how)
    await world.desk.clear(run, [], None, **how, why="", seen=shown.token)
    await world.engine.end_of(run)
    whole = await world.desk.preview(run, [], None, with_downstream=True, only_failed=False)
    await world.desk.mark(run, "trip", None, "success", "")
    await world.engine.settled()
    with pytest.raises(PreviewChanged):
        await world.desk.clear(run, [], None, with_downstream=True, only_failed=False, why="", seen=whole.token)
    plan = await world.desk.plan_backfill("lengths", "2024-01-01", "2024-01-03")
    await world.run(date="2024-01-02")
    with pytest.raises(PreviewChanged):
        await world.desk.start_backfill("lengths", "2024-01-01", "2024-01-03", seen=plan.token)


async def test_a_backfill_goes_through_it(world):
    started = await world.desk.start_backfill("lengths", "2024-01-01", "2024-01-06", concurrency=2)
    done = await world.desk.watch_backfill(started.backfill.id, lambda detail: None)
    assert (done.backfill.state, done.backfill.finished, done.backfill.asked_by) == ("success", 5, me())
    assert await world.desk.watch_ends([day.run_id for day in done.days], lambda rows: None)


def me() -> str:
    import getpass

    return getpass.getuser()


async def test_whoever_asks_is_written_beside_what_they_change(world):
    run = await world.run("broken")
    await world.desk.mark(run, "trip", None, "success", "it is fine")
    (row,) = await world.engine.store.views.audit_rows(limit=1)
    assert (row.by, row.why) == (me(), "it is fine")


@pytest.mark.parametrize(
    ("error", "ask"),
    [
        (RunUnknown, lambda desk: desk.detail(99)),
        (DagUnknown, lambda desk: desk.request("nix")),
        (BadDate, lambda desk: desk.request("lengths", "yesterday")),
        (Nothing, lambda desk: desk.preview(1, [], None, with_downstream=True, only_failed=True)),
        (DateTaken, lambda desk: desk.request("lengths", "2024-01-01")),
        (BadInput, lambda desk: desk.request("lengths", 7)),
    ],
)
async def test_an_error_is_the_same_on_both_sides(world, error, ask):
    await world.run("lengths", date="2024-01-01")
    with pytest.raises(error) as remote:
        await ask(world.desk)
    assert isinstance(remote.value, FlowliteError)
    if error is not BadInput:  # in process nobody checks types
        with pytest.raises(error) as here:
            await ask(Desk(world.engine, world.api._catalog, "me"))
        assert str(remote.value) == str(here.value)


async def test_an_error_in_the_middle_of_watching_is_raised_there(world):
    with pytest.raises(FlowliteError, match="there is no run 99"):
        await world.desk.watch([99], lambda details: None)


# --- what is wrong with a request -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "where"),
    [
        ("GET", "/runs/abc", None, 422, "run"),
        ("GET", f"/runs/{2**64}", None, 422, "run"),
        ("GET", "/runs?limit=-1", None, 422, "limit"),
        ("GET", "/runs?limits=1", None, 422, "limits"),
        ("GET", "/nix", None, 404, None),
        ("PUT", "/runs", None, 405, None),
        ("POST", "/runs/1/cancel", b"{", 422, "body"),
        ("POST", "/runs/1/cancel", b"[1]", 422, "body"),
        ("POST", "/runs/1/cancel", b'{"run": 2}', 422, "run"),
        ("POST", "/runs/1/cancel", b'{"why": "\xff"}', 422, "body"),
        ("POST", "/runs/1/cancel", b"[" * 100_000, 422, "body"),
        ("POST", "/runs/1/cancel", b"x" * (5 << 20), 413, None),
    ],
)
async def test_a_bad_request_is_told_what_is_bad(world, method, path, body, status, where):
    found = await world.http.request(method, path, content=body)
    assert (found.status_code, found.json().get("where")) == (status, where), found.text
    assert found.json()["error"]


async def test_a_large_body_without_a_length_is_not_read_to_its_end(world):
    async def endless():
        for _ in range(100):
            yield b"x" * (1 << 20)

    found = await world.http.post("/runs/1/cancel", content=endless())
    assert found.status_code == 413


RANGE = {"start": "2024-01-01", "end": "2024-01-03"}


# --- the daemon -------------------------------------------------------------------------------------------------------
async def test_it_says_how_it_is(world):
    well = await world.get("/health")
    assert (well["is_ok"], well["degraded"], well["dags"]) == (True, [], 4)


async def test_it_says_why_it_is_not_well(world):
    from flowlite.store.errors import DiskFull

    world.engine._inbox.trouble = DiskFull("the disk is full")
    well = await world.get("/health")
    assert (well["is_ok"], well["degraded"]) == (False, ["the disk is full"])
    assert "flowlite_can_write 0" in (await world.http.get("/metrics")).text
    refused = await world.http.post("/dags/lengths/runs")
    assert (refused.status_code, refused.json()["error"]) == (503, "the disk is full")
    assert (await world.http.post("/dags/lengths/backfills/plan", json=RANGE)).status_code == 200
    world.engine._inbox.trouble = None


async def test_going_down_is_handed_on(world):
    assert (await world.http.post("/shutdown", json={"how": "drain"})).status_code == 200
    assert world.asked == ["drain"]
    assert (await world.http.post("/shutdown", json={"how": "explode"})).status_code == 422
    assert (await world.http.post("/reload")).status_code == 409


async def test_its_figures_can_be_read_by_prometheus(world):
    from prometheus_client.parser import text_string_to_metric_families

    await world.run("lengths")
    await world.run("broken")
    answer = await world.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }
    assert found["flowlite_runs_finished_total", "success"] == 1
    assert found["flowlite_runs_finished_total", "failed"] == 1
    assert found["flowlite_attempts_total", "success"] == 4
    assert found["flowlite_pool_slots", "default"] == 32
    assert found["flowlite_commit_seconds_count",] == found["flowlite_commits_total",] > 2


async def test_the_description_names_every_route(world):
    told = await world.get("/openapi.json")
    named = {(path, method) for path, verbs in told["paths"].items() for method in verbs}
    assert named == {(route.path, route.method.lower()) for route in ROUTES}
    text = json.dumps(told)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}:
        assert reference in told["components"]["schemas"]


async def test_answers_are_as_described(world):
    run = await world.run("lengths")
    told = await world.get("/openapi.json")
    schema = told["components"]["schemas"]["RunDetail"]
    found = await world.get(f"/runs/{run}")
    assert set(schema["properties"]) == set(found)
    view = told["components"]["schemas"]["RunView"]["properties"]
    assert set(view) == set(found["run"])
    assert view["id"] == {"type": "string"}


# --- the end ----------------------------------------------------------------------------------------------------------
async def test_whoever_follows_a_run_is_told_that_the_daemon_goes_down(world, tmp_path):
    run = await world.desk.request("held", params={"gate": str(tmp_path / "gate")})
    seen = asyncio.Event()
    watching = asyncio.create_task(world.desk.watch([run], lambda details: seen.set()))
    await seen.wait()
    await world.api.stop()
    with pytest.raises(FlowliteError, match="the daemon goes down"):
        await watching
    (tmp_path / "gate").touch()


async def test_whoever_leaves_while_following_leaves_nothing_behind(world, tmp_path):
    run = await world.desk.request("held", params={"gate": str(tmp_path / "gate")})
    seen = asyncio.Event()
    before = asyncio.all_tasks()
    watching = asyncio.create_task(world.desk.watch([run], lambda details: seen.set()))
    await seen.wait()
    watching.cancel()
    await asyncio.wait([watching])
    async with asyncio.timeout(5):
        while len(asyncio.all_tasks()) > len(before):  # noqa: ASYNC110  nobody tells when a task has ended
            await asyncio.sleep(0.01)
    (tmp_path / "gate").touch()
