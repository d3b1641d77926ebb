"""How runs went, asked of the real server."""

from __future__ import annotations


async def test_the_course_of_a_run_has_its_attempts_in_columns(world):
    run = await world.run()
    found = await world.get(f"/runs/{run}/course")
    attempts = found["attempts"]
    assert attempts["task_no"] == [0, 1, 1, 1] and attempts["map_index"] == [-1, 0, 1, 2]
    assert attempts["outcome"] == ["success"] * 4
    assert all(end >= start > 0 for start, end in zip(attempts["started_at"], attempts["ended_at"], strict=True))
    assert found["due"] == {"task_no": [], "map_index": [], "number": [], "due_at": []}


async def test_after_a_failed_attempt_the_next_is_due_when_the_engine_says_so(world):
    run = await world.run("stubborn")
    found = await world.get(f"/runs/{run}/course")
    attempts, due = found["attempts"], found["due"]
    assert attempts["outcome"] == ["failed", "success"] and due["number"] == [2]
    assert attempts["ended_at"][0] <= due["due_at"][0] <= attempts["started_at"][1] + 1e-3


async def test_nobody_knows_the_course_of_a_run_that_is_not_there(world):
    assert (await world.http.get("/runs/99/course")).status_code == 404


async def test_trends_tell_how_runs_and_their_tasks_went(world):
    runs = [await world.run() for _ in range(3)]
    found = await world.get("/dags/lengths/trends")
    assert [int(one["run_id"]) for one in found["past"]] == runs
    assert [one["task_id"] for one in found["tasks"]] == ["cities", "measure"]
    assert all(len(one["recent_s"]) == 3 and len(one["quantiles_s"]) == 6 for one in found["tasks"])
    assert found["tasks_from"] == 3
    assert [int(one["run_id"]) for one in (await world.get("/dags/lengths/trends", last=1))["past"]] == runs[-1:]


async def test_a_dag_that_never_ran_has_no_trends_and_one_that_is_unknown_is_an_error(world):
    found = await world.get("/dags/lengths/trends")
    assert (found["past"], found["tasks"]) == ([], [])
    assert (await world.http.get("/dags/nobody/trends")).status_code == 404
