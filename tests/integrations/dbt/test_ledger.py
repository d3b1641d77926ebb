"""What attempts did is kept line by line, and survives a kill in the middle of one."""

from __future__ import annotations

from pathlib import Path

from flowlite.integrations.dbt.ledger import FILE, Chosen, LedgerFile, read
from flowlite.integrations.dbt.nodes import Node
from flowlite.integrations.dbt.running import usable

FIRST, SECOND = Chosen("model.p.a", "model", "p.a"), Chosen("model.p.b", "model", "p.b")


def ended(chosen: Chosen, state: str) -> Node:
    return Node(id=chosen.id, name=chosen.id[-1], kind="model", state=state)


def written(folder: Path, *nodes: Node) -> Path:
    """A ledger with both chosen, and these nodes."""
    file = LedgerFile(folder, "key")
    file.choose([FIRST, SECOND])
    for node in nodes:
        file.finish(node)
    file.close()
    return folder


def test_what_was_never_reached_is_still_to_do(tmp_path: Path) -> None:
    ledger = read(written(tmp_path, ended(FIRST, "warn")))
    assert ledger.to_do() == (SECOND,)
    assert ledger.green() == [ended(FIRST, "warn")]


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, ended(FIRST, "success"), ended(SECOND, "success")) / FILE
    path.write_text(path.read_text()[:-10])
    assert read(tmp_path).to_do() == (SECOND,)


def test_a_running_node_is_not_finished(tmp_path: Path) -> None:
    assert read(written(tmp_path, ended(FIRST, "running"))).to_do() == (FIRST, SECOND)


def test_no_attempt_before_means_everything(tmp_path: Path) -> None:
    assert read(None).chosen is None
    assert read(tmp_path).chosen is None


def test_another_selection_or_changed_files_take_nothing_over(tmp_path: Path) -> None:
    ledger = read(written(tmp_path, ended(FIRST, "success")))
    assert usable(ledger, "key").chosen == (FIRST, SECOND)
    assert usable(ledger, "another key").chosen is None


def test_an_attempt_that_was_green_all_over_is_run_in_full(tmp_path: Path) -> None:
    ledger = read(written(tmp_path, ended(FIRST, "success"), ended(SECOND, "success")))
    assert usable(ledger, "key").chosen is None
