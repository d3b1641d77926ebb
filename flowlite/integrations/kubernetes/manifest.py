"""The Job as the API takes it, from what a task asks for. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowlite import FlowliteError

QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([EPTGMk]i?|Ki|m)?")
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
KEPT_S, GONE_S = 24 * 3600, 300  # the latter: long enough for a daemon that died at the end to look at it
CONTAINER = "task"


class WrongJob(FlowliteError):
    """A Job is asked for in a way that can't work."""

    is_final = True


def check_job(job: Mapping[str, Any], keep: str) -> None:
    """Say it at load."""
    if not job["image"]:
        raise WrongJob("run_job() needs an image, like 'registry.example.com/scoring:7'")
    for key in ("cpu", "memory"):
        if job[key] is not None and not QUANTITY.fullmatch(str(job[key])):
            raise WrongJob(f"{key}={job[key]!r} is no quantity of Kubernetes; write it like '500m' or '2Gi'")
    if keep not in ("never", "failed", "always"):
        raise WrongJob(f"keep={keep!r} is not known; use 'never', 'failed' or 'always'")


def name_of(dag_id: str, task_id: str, key: str) -> str:
    """The same for all attempts of a task instance, and another for every other; people recognise it."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{dag_id}-{task_id}".lower()).strip("-")[:36].strip("-")
    return f"flowlite-{slug}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def manifest(
    name: str, job: Mapping[str, Any], args: Sequence[Any], labels: Mapping[str, str], *, times: float = 1
) -> dict[str, Any]:
    """One pod, which Kubernetes does not start again: that is flowlite's to decide. `times`: so much more memory."""
    marked = {"app.kubernetes.io/managed-by": "flowlite", **{key: label(value) for key, value in labels.items()}}
    container = {
        "name": CONTAINER,
        "image": job["image"],
        "command": job["command"],
        "args": [str(word) for word in args],
        "env": [{"name": key, "value": str(value)} for key, value in job["env"].items()],
        "envFrom": [{"secretRef": {"name": secret}} for secret in job["env_from"]],
        "resources": resources(job["cpu"], grown(job["memory"], times)),
    }
    spec = {
        "restartPolicy": "Never",
        "containers": [{key: value for key, value in container.items() if value}],
        **({"serviceAccountName": job["service_account"]} if job["service_account"] else {}),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": marked},
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "ttlSecondsAfterFinished": KEPT_S,
            "template": {"metadata": {"labels": marked}, "spec": laid_over(spec, job["pod"])},
        },
    }


def label(value: str) -> str:
    """As Kubernetes takes a label's value."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", value)[:63].strip("-_.")


def resources(cpu: str | None, memory: str | None) -> dict[str, Any]:
    """What it asks for is what it may use: then it is the last to be evicted."""
    wanted = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"requests": wanted, "limits": wanted} if wanted else {}


def laid_over(spec: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are joined; anything else is replaced. Containers beside ours keep their place behind it."""
    both = dict(spec)
    for key, value in more.items():
        if key == "containers":
            both[key] = [laid_over(spec[key][0], value[0]), *value[1:]] if value else spec[key]
        elif isinstance(value, Mapping) and isinstance(spec.get(key), Mapping):
            both[key] = laid_over(spec[key], value)
        else:
            both[key] = value
    return both


def grown(quantity: str | None, times: float) -> str | None:
    """So many times as much, in MiB where it has grown."""
    if quantity is None or times == 1:
        return quantity
    found = QUANTITY.fullmatch(str(quantity))
    assert found is not None
    return f"{int(float(found[1]) * UNITS.get(found[2] or '', 1) * times) >> 20}Mi"
