"""What a Job and its pods say of themselves: over or not, how it ended, and why. Pure: values in, verdict out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowlite import FlowliteError

# A container that waits for one of these may wait for ever.
STUCK = {"ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError", "CreateContainerError", "CrashLoopBackOff"}
HOPELESS = {"InvalidImageName", "ErrImageNeverPull"}
LOST = {"Evicted", "Preempting", "NodeLost", "Shutdown", "Terminated", "NodeShutdown", "DeletionByTaintManager"}
STATES = {"Pending": "queued", "Running": "running", "Succeeded": "success", "Failed": "failed"}


class JobFailed(FlowliteError):
    """The Job failed. `is_final` where another would fail the same way."""

    error_class = "error"

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class JobOutOfMemory(JobFailed, MemoryError):
    """The container used more memory than it may: the attempt ends as out_of_memory."""


class PodLost(JobFailed):
    """The pod went away under it: its node died or was taken back, or it was evicted."""

    error_class = "pod_lost"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a Job ended."""

    is_success: bool
    why: str = ""


def ended(job: Mapping[str, Any]) -> Ended | None:
    """None while it lives."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed"):
            why = ": ".join(filter(None, (condition.get("reason"), condition.get("message"))))
            return Ended(condition["type"] == "Complete", why)
    return None


def state_of(pod: Mapping[str, Any]) -> str:
    """As a row shows it."""
    return STATES.get(phase(pod), "running")


def phase(pod: Mapping[str, Any]) -> str:
    """In Kubernetes' own word."""
    return str((pod.get("status") or {}).get("phase") or "Pending")


def has_begun(pod: Mapping[str, Any]) -> bool:
    """Whether there is a log to be read."""
    return phase(pod) != "Pending"


def trouble(pod: Mapping[str, Any]) -> str:
    """Why a pod has not begun; "" if nothing stands in its way."""
    for status in containers(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in STUCK | HOPELESS:
            return f"{waiting['reason']}: {waiting.get('message') or 'no word more'}"
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("reason") == "Unschedulable":
            return f"Unschedulable: {condition.get('message') or 'no node takes it'}"
    return ""


def is_hopeless(pod: Mapping[str, Any]) -> bool:
    """Whether waiting can't help."""
    return trouble(pod).partition(":")[0] in HOPELESS


def containers(pod: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What the node tells of them."""
    return (pod.get("status") or {}).get("containerStatuses") or ()


def terminated(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    """How its container ended; nothing while that is not known."""
    gone = ((status.get("state") or {}).get("terminated") for status in containers(pod))
    return next((one for one in gone if one), {})


def judge(job_name: str, how: Ended, pods: Sequence[Mapping[str, Any]]) -> None:
    """Raise unless it succeeded."""
    if how.is_success:
        return
    pod = pods[-1] if pods else {}
    lost = str((pod.get("status") or {}).get("reason") or "")
    dead = terminated(pod)
    if dead.get("reason") == "OOMKilled":
        raise JobOutOfMemory(f"Job {job_name} ran out of memory; give it more by memory=, or memory_factor=2")
    if not pods or lost in LOST:
        why = (pod.get("status") or {}).get("message") or how.why or "it is not there any more"
        raise PodLost(f"Job {job_name} lost its pod ({lost or 'gone'}): {why}")
    code = dead.get("exitCode")
    said = f" ({dead['message'].strip().splitlines()[-1]})" if (dead.get("message") or "").strip() else ""
    how_it_ended = f"exit code {code}" if code is not None else how.why or "no reason was given"
    raise JobFailed(f"Job {job_name} failed: {how_it_ended}{said}; its log tells why")
