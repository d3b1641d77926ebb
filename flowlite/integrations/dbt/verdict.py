"""Judges a selection over all its attempts: a summary if every selected node is green, else the error that says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowlite.integrations.dbt.engines import Facts
from flowlite.integrations.dbt.errors import DataQualityFailed, DbtError, NothingSelected
from flowlite.integrations.dbt.nodes import GREEN, Node

FactsOf = Callable[[str], Facts | None]
NAMED = 3  # so many failures are told in full


def judge(nodes: Sequence[Node], missing: Sequence[str], problem: str, facts: FactsOf, what: str) -> None:
    """Raise unless all is green. `missing`: selected nodes of which nothing was heard. A named node comes first: it
    says more than dbt's last words."""
    failed = [node for node in nodes if node.state not in GREEN and node.state != "skipped"]
    skipped = [node for node in nodes if node.state == "skipped"]
    if failed:
        raise error_of(failed, len(skipped) + len(missing), facts)
    if problem:
        raise DbtError(f"dbt {what}: {problem}")
    if skipped or missing:
        names = ", ".join([*(node.name for node in skipped), *missing][:NAMED])
        count = len(skipped) + len(missing)
        raise DbtError(f"dbt {what}: {counted(count)} selected and not run ({names}), though none failed; see the log")
    if not nodes:
        raise NothingSelected(f"dbt {what}: matches no node of the project; check select= and exclude=")


def error_of(failed: Sequence[Node], left_out: int, facts: FactsOf) -> Exception:
    """Models first: a test that failed beside them may heal with them, so there is a retry."""
    broken = [node for node in failed if not is_bad_data(node)]
    told = broken or failed
    lines = [sentence(node, facts(node.id)) for node in told[:NAMED]]
    if others := [node.name for node in failed if node not in told[:NAMED]]:
        lines.append(f"{len(others)} more failed: {', '.join(others)}")
    if left_out:
        lines.append(f"{counted(left_out)} skipped because of it")
    return (DbtError if broken else DataQualityFailed)("\n".join(lines))


def counted(nodes: int) -> str:
    """1 node was, 2 nodes were."""
    return "1 node was" if nodes == 1 else f"{nodes} nodes were"


def is_bad_data(node: Node) -> bool:
    """The test ran and found rows; one that could not run is broken as a model is."""
    return node.kind == "test" and node.rows is not None


def sentence(node: Node, facts: Facts | None) -> str:
    """What failed, where, and what the database or the test said."""
    where = f" ({facts.file})" if facts and facts.file else ""
    if not is_bad_data(node):
        return f"{node.kind} {node.name} failed{where}: {own_words(node.message)}"
    about = ", ".join(facts.about) if facts else ""
    column = f", column {facts.column}" if facts and facts.column else ""
    model = f" on model {about}{column}" if about else ""
    rows = "1 row fails" if node.rows == 1 else f"{node.rows} rows fail"
    return f"test {node.name}{model}: {rows} ({node.message[:1].lower()}{node.message[1:]}){where}"


def own_words(message: str) -> str:
    """The database's message without dbt's heading, which repeats the name and the file."""
    first, _, rest = message.partition("\n")
    text = rest if rest.strip() and " Error in " in first else message
    return "\n".join(line.strip() for line in text.strip().splitlines() if line.strip()) or "dbt gave no message"


def summary(nodes: Sequence[Node], *, carried: int, seconds: float, cpu_seconds: float, what: str) -> dict[str, Any]:
    """The task's result."""
    models = [node for node in nodes if node.kind in ("model", "seed", "snapshot")]
    rows: Mapping[str, int] = {node.name: node.rows for node in models if node.rows is not None}
    warned = [{"name": node.name, "rows": node.rows, "message": node.message} for node in nodes if node.state == "warn"]
    return {
        "what": what,
        "states": dict(Counter(node.state for node in nodes)),
        "models": len(models),
        "tests": sum(node.kind in ("test", "unit_test") for node in nodes),
        "rows": sum(rows.values()),
        "rows_by_model": dict(rows),
        "warnings": warned,
        "carried_over": carried,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
    }
