"""A backfill of `gold_daily`: done once, done again, and done hour by hour, Gold is the same."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from pipelines_gold import end_of

import flowlite
from flowlite import Dag
from flowlite.demo.history import history
from flowlite.demo.publisher import DATA, publish
from flowlite.demo.stage import Stage

DAYS = [date(2024, 3, 9), date(2024, 3, 10), date(2024, 3, 11)]


def tables(lake: Path) -> dict[str, bytes]:
    """Every Silver and Gold file but the embeddings, which look back 90 days."""
    files = [path for layer in ("silver", "gold") for path in (lake / layer).rglob("*.parquet")]
    return {str(path.relative_to(lake)): path.read_bytes() for path in files if "day_embeddings" not in path.parts}


@pytest.mark.slow
async def test_however_often_and_by_whichever_way_gold_is_the_same(
    ready: Stage, dags: dict[str, Dag], tmp_path: Path
) -> None:
    for day in DAYS:
        publish("lake", history(ready.project / DATA), day)
    async with flowlite.open(tmp_path / "state.db", pools=ready.settings.pools) as fl:
        first = await fl.backfill(dags["gold_daily"], "2024-03-09", "2024-03-12", concurrency=3)
        assert [(run.state, run.had_failures) for run in first.runs] == [("success", False)] * 3
        once = tables(ready.lake)
        assert len(once) == 3 * 13

        again = await fl.backfill(dags["gold_daily"], "2024-03-09", "2024-03-12", reprocess="all")
        assert again.state == "success"
        assert tables(ready.lake) == once

        shutil.rmtree(ready.lake)
        hourly = await fl.run(dags["gold_kpis"], logical_date=end_of(DAYS[1]))
        assert hourly.state == "success"
        assert tables(ready.lake) == {name: body for name, body in once.items() if "ds=2024-03-10" in name}
        await fl.engine.settled()
