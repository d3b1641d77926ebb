"""Whatever is sent to whichever route: a good answer or an error that says what is wrong, and never a fault of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowlite.service.api.table import DAEMON, ROUTES, Route

DATES = ["2024-01-01", "2024-01-03T06:00", "9999-12-31", "0001-01-01", "2024-02-30", "2024-01-01T00:00+23:59", "now"]
NAMES = ["lengths", "broken", "held", "cities", "measure", "trip", "hold", "success", "failed", "none", "all", "viewer"]
NUMBERS = [0, 1, 2, 3, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 10**30]
texts = st.one_of(
    st.sampled_from(
        [*NAMES, *DATES, "", "\x00", "../..", "%2e%2e", "\x1b[31m", "'; DROP TABLE run; --", "1e999", "NaN"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
values = st.recursive(
    st.one_of(texts, st.sampled_from(NUMBERS), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
              st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip
good = {
    "run": st.sampled_from([1, 2, "1"]), "runs": st.lists(st.sampled_from([1, 2]), max_size=3),
    "dag_id": st.sampled_from(["lengths", "broken", "held"]), "backfill": st.just(1), "date": st.sampled_from(DATES),
    "start": st.sampled_from(DATES[:4]), "end": st.sampled_from(DATES[:4]), "names": st.lists(st.sampled_from(NAMES)),
    "name": st.sampled_from(NAMES), "task_id": st.sampled_from(["cities", "measure", "trip"]),
    "tasks": st.lists(st.sampled_from(NAMES), max_size=2), "index": st.sampled_from([None, 0, 2, -1, 99]),
    "with_downstream": st.booleans(), "only_failed": st.booleans(), "why": texts, "state": st.sampled_from(NAMES),
    "params": st.dictionaries(texts, values, max_size=2), "text": texts, "role": st.sampled_from(["viewer", "admin"]),
    "number": st.integers(1, 5), "limit": st.integers(1, 5), "last": st.integers(1, 5), "states": st.lists(texts),
}  # fmt: skip


@st.composite
def requests(draw) -> tuple[Route, dict[str, Any]]:
    """A route, and for each of its arguments something that fits, something that does not, or nothing."""
    route = draw(st.sampled_from([route for route in ROUTES if route.verb not in ("shutdown", "events")]))
    asked = {}
    for name in route.shape.arguments:
        how = draw(st.sampled_from(["good", "good", "good", "any", "nothing"]))
        if how == "good" and name in good:
            asked[name] = draw(good[name])
        elif how != "nothing" or name in route.in_path:
            asked[name] = draw(values)
    if draw(st.booleans()) and draw(st.booleans()):
        asked[draw(texts)] = draw(values)
    return route, asked


async def ask(world, route: Route, asked: dict[str, Any]):
    asked = dict(asked)
    places = {name: quote(str(asked.pop(name)), safe="") or "-" for name in route.in_path}
    path = route.path.format(**places)
    if route.method == "GET":
        query = [(key, one) for key, value in asked.items() for one in (value if isinstance(value, list) else [value])]
        return await world.http.get(path, params=[(key, str(one)) for key, one in query])
    return await world.http.post(path, content=json.dumps(asked))


async def fuzzed(world, route: Route, asked: dict[str, Any]) -> None:
    found = await ask(world, route, asked)
    assert found.status_code in (200, 404, 405, 409, 413, 422), f"{route.verb} {asked}: {found.text}"
    if found.status_code != 200:
        told = found.json()
        assert told["error"] and told["type"].startswith("flowlite."), f"{route.verb} {asked}: {told}"
    elif route.shape.tells:
        last = json.loads(found.text.splitlines()[-1])
        assert "answer" in last or not last["type"].endswith("DaemonFault"), f"{route.verb} {asked}: {last}"
    elif route.room is not DAEMON:
        found.json()


@pytest.fixture
async def busy(world):
    """A world where there is something to ask for."""
    await world.run("lengths", date="2024-01-01")
    await world.run("broken")
    await world.desk.start_backfill("lengths", "2024-01-02", "2024-01-04")
    return world


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=requests())
async def test_no_request_is_a_fault_of_ours(busy, request):
    await fuzzed(busy, *request)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=requests())
async def test_no_request_of_many_is_a_fault_of_ours(busy, request):
    await fuzzed(busy, *request)
