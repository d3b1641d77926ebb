"""One attempt of a Job task: find the Job or make it, follow it to its end, delete it if the attempt is cut short."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from flowlite import Context
from flowlite.integrations import rendered
from flowlite.integrations.kubernetes.cluster import Cluster, ClusterRefused, StreamBroken, WatchExpired, opened
from flowlite.integrations.kubernetes.logs import LogFollower
from flowlite.integrations.kubernetes.manifest import GONE_S, KEPT_S, manifest, name_of
from flowlite.integrations.kubernetes.status import (
    Ended,
    JobFailed,
    PodLost,
    ended,
    has_begun,
    is_hopeless,
    judge,
    state_of,
    trouble,
)

FILE, LIFE = "kubernetes-job.json", "flowlite/life"
LOOK_S = 1.0
WATCH_S, BEGIN_WATCH_S = 240, 5  # nothing happens to a Job whose pod can't begin
GONE_WITHIN_S = 120.0
LAST_LINES_S = 10.0


def run(
    ctx: Context,
    job: dict[str, Any],
    args: list[Any],
    memory_factor: float,
    keep: str,
    start_within_s: float,
    connection: str,
) -> dict[str, Any]:
    """Follow the Job to its end and say how it went."""
    before = noted(ctx.previous_attempt_dir)
    ooms, life = int(before.get("ooms", 0)), str(before.get("life") or secrets.token_hex(8))
    note(ctx.attempt_dir, life=life, ooms=ooms)  # before there is a Job: who comes after us must know it for ours
    name = name_of(ctx.dag_id, ctx.task_id, ctx.idempotency_key)
    labels = {"flowlite/dag": ctx.dag_id, "flowlite/task": ctx.task_id, "flowlite/run": ctx.run_id, LIFE: life}
    wanted = manifest(name, rendered(job, ctx), rendered(args, ctx), labels, times=memory_factor**ooms)
    with opened(connection) as cluster:
        attempt = Attempt(ctx, cluster, wanted, start_within_s)
        try:
            attempt.take()
            how = attempt.follow()
        except ClusterRefused:
            ctx.log.warning("Job %s may still run; the next attempt will follow it", name)
            raise
        except BaseException:
            attempt.drop()
            raise
        with suppress(ClusterRefused):  # it goes in a day by itself
            attempt.forget(soon=keep == "never" or (keep == "failed" and how.is_success))
        try:
            judge(name, how, attempt.pods)
        except MemoryError:
            note(ctx.attempt_dir, life=life, ooms=ooms + 1)
            raise
        return attempt.figures()


def note(folder: Path, **facts: Any) -> None:
    """For the attempt after this one."""
    (folder / FILE).write_text(json.dumps(facts))


def noted(folder: Path | None) -> Mapping[str, Any]:
    """What the attempt before has noted."""
    try:
        return {} if folder is None else json.loads((folder / FILE).read_text())
    except (OSError, ValueError):
        return {}


class Attempt:
    """The Job of a task instance, from this attempt's side."""

    def __init__(self, ctx: Context, cluster: Cluster, wanted: Mapping[str, Any], start_within_s: float) -> None:
        self._ctx, self._cluster, self._wanted, self._start_within_s = ctx, cluster, wanted, start_within_s
        self._name = wanted["metadata"]["name"]
        self._job: Mapping[str, Any] = {}
        self._logs: dict[str, LogFollower] = {}
        self._shown: dict[str, str] = {}
        self._begun_at = time.monotonic()
        self.pods: list[Mapping[str, Any]] = []

    @property
    def uid(self) -> str:
        """Which of all Jobs that ever had this name."""
        return str(self._job.get("metadata", {}).get("uid", ""))

    # --- the Job ------------------------------------------------------------------------------------------------------
    def take(self) -> None:
        """Follow the one that lives, take the success of one whose end an earlier attempt did not live to tell, or make
        one. One that failed is to be tried again, and one that has ended in another life of the task (it was cleared
        since, or the state is another) says nothing of this one: both make room."""
        found = self._cluster.find("jobs", self._name)
        if found is not None and not self._is_taken(found):
            self._make_room(found)
            found = None
        self._job = found if found is not None else self._make()
        self._ctx.log.info("%s Job %s", "following" if found is not None else "started", self._name)

    def _is_taken(self, found: Mapping[str, Any]) -> bool:
        if found["metadata"].get("deletionTimestamp"):
            return False
        how, wanted = ended(found), self._wanted["metadata"]["labels"]
        return how is None or (how.is_success and found["metadata"].get("labels", {}).get(LIFE) == wanted[LIFE])

    def _make(self) -> Mapping[str, Any]:
        try:
            return self._cluster.ask("POST", self._cluster.path("jobs"), self._wanted)
        except ClusterRefused as refused:
            # The answer to an earlier try was lost on its way: the Job is there.
            if refused.status == 409 and (found := self._cluster.find("jobs", self._name)) is not None:
                return found
            raise

    def _make_room(self, found: Mapping[str, Any]) -> None:
        self._delete(found["metadata"]["uid"])
        until = time.monotonic() + GONE_WITHIN_S
        while (left := self._cluster.find("jobs", self._name)) and left["metadata"]["uid"] == found["metadata"]["uid"]:
            if time.monotonic() > until:
                raise JobFailed(f"an earlier Job {self._name} does not go away; look at its finalizers")
            time.sleep(LOOK_S / 5)

    def _delete(self, uid: str, *, patience_s: float = 60.0) -> None:
        """With its pods; only the one that is meant."""
        body = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            self._cluster.ask("DELETE", self._cluster.path("jobs", self._name), body, patience_s=patience_s)
        except ClusterRefused as refused:
            if refused.status not in (404, 409):  # gone, or another one by now
                raise

    def drop(self) -> None:
        """The attempt is cut short: nothing of it goes on, not even what was asked for and not answered yet."""
        try:
            found = self._job or self._cluster.find("jobs", self._name, patience_s=5.0)
            if found and ended(found) is None:
                self._delete(found["metadata"]["uid"], patience_s=5.0)
                self._ctx.log.warning("Job %s is deleted", self._name)
        except ClusterRefused as refused:
            self._ctx.log.error("Job %s may still run: %s", self._name, refused)

    def forget(self, *, soon: bool) -> None:
        """Let Kubernetes delete it: never before our success is on disk, for a daemon that dies looks at it again."""
        body = {"spec": {"ttlSecondsAfterFinished": GONE_S if soon else KEPT_S}}
        self._cluster.ask("PATCH", self._cluster.path("jobs", self._name), body, patience_s=5.0)

    # --- following ----------------------------------------------------------------------------------------------------
    def follow(self) -> Ended:
        """To its end."""
        while (how := ended(self._job)) is None:
            self._look_at_pods()
            try:
                self._watch()
            except (WatchExpired, StreamBroken) as over:
                self._ctx.log.debug("the watch is over (%s); looking again", over)
            if ended(self._job) is None:
                self._look_again()
        self._look_at_pods()
        for log in self._logs.values():
            log.finish(LAST_LINES_S)
        return how

    def _watch(self) -> None:
        """Until something happens to the Job, or its pod may have gone on."""
        since, for_s = self._job["metadata"].get("resourceVersion", ""), WATCH_S
        if not self._logs:
            for_s = max(1, min(BEGIN_WATCH_S, int(self._start_within_s)))
        for kind, job in self._cluster.watch("jobs", self._name, since, for_s=for_s):
            if kind == "DELETED":
                raise PodLost(f"Job {self._name} was deleted by somebody while it ran")
            if kind == "BOOKMARK":
                continue
            self._job = job
            self._look_at_pods()
            if ended(job) is not None:
                return

    def _look_again(self) -> None:
        found = self._cluster.find("jobs", self._name)
        if found is None or found["metadata"]["uid"] != self.uid:
            raise PodLost(f"Job {self._name} was deleted by somebody while it ran")
        self._job = found
        time.sleep(LOOK_S / 5)

    def _look_at_pods(self) -> None:
        listed = self._cluster.ask("GET", self._cluster.path("pods"), labelSelector=f"job-name={self._name}")
        ours = [pod for pod in listed.get("items") or () if is_owned(pod, self.uid)]
        self.pods = sorted(ours, key=lambda pod: pod["metadata"].get("creationTimestamp") or "") or self.pods
        for pod in self.pods:
            self._show(pod)
            if has_begun(pod) and pod["metadata"]["name"] not in self._logs:
                name = pod["metadata"]["name"]
                self._logs[name] = LogFollower(self._cluster, name, lambda line: self._ctx.log.info("%s", line))
        self._check_begin()

    def _show(self, pod: Mapping[str, Any]) -> None:
        name, message = pod["metadata"]["name"], trouble(pod)
        looks = f"{state_of(pod)} {message}"
        if self._shown.get(name) != looks:
            self._shown[name] = looks
            self._ctx.node(name, state_of(pod), message=message)

    def _check_begin(self) -> None:
        """A container that never begins is not waited for for ever."""
        if self._logs or ended(self._job):
            return
        why = next((trouble(pod) for pod in self.pods if trouble(pod)), "no pod has begun")
        if any(map(is_hopeless, self.pods)):
            raise JobFailed(f"Job {self._name} can't begin: {why}; correct the image", is_final=True)
        if time.monotonic() - self._begun_at > self._start_within_s:
            raise JobFailed(f"Job {self._name} has not begun within {self._start_within_s:g} s: {why}")

    def figures(self) -> dict[str, Any]:
        """The task's result."""
        pod = self.pods[-1]["metadata"]["name"] if self.pods else None
        said = self._logs[pod].last if pod in self._logs else ""
        return {"job": self._name, "pod": pod, "seconds": round(time.monotonic() - self._begun_at, 3), "said": said}


def is_owned(pod: Mapping[str, Any], uid: str) -> bool:
    """Pods of an earlier Job of the same name may still be on their way out."""
    return any(owner.get("uid") == uid for owner in pod["metadata"].get("ownerReferences") or ())
