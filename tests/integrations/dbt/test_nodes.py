"""dbt's events become rows; what is not known to be green is not green."""

from __future__ import annotations

import pytest

from flowlite.integrations.dbt.nodes import Node, node_of


def seen(name: str, data: dict[str, object]) -> Node:
    """The node of an event that is about one."""
    node = node_of(name, data)
    assert node is not None
    return node


def event(status: str, **result: object) -> dict[str, object]:
    """As dbt's JSON log has it."""
    info = {
        "unique_id": "test.shop.no_gaps.1a2b", "node_name": "no_gaps", "resource_type": "test",
        "node_started_at": "2026-11-22T23:57:49.170441", "node_finished_at": "2026-11-22T23:57:50.170441",
    }  # fmt: skip
    return {"node_info": info, "run_result": {"status": status, **result}}


def test_a_finished_node_says_when_how_and_how_many_rows() -> None:
    node = node_of("NodeFinished", event("fail", num_failures=22, message="Got 22 results"))
    assert node == Node(
        id="test.shop.no_gaps.1a2b", name="no_gaps", kind="test", state="failed", started_at=1795391869.170441,
        ended_at=1795391870.170441, rows=22, message="Got 22 results",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", "success"), ("pass", "success"), ("no-op", "success"), ("warn", "warn"), ("skipped", "skipped"),
        ("error", "failed"), ("fail", "failed"), ("runtime error", "failed"), ("partial success", "failed"),
        ("a word of next year", "failed"),
    ],
)  # fmt: skip
def test_every_status_has_a_state(status: str, state: str) -> None:
    assert seen("NodeFinished", event(status)).state == state


def test_rows_written_come_from_the_adapter_where_it_tells() -> None:
    assert seen("NodeFinished", event("success", adapter_response={"rows_affected": 4911.0})).rows == 4911
    assert seen("NodeFinished", event("success", adapter_response={"_message": "OK"})).rows is None


def test_a_start_is_running_and_a_skip_is_skipped() -> None:
    assert seen("NodeStart", event("")).state == "running"
    assert seen("SkippingDetails", event("")).state == "skipped"


def test_other_events_are_about_no_node() -> None:
    assert node_of("SQLQuery", event("success")) is None
    assert node_of("NodeFinished", {}) is None
