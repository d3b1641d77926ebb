"""Kubernetes: run a Job and follow it: its log in the task's log, its pods as rows, and no second one while it lives.

    from flowlite.integrations import kubernetes

    @dag(schedule="@daily")
    def night():
        kubernetes.run_job("registry.example.com/scoring:7", args=["--date", "{{ ds }}"], memory="2Gi", retries=2)

Speaks to the API server by httpx, with what a kubeconfig says (that needs `pip install 'flowlite[kubernetes]'`), with
the service account of the pod that flowlite runs in, or with `server` and `token`. Tested against a small HTTP server
of the tests, which speaks the endpoints of Jobs, pods and logs and runs the containers' commands as processes: watches
that break, 409, 410 Gone, logs that are cut off. Not tested against a real API server: none was to be had. Fields of
the connection: `server`, `token`, `ca`, `kubeconfig`, `context`, `namespace`.

    [connections.kubernetes]
    type = "kubernetes"
    namespace = "jobs"

The Job's name is made from the task instance (`ctx.idempotency_key`), so an attempt that finds it running follows it
and starts none: after a crash of the daemon, of the machine, or of the network. The name does not tell two states of
flowlite apart: give each a namespace of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from flowlite import Handle, task
from flowlite.integrations.kubernetes.attempt import run
from flowlite.integrations.kubernetes.cluster import ClusterRefused, ping
from flowlite.integrations.kubernetes.manifest import check_job
from flowlite.integrations.kubernetes.status import JobFailed, JobOutOfMemory, PodLost

__all__ = ["ClusterRefused", "JobFailed", "JobOutOfMemory", "PodLost", "ping", "run_job"]


def run_job(
    image: str,
    *,
    command: Sequence[str] = (),
    args: Sequence[Any] = (),
    env: Mapping[str, str] | None = None,
    env_from: Sequence[str] = (),
    cpu: str | None = None,
    memory: str | None = None,
    memory_factor: float = 1.0,
    service_account: str | None = None,
    pod: Mapping[str, Any] | None = None,
    keep: Literal["never", "failed", "always"] = "failed",
    start_within: float = 600.0,
    connection: str = "kubernetes",
    **scheduling: Any,
) -> Handle:
    """Run a container as a Job with one pod, and wait for its end.

    `command` and `args` take the place of the image's own; they and `env` may hold `{{ ds }}` and the like, and an
    argument may be the result of another task. `env_from` names Secrets of the cluster whose keys become variables.
    `cpu` and `memory` ("500m", "2Gi") are what the container asks for and may use; `memory_factor=2` gives the next
    attempt twice as much after one that ran out of it. `pod` is laid over the pod's spec (volumes, nodeSelector ...).
    `keep`: which Jobs stay for a day when they have ended, to be looked at; the others are gone after five minutes. A
    cancelled one is deleted at once. `start_within`: seconds in which the container must have begun. Every scheduling
    argument of a task is taken too.

    The result: `job`, `pod`, `seconds`, and `said`, the last line of the log. Raises JobOutOfMemory, PodLost (the node
    went away, or the pod was evicted), JobFailed, ClusterRefused.
    """
    job = {
        "image": image,
        "command": list(command),
        "env": dict(env or {}),
        "env_from": list(env_from),
        "cpu": cpu,
        "memory": memory,
        "service_account": service_account,
        "pod": dict(pod or {}),
    }
    check_job(job, keep)
    node: Handle = JOB_TASK.options(isolation="process", **scheduling)(
        job=job,
        args=list(args),
        memory_factor=memory_factor,
        keep=keep,
        start_within_s=float(start_within),
        connection=connection,
    )
    return node


JOB_TASK = task(id="run_job")(run)
