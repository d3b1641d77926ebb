"""The stream of events and the snapshots: between them, whoever looks knows everything once."""

from __future__ import annotations

import asyncio
import json

import pytest

from flowlite.client.remote import Remote
from flowlite.client.remote_line import Line
from flowlite.core.errors import FlowliteError
from flowlite.service.api import streaming
from flowlite.service.api.events import Batch, Events, merged
from flowlite.service.api.streaming import Streams


def stream(world, **asked):
    return Remote(Line(world.socket)).events(**asked)


async def until(batches, last: int) -> list:
    """The events up to that number."""
    found = []
    async for batch in batches:
        found += batch.events
        if batch.seq >= last:
            break
    await batches.aclose()
    return found


async def test_what_was_before_comes_first_and_then_what_is_committed(world):
    await world.run()
    batches = stream(world, after=0)
    first = [await anext(batches), await anext(batches)]
    assert first[0] == Batch(seq=0)
    await world.run("broken")
    last = await world.engine.store.views.last_event()
    found = [*first[1].events, *(await until(batches, last))]
    assert [one.seq for one in found] == list(range(1, last + 1))
    assert found == await world.engine.store.views.events_after(0)


async def test_without_a_number_it_begins_now(world):
    await world.run()
    batches = stream(world)
    begun = await anext(batches)
    run = await world.run("broken")
    found = await until(batches, await world.engine.store.views.last_event())
    assert begun.seq > 0
    assert {one.run_id for one in found} == {run}


async def test_what_is_written_beside_the_engine_comes_too(world):
    batches = stream(world)
    await anext(batches)
    seq = await world.engine.store.set_paused("lengths", is_paused=True, at=0.0, by="me")
    (found,) = await until(batches, seq)
    assert (found.kind, found.dag_id, found.state) == ("dag", "lengths", "paused")


async def test_snapshot_and_stream_meet_without_a_gap(world):
    """States as of the snapshot, moved on by the events after it, are the states at the end."""
    working = asyncio.gather(*(world.run() for _ in range(5)))
    snapshot = await world.get("/snapshot", last=20)
    states = dict(zip(snapshot["runs"]["run_id"], snapshot["runs"]["state"], strict=True))
    runs = await working
    last = await world.engine.store.views.last_event()
    for event in await until(stream(world, after=snapshot["seq"]), last):
        if event.kind == "run":
            states[str(event.run_id)] = event.state
    assert states == {str(run): "success" for run in runs}


async def test_merged_tells_of_each_thing_its_last_state(world):
    run = await world.run()
    last = await world.engine.store.views.last_event()
    found = await until(stream(world, after=0, is_merged=True), last)
    assert len({(one.kind, one.task_id, one.map_index) for one in found}) == len(found)
    assert {one.state for one in found if one.run_id == run} == {"success"}
    assert merged(found) == found


# --- those who can't follow -------------------------------------------------------------------------------------------
async def test_whoever_asks_for_what_is_gone_is_told_to_look_anew(world):
    await world.run()
    await world.run()
    for after in (10_000, -1):
        found = [batch async for batch in stream(world, after=after)]
        assert (len(found), found[-1].is_cut_off) == (2, True)
        assert found[-1].why


async def test_whoever_falls_too_far_behind_is_cut_off(world):
    await world.run()
    events = Events(world.engine, world.engine.store.views, most_behind=20)
    batches = events.events(after=0)
    assert (await anext(batches)).seq == 0
    for _ in range(3):
        await world.run()
    cut = await anext(batches)
    assert cut.is_cut_off
    assert "behind" in cut.why
    assert await anext(batches, None) is None


async def test_whoever_reads_nothing_is_let_go_of(world, monkeypatch):
    monkeypatch.setattr(streaming, "PATIENCE_S", 0.2)
    reader, writer = await asyncio.open_unix_connection(str(world.socket), limit=1024)
    writer.write(b"GET /events?after=0 HTTP/1.1\r\nhost: x\r\n\r\n")
    connections = world.api._by_socket._state.connections
    await reader.readuntil(b"\r\n\r\n")
    assert len(connections) == 1
    start = await world.engine.store.views.last_event()
    async with asyncio.timeout(30):
        while connections:
            await asyncio.gather(*(world.run() for _ in range(20)))
    assert await world.engine.store.views.last_event() - start > 1000
    writer.close()


async def test_a_stream_ends_with_the_daemon(world):
    batches = stream(world)
    await anext(batches)
    ending = asyncio.create_task(world.api.stop())
    with pytest.raises(FlowliteError, match="the daemon goes down"):
        await anext(batches)
    await ending


