"""A task is a plain function, and a DAG runs in memory: no daemon, no configuration."""

import flowlite
from pipelines.hello import hello, total


def test_a_task_is_a_plain_function():
    assert total([6, 5, 4]) == 15


def test_the_dag_runs():
    run = flowlite.run(hello, logical_date="2024-01-01")

    assert run.state == "success"
    assert run["total"] == 15
    assert run["announce"] == "hello on 2024-01-01"
