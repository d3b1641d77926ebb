"""Logs over the socket."""

from __future__ import annotations


async def test_a_page_of_a_log(world):
    run = await world.run()
    found = await world.get(f"/runs/{run}/tasks/measure/logs/page", index=1)
    assert (found["from_line"], found["total"]) == (0, 1)
    assert "measuring Paris" in found["lines"][0]


async def test_a_search_in_a_log(world):
    run = await world.run()
    found = await world.get(f"/runs/{run}/tasks/measure/logs/search", index=2, text="oslo")
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


async def test_only_what_is_bad_with_what_stands_around_it(world):
    run = await world.run("broken")
    page = await world.desk.log_page(run, "trip", level="error", context=1)
    assert "over a stone" in page.lines[-1]
    assert (set(page.levels), page.passing, page.sifted_bytes) == ({"e"}, len(page.lines), page.size_bytes)
    assert (await world.desk.log_page(run, "trip", text="no such")).lines == ()
    (last,) = (await world.desk.log_search(run, "trip", level="error", from_line=-1, limit=1, is_backwards=True)).hits
    assert (last.level, last.line) == ("e", page.numbers[0])
    assert (await world.http.get(f"/runs/{run}/tasks/trip/logs/page?level=loud")).status_code == 422
    assert (await world.http.get(f"/runs/{run}/tasks/trip/logs/search?text={'x' * 1_001}")).status_code == 409


async def test_a_piece_of_a_line_and_a_place_in_time(world):
    run = await world.run()
    whole = (await world.desk.log_page(run, "measure", 1)).lines[0]
    piece = await world.desk.log_piece(run, "measure", 0, 1, from_byte=4, size_bytes=9)
    assert (piece.text, piece.size_bytes) == (whole[4:13], len(whole))
    moment = await world.desk.log_moment(run, "measure", 1)
    assert (moment.line, moment.total, moment.at) == (0, 1, moment.begins_at)
    assert (await world.desk.log_moment(run, "measure", 1, after_s=3600.0)).line == 1
