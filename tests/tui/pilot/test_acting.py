"""Acting: what is asked of the daemon is what was shown, and nothing is asked without a yes."""

from __future__ import annotations

from screens import Screen, screen_of


def asked(screen: Screen) -> list[str]:
    """The verbs that the daemon was asked for."""
    return [one.verb for one in screen.world.asked]


# --- trigger ----------------------------------------------------------------------------------------------------------
async def test_a_form_is_made_from_the_schema_and_says_what_is_wrong_under_the_field(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/retrain_model/grid") as screen:
        await screen.press("t")
        sheet = screen.app.screen
        number = next(param for param in sheet.params if param.schema.get("type") == "integer")
        while sheet.focused_part is not number.field:
            await screen.press("tab")
        await screen.press("ctrl+u")
        await screen.type("many")
        sheet.start()
        await screen.settled()
        assert screen.line("'many' is no whole number")
        assert asked(screen) == []
        await screen.press("ctrl+u")
        await screen.type("3")
        sheet.start()
        await screen.settled()
        assert screen.line("at least 7")
        await screen.press("ctrl+u")
        await screen.type("7")
        assert screen.line(f"--param {number.name}=7")
        sheet.start()
        await screen.until(lambda: len(screen.app.screen_stack) == 1)
        (one,) = screen.world.asked
        assert one.verb == "request" and one.args["params"][number.name] == 7
        assert "is asked for" in screen.lines[-1] and "run " in screen.lines[0]


async def test_what_the_daemon_refuses_is_said_in_the_form(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/etl_orders/grid") as screen:
        await screen.press("t")
        sheet = screen.app.screen
        while sheet.focused_part is not sheet.date:
            await screen.press("tab")
        await screen.type("yesterday")
        sheet.start()
        await screen.until(lambda: "yesterday" in sheet.problem.text)
        assert len(screen.app.screen_stack) == 2
        await screen.press("escape")
        assert len(screen.app.screen_stack) == 1


# --- retry and clear --------------------------------------------------------------------------------------------------
async def test_cancel_is_what_enter_means_at_first(tmp_path):
    async with screen_of("failing", tmp_path, place="run/51") as screen:
        for key in ("r", "R", "x"):
            await screen.press(key, "enter")
            assert len(screen.app.screen_stack) == 1
        assert asked(screen) == []


async def test_the_list_of_what_runs_again_changes_with_how_far_it_goes(tmp_path):
    async with screen_of("failing", tmp_path, place="run/51/transform.dedupe") as screen:
        await screen.press("R")
        assert screen.line("18 task instances in 1 run will run again")
        sheet = screen.app.screen
        while sheet.focused_part is not sheet.reach:
            await screen.press("tab")
        await screen.press("right")
        await screen.until(lambda: "1 task instance in 1 run" in screen.text)
        await screen.press("right")
        await screen.until(lambda: "21 task instances" in screen.text)
        await screen.press("right")
        await screen.until(lambda: "38 task instances" in screen.text)
        await screen.press("right", "tab", "space")
        await screen.until(lambda: "18 task instances" in screen.text)


async def test_what_was_shown_is_what_is_cleared(tmp_path):
    async with screen_of("failing", tmp_path, place="run/51/transform.dedupe") as screen:
        await screen.press("r", "right", "enter")
        (one,) = screen.world.asked
        assert one.verb == "clear"
        assert (one.args["run"], list(one.args["names"]), one.args["only_failed"]) == (51, ["transform.dedupe"], True)
        assert one.args["seen"]
        await screen.until(lambda: "run 51" in screen.lines[0] and "failed" not in screen.lines[1])


async def test_marked_tasks_are_cleared_together(tmp_path):
    async with screen_of("failing", tmp_path, place="run/51/transform.dedupe") as screen:
        await screen.press("space", "space", "r")
        assert screen.line("Retry 2 things of run 51")
        await screen.press("right", "enter")
        assert list(screen.world.asked[0].args["names"]) == ["transform.dedupe", "transform.mart_orders"]
        assert not screen.app.focused.picking.marks


async def test_more_than_fifty_want_their_number_typed(tmp_path):
    async with screen_of("failing", tmp_path, place="dag/orders_nightly/runs") as screen:
        await screen.press("space", "space", "R")
        await screen.until(lambda: "76 task instances in 2 runs" in screen.text)
        await screen.press("right", "enter")
        assert screen.line("type 76 to do this")
        assert asked(screen) == []
        await screen.type("76")
        await screen.press("tab", "enter")
        await screen.until(lambda: len(screen.app.screen_stack) == 1)
        assert asked(screen) == ["clear", "clear"]


async def test_between_the_look_and_the_yes_something_may_happen_and_then_nothing_is_done(tmp_path):
    async with screen_of("failing", tmp_path, place="run/51/transform.dedupe") as screen:
        await screen.press("R")
        await screen.app.remote.raw("mark", run=51, name="transform.dedupe", index=None, state="success", why="")
        await screen.press("right", "enter")
        assert "what would be done is no longer what was shown" in screen.lines[-1]


# --- cancel, mark -----------------------------------------------------------------------------------------------------
async def test_a_run_is_cancelled_after_a_yes(tmp_path):
    async with screen_of("busy", tmp_path, place="dag/export_finance/grid") as screen:
        await screen.press("x")
        assert screen.line("Cancel run") and screen.line("Leave as it is")
        await screen.press("right", "enter")
        assert asked(screen) == ["cancel"]
        assert "asked to end" in screen.lines[-1]


async def test_a_mark_is_shown_recorded_and_undone(tmp_path):
    async with screen_of("failing", tmp_path, place="run/51/transform.dedupe") as screen:
        await screen.press("m")
        assert screen.line("run 51, now failed")
        await screen.press("tab")
        await screen.type("known")
        await screen.press("tab", "right", "enter")
        (one,) = screen.world.asked
        assert (one.verb, one.args["state"], one.args["why"]) == ("mark", "success", "known")
        await screen.until(lambda: "✓ dedupe" in screen.text, "it is not marked")
        await screen.press("u")
        assert screen.world.asked[-1].args["state"] == "failed"
        await screen.until(lambda: "✗ dedupe" in screen.text, "it is not marked back")


async def test_only_tasks_can_be_marked(tmp_path):
    async with screen_of("failing", tmp_path) as screen:
        await screen.press("m")
        assert "only tasks can be marked" in screen.lines[-1]


# --- pause, priority, pools -------------------------------------------------------------------------------------------
async def test_a_pause_is_undone(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/etl_orders/grid") as screen:
        await screen.press("p")
        await screen.until(lambda: "paused" in screen.lines[0])
        await screen.press("u")
        await screen.until(lambda: "paused" not in screen.lines[0])
        assert asked(screen) == ["pause_dag", "unpause_dag"]


async def test_marked_dags_are_paused_together_and_undone_together(tmp_path):
    async with screen_of("calm", tmp_path) as screen:
        await screen.press("space", "space", "p")
        assert "2 DAGs paused; u undoes it" in screen.lines[-1]
        await screen.press("u")
        assert sorted(asked(screen)) == ["pause_dag"] * 2 + ["unpause_dag"] * 2


async def test_a_priority_goes_up_and_back(tmp_path):
    async with screen_of("calm", tmp_path) as screen:
        await screen.press("plus")
        assert "has priority" in screen.lines[-1]
        await screen.press("u")
        assert [one.args["priority"] for one in screen.world.asked][-1] is None


async def test_a_pool_has_another_size_at_once_and_its_own_again(tmp_path):
    async with screen_of("busy", tmp_path, place="pools/db") as screen:
        await screen.press("plus")
        await screen.until(lambda: "4/5" in screen.line("▌ db"))
        await screen.press("e", "ctrl+u")
        await screen.type("nine")
        await screen.press("enter")
        assert screen.line("a whole number from 0 on")
        await screen.press("ctrl+u")
        await screen.type("9")
        await screen.press("enter")
        await screen.until(lambda: "4/9" in screen.line("▌ db"))
        await screen.press("u")
        await screen.until(lambda: "4/5" in screen.line("▌ db"))
        await screen.press("E")
        await screen.until(lambda: "4/4" in screen.line("▌ db"))


async def test_who_is_in_line_goes_first_with_a_higher_priority(tmp_path):
    async with screen_of("busy", tmp_path, place="pools") as screen:
        await screen.press("tab")
        assert screen.app.focused.one is not None
        await screen.press("plus")
        assert asked(screen) == ["prioritize_run"]
        assert "has priority" in screen.lines[-1]


# --- backfills --------------------------------------------------------------------------------------------------------
async def test_a_backfill_is_planned_month_by_month_before_anything_is_made(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/gold_daily/grid") as screen:
        await screen.press("b")
        await screen.until(lambda: "in all" in screen.text)
        assert screen.line("$ flowlite backfill gold_daily 2026-10-26 2026-11-25 --concurrency 4")
        await screen.press("ctrl+u")
        await screen.type("2026-11-01")
        await screen.until(lambda: "Oct 26" not in screen.text)
        sheet = screen.app.screen
        number = sheet.number
        assert asked(screen) == [] and number > 0
        sheet.focused_part, sheet.buttons.at = sheet.buttons, 1
        await screen.press("enter")
        await screen.until(lambda: "backfill" in screen.lines[0])
        assert asked(screen) == ["start_backfill"]
        assert screen.line(f"0 of {number} runs")


async def test_a_range_that_makes_no_sense_is_refused_in_the_sheet(tmp_path):
    async with screen_of("calm", tmp_path, place="dag/gold_daily/grid") as screen:
        await screen.press("b", "ctrl+u")
        await screen.type("2027-01-01")
        await screen.until(lambda: screen.app.screen.said.role == "error")
        assert screen.app.screen.number == 0


async def test_a_backfill_is_held_widened_and_cancelled(tmp_path):
    async with screen_of("busy", tmp_path, place="backfill/1") as screen:
        await screen.press("plus")
        await screen.until(lambda: "5 at once" in screen.text)
        await screen.press("p")
        await screen.until(lambda: "paused" in screen.lines[1])
        await screen.press("u")
        await screen.until(lambda: "running" in screen.lines[1])
        await screen.press("underscore")
        await screen.until(lambda: "4 at once" in screen.text)
        await screen.press("x", "right", "enter")
        await screen.until(lambda: len(screen.app.screen_stack) == 1)
        assert asked(screen) == [
            "resize_backfill", "pause_backfill", "resume_backfill", "resize_backfill", "cancel_backfill",
        ]  # fmt: skip


async def test_the_board_is_walked_by_days_and_months(tmp_path):
    async with screen_of("busy", tmp_path, place="backfill/1") as screen:
        board = screen.app.focused
        before = board.picking.at
        await screen.press("j")
        assert board.picking.at == before + 30
        await screen.press("k", "h")
        assert board.picking.at == before - 1
        await screen.press("G", "l")
        assert board.picking.at == len(board.model.days) - 1
        await screen.press("g", "enter")
        assert screen.app.history.here.view == "run"


# --- approvals, assets ------------------------------------------------------------------------------------------------
async def test_a_question_is_answered_with_a_note(tmp_path):
    async with screen_of("busy", tmp_path, place="approvals") as screen:
        await screen.press("a")
        await screen.type("fine by me")
        await screen.press("tab", "enter")
        (one,) = screen.world.asked
        assert (one.verb, one.args["is_approved"], one.args["note"]) == ("answer_approval", True, "fine by me")


async def test_a_question_is_refused(tmp_path):
    async with screen_of("busy", tmp_path, place="approvals") as screen:
        await screen.press("X", "tab", "enter")
        assert screen.world.asked[0].args["is_approved"] is False


async def test_an_asset_is_said_to_be_new(tmp_path):
    async with screen_of("calm", tmp_path, place="assets") as screen:
        await screen.press("U")
        assert screen.line("has new data?")
        await screen.press("enter")
        assert asked(screen) == []
        await screen.press("U", "right", "enter")
        assert asked(screen) == ["update_asset"]


# --- carrying out -----------------------------------------------------------------------------------------------------
async def test_what_is_copied_goes_to_the_clipboard_of_the_terminal(tmp_path, monkeypatch):
    import base64

    monkeypatch.delenv("TMUX", raising=False)
    async with screen_of("failing", tmp_path, place="run/51/transform.dedupe") as screen:
        written: list[str] = []
        monkeypatch.setattr(screen.app._driver, "write", written.append)
        await screen.press("y")
        said = next(one for one in written if one.startswith("\x1b]52;c;"))
        assert base64.b64decode(said.removeprefix("\x1b]52;c;").rstrip("\x07")) == b"transform.dedupe"
        await screen.press("Y", "j", "j", "j", "enter")
        assert "copied: flowlite why 51 transform.dedupe" in screen.lines[-1]


async def test_why_explains_failures_and_waits(tmp_path):
    async with screen_of("busy", tmp_path, place="dag/dq_checks/grid") as screen:
        await screen.press("W")
        assert screen.line("dq_checks is running")
        await screen.press("escape")
    async with screen_of("failing", tmp_path / "other", place="run/51") as screen:
        await screen.press("W")
        assert screen.line("run 51 of orders_nightly failed because transform.dedupe failed")
        await screen.press("right", "enter")
        assert screen.line("will run again")


async def test_the_bell_rings_when_what_is_watched_has_ended(tmp_path, monkeypatch):
    async with screen_of("busy", tmp_path, place="dag/dq_checks/grid") as screen:
        rung = []
        monkeypatch.setattr(screen.app, "bell", lambda: rung.append(1))
        await screen.press("w")
        assert "the bell rings when it ends" in screen.lines[-1]
        for _ in range(40):
            await screen.world.advance(seconds=15)
            await screen.settled()
            if rung:
                break
        assert rung == [1]