async def test_browsers_are_told_in_their_own_way(world):
    await world.run()
    async with world.http.stream("GET", "/events?after=0", headers={"accept": "text/event-stream"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line:
                assert json.loads(line.removeprefix("data: "))["seq"] == 0
                break


async def test_an_answer_that_breaks_in_its_middle_says_so():
    async def lines():
        yield b"1"
        raise FlowliteError("it broke")

    sent = []

    async def send(message):
        sent.append(message.get("body", b""))

    async def receive():
        await asyncio.Event().wait()

    await Streams().answer(lines(), as_events=False)({"path": "/"}, receive, send)
    assert sent[1] == b"1\n"
    assert json.loads(sent[2])["error"] == "it broke"


# --- snapshots --------------------------------------------------------------------------------------------------------
async def test_a_snapshot_is_columns_of_one_length(world):
    await world.run()
    await world.run("broken")
    found = await world.get("/snapshot")
    for part in ("dags", "runs", "counts", "pools", "in_pools"):
        assert len({len(column) for column in found[part].values()}) == 1, part
    assert found["declared"]["dag_id"] == ["broken", "held", "lengths", "stubborn"]
    assert dict(zip(found["counts"]["dag_id"], found["counts"]["state"], strict=True)) == {
        "broken": "failed",
        "lengths": "success",
    }


async def test_who_holds_a_pool_is_in_the_snapshot(world, tmp_path):
    run = await world.desk.request("held", params={"gate": str(tmp_path / "gate")})
    found = (await world.get("/snapshot"))["in_pools"]
    assert (found["run_id"], found["task_id"], found["slots"], found["state"]) == (
        [str(run)], ["hold"], [1], ["running"],
    )  # fmt: skip
    (tmp_path / "gate").touch()


async def test_a_run_comes_whole_with_its_graph(world):
    run = await world.run()
    found = await world.get(f"/runs/{run}/snapshot")
    assert found["tasks"]["task_id"] == ["cities", "measure"]
    assert found["graph"]["upstream"] == [[], [0]]
    assert found["instances"]["state"] == ["success"] * 5
    assert found["instances"]["map_index"] == [-1, -1, 0, 1, 2]
    assert (await world.http.get("/runs/99/snapshot")).status_code == 404


async def test_runs_that_were_only_heard_of_are_asked_for_by_number(world):
    first, second = await world.run(), await world.run("broken")
    found = await world.get("/runs/rows", ids=[first, second, 99])
    assert found["run_id"] == [str(first), str(second)]
    assert found["state"] == ["success", "failed"]
    assert len({len(column) for column in found.values()}) == 1


async def test_what_is_the_case_now_is_the_part_of_a_snapshot_that_is_not_runs(world):
    await world.run()
    whole, now = await world.get("/snapshot"), await world.get("/current")
    assert set(whole) - set(now) == {"runs", "counts", "declared"}
    assert {part: now[part] for part in now if part != "at"} == {part: whole[part] for part in now if part != "at"}


async def test_what_tasks_tell_below_themselves_comes_by_itself(world):
    run = await world.run()
    found = await world.get(f"/runs/{run}/told")
    assert found["maps"] == {"task_no": [1], "width": [3]}
    assert set(found) == {"seq", "at", "progress", "nodes", "maps"}


async def test_the_grid_of_a_dag_is_a_letter_for_each_task_of_each_run(world):
    first, second = await world.run(), await world.run()
    found = await world.get("/dags/lengths/grid")
    done = found["letters"]["success"]
    assert found["runs"]["run_id"] == [str(second), str(first)]
    assert found["cells"] == [done * 2, done * 2]
    (version,) = set(found["runs"]["version"])
    assert found["tasks"][str(version)] == ["cities", "measure"]
    only = await world.get("/dags/lengths/grid", ids=[first])
    assert only["runs"]["run_id"] == [str(first)]
    older = await world.get("/dags/lengths/grid", before=second)
    assert older["runs"]["run_id"] == [str(first)]


async def test_a_failed_task_is_seen_in_the_grid(world):
    await world.run("broken")
    found = await world.get("/dags/broken/grid")
    assert found["letters"]["failed"] in found["cells"][0]
    assert (await world.http.get("/dags/nobody/grid")).status_code == 404


async def test_a_deadline_that_is_to_come_says_when_and_how_long_such_runs_take(world, tmp_path):
    gate = tmp_path / "gate"
    gate.touch()
    before = await world.desk.request("held", params={"gate": str(gate)})
    await world.engine.end_of(before)
    assert await world.get("/deadlines/ahead") == []
    gate.unlink()
    run = await world.desk.request("held", params={"gate": str(gate)})
    (found,) = await world.get("/deadlines/ahead")
    started_at = (await world.get("/runs/rows", ids=[run]))["started_at"][0]
    assert (found["dag_id"], found["run_id"], found["task_id"]) == ("held", str(run), None)
    assert found["due_at"] == pytest.approx(started_at + 45 * 60, abs=1.0)
    assert found["p50_s"] is not None
    gate.touch()


async def test_the_source_of_a_dag_is_the_file_that_declares_it(world):
    found = await world.get("/dags/lengths/source")
    lines = found["text"].splitlines()
    assert found["file"].endswith("conftest.py")
    assert "measure" in lines[found["tasks"]["measure"] - 1]
