"""The far side of process isolation: a child loads the DAG file, finds the task by its ids, and makes the call.

Everything crosses as JSON. The function that runs is the one in the file as it is now.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowlite.authoring.context import RunFacts
from flowlite.authoring.dag import Dag
from flowlite.core.instances import Run
from flowlite.engine.bodies import Call
from flowlite.execution.work import Io, Produced
from flowlite.loading.files import find_task, import_folders, load_file

TARGET = "flowlite.engine.child:carry_out"


def payload_of(call: Call, file: str | None, dag_id: str, timezone: str, run: Run) -> dict[str, Any]:
    """The call as JSON."""
    return {
        "file": file,
        "dag_id": dag_id,
        # The child loads the file without the configuration that gave a DAG without a schedule its time zone.
        "timezone": timezone,
        "task_id": call.spec.id,
        "index": call.index,
        "attempt": call.attempt,
        "given": dict(call.given),
        "wanted": sorted(call.wanted),
        "state_dir": str(call.state_dir),
        "previous_dir": str(call.previous_dir) if call.previous_dir else None,
        "run": {
            "run_id": str(run.id),
            "logical_at": run.logical_date,
            "interval_start_at": run.data_interval_start,
            "interval_end_at": run.data_interval_end,
        },
        "params": run.params,
        "cwd": os.getcwd(),
        "roots": import_folders(),
    }


def carry_out(io: Io, payload: Mapping[str, Any]) -> Produced:
    """Called in the forked child."""
    os.chdir(payload["cwd"])
    dag = dag_in(payload)
    previous = payload["previous_dir"]

    def facts() -> RunFacts:
        params = dag.validate_params(payload["params"])[0]
        return RunFacts(dag_id=dag.id, timezone=payload["timezone"], params=params, **payload["run"])

    call = Call(
        spec=dag.specs[payload["task_id"]],
        facts=facts,
        index=payload["index"],
        attempt=payload["attempt"],
        given=payload["given"],
        wanted=frozenset(payload["wanted"]),
        state_dir=Path(payload["state_dir"]),
        previous_dir=Path(previous) if previous else None,
    )
    return call.in_thread(io)


def dag_in(payload: Mapping[str, Any]) -> Dag:
    """The DAG as its file declares it now. Raises NoSuchTask, or what loading the file raises."""
    file, roots = payload["file"], payload["roots"]
    find_task(file, payload["dag_id"], payload["task_id"], roots)
    return next(dag for dag in load_file(file, roots).dags if dag.id == payload["dag_id"])
