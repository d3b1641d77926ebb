"""Logs over the socket."""

from __future__ import annotations


async def test_a_page_of_a_log(world):
    run = await world.run()
    found = await world.get(f"/runs/{run}/tasks/measure/logs/page", index=1)
    assert (found["from_line"], found["total"]) == (0, 1)
    assert "measuring Paris" in found["lines"][0]


async def test_a_search_in_a_log(world):
    run = await world.run()
    found = await world.get(f"/runs/{run}/tasks/measure/logs/search", index=2, text="OSLO")
    assert [hit["line"] for hit in found["hits"]] == [0]
    assert (await world.http.get(f"/runs/{run}/tasks/measure/logs/search?text=")).status_code == 409


async def test_what_has_no_log_yet_has_no_lines(world, tmp_path):
    run = await world.desk.request("held", params={"gate": str(tmp_path / "gate")})
    found = await world.get(f"/runs/{run}/tasks/hold/logs/page")
    assert (found["lines"], found["total"]) == ([], 0)
    for path, status in (
        (f"/runs/{run}/tasks/nix/logs/page", 404),
        (f"/runs/{run}/tasks/hold/logs/page?attempt=7", 404),
        (f"/runs/{run}/tasks/hold/logs/page?index=7", 404),
        (f"/runs/{run}/tasks/..%2f..%2fflowlite.db/logs/page", 404),
    ):
        assert (await world.http.get(path)).status_code == status, path
    (tmp_path / "gate").touch()
