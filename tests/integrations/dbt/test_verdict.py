"""The sentence that a person reads at two in the morning."""

from __future__ import annotations

import pytest

from flowlite.integrations.dbt import DataQualityFailed, DbtError, NothingSelected
from flowlite.integrations.dbt.engines import Facts
from flowlite.integrations.dbt.nodes import Node
from flowlite.integrations.dbt.verdict import judge

FACTS = {
    "model.p.orders": Facts(selector="p.orders", file="models/orders.sql"),
    "test.p.no_gaps.1": Facts(selector="p.no_gaps", file="models/schema.yml", about=("orders",), column="day"),
}
GOOD = Node(id="model.p.customers", name="customers", kind="model", state="success")
BROKEN = Node(
    id="model.p.orders", name="orders", kind="model", state="failed",
    message="Runtime Error in model orders (models/orders.sql)\n  Binder Error: no column\n\n  LINE 3: x",
)  # fmt: skip
BAD_DATA = Node(id="test.p.no_gaps.1", name="no_gaps", kind="test", state="failed", rows=22, message="Got 22 results")
SKIPPED = Node(id="model.p.report", name="report", kind="model", state="skipped")


def sentence(*nodes: Node, missing: tuple[str, ...] = (), problem: str = "") -> str:
    with pytest.raises((DbtError, DataQualityFailed, NothingSelected)) as raised:
        judge(nodes, missing, problem, FACTS.get, "build --select gold")
    return f"{type(raised.value).__name__}: {raised.value}"


def test_all_green_is_silent() -> None:
    judge([GOOD], (), "", FACTS.get, "build")


def test_a_failed_test_names_test_model_column_and_rows() -> None:
    assert sentence(GOOD, BAD_DATA, SKIPPED) == (
        "DataQualityFailed: "
        "test no_gaps on model orders, column day: 22 rows fail (got 22 results) (models/schema.yml)\n"
        "1 node was skipped because of it"
    )


def test_bad_data_has_its_own_class_and_no_retry() -> None:
    assert DataQualityFailed.error_class == "data_quality"


def test_a_broken_model_comes_before_failed_tests_and_may_be_retried() -> None:
    assert sentence(BAD_DATA, BROKEN, problem="dbt says that it failed") == (
        "DbtError: model orders failed (models/orders.sql): Binder Error: no column\nLINE 3: x\n1 more failed: no_gaps"
    )


def test_a_node_that_was_never_heard_of_is_not_green() -> None:
    assert "1 node was selected and not run (report), though none failed" in sentence(GOOD, missing=("report",))


def test_a_skipped_node_is_not_green() -> None:
    assert "1 node was selected and not run (report)" in sentence(GOOD, SKIPPED)


def test_what_dbt_says_is_passed_on_if_no_node_is_to_blame() -> None:
    assert sentence(GOOD, problem="can't connect") == "DbtError: dbt build --select gold: can't connect"


def test_an_empty_selection_is_an_error() -> None:
    assert sentence().startswith("NothingSelected: dbt build --select gold: matches no node of the project; check")
