"""A small API server: Jobs, pods and logs over HTTP as Kubernetes speaks them. A pod's container is a real process.

Images are commands: the container runs `command` and `args` on this machine. `faults` says what goes wrong.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flowlite.demo.standins.loopback import Answering, Loopback

TOKEN = "c4nary-token"
JOBS, PODS = "/apis/batch/v1/namespaces/jobs/jobs", "/api/v1/namespaces/jobs/pods"


@dataclass
class Faults:
    """What goes wrong, and how often."""

    gone: int = 0  # watches answered by 410
    gone_within: int = 0  # watches that tell 410 as an event
    cut_watches: int = 0  # watches that break off after their first event
    cut_logs: int = 0  # logs that break off after two lines
    lost_answers: int = 0  # Jobs that are made, and whose answer is lost
    busy: int = 0  # 429 to any question

    def strike(self, name: str) -> bool:
        """Whether it strikes now."""
        left = getattr(self, name)
        setattr(self, name, max(left - 1, 0))
        return left > 0


@dataclass
class Pod:
    """A process, its log, and what the node says of it."""

    document: dict[str, Any]
    process: subprocess.Popen[str] | None = None
    log: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.document["status"]["phase"] in ("Succeeded", "Failed")


class KubeServer(Loopback):
    """`with KubeServer() as kube:` one namespace, `jobs`."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, Pod] = {}
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.asked: list[tuple[str, str]] = []
        self.made: list[dict[str, Any]] = []
        self.changed, self.is_closing = Condition(), False
        self._versions, self._uids = count(100), count(1)

    def __enter__(self) -> KubeServer:
        self.answering = type("Kube", (Kube,), {"kube": self})
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        with self.changed:
            self.is_closing = True
            self.changed.notify_all()
        for pod in self.pods.values():
            if pod.process is not None:
                pod.process.kill()
                pod.process.wait()
        super().__exit__(*error)

    # --- what happens in it -------------------------------------------------------------------------------------------
    def tell(self, kind: str, job: dict[str, Any]) -> None:
        version = next(self._versions)
        job["metadata"]["resourceVersion"] = str(version)
        self.events.append((version, kind, json.loads(json.dumps(job))))
        self.changed.notify_all()

    def make(self, job: dict[str, Any]) -> dict[str, Any]:
        name, uid = job["metadata"]["name"], f"uid-{next(self._uids)}"
        job["metadata"] |= {"uid": uid, "creationTimestamp": now()}
        job["status"] = {}
        self.jobs[name] = job
        self.made.append(job)
        self.tell("ADDED", job)
        self.start_pod(job)
        return job

    def start_pod(self, job: dict[str, Any]) -> None:
        spec = job["spec"]["template"]["spec"]
        container, name = spec["containers"][0], f"{job['metadata']['name']}-{job['metadata']['uid']}"
        status: dict[str, Any] = {"phase": "Pending", "containerStatuses": [{"name": "task", "state": {}}]}
        metadata = {
            "name": name, "labels": {"job-name": job["metadata"]["name"]}, "creationTimestamp": now(),
            "ownerReferences": [{"kind": "Job", "uid": job["metadata"]["uid"]}],
        }  # fmt: skip
        pod = self.pods[name] = Pod({"metadata": metadata, "spec": spec, "status": status})
        if container["image"] in ("no/such:image", "Bad Image"):
            reason = "ImagePullBackOff" if container["image"] == "no/such:image" else "InvalidImageName"
            waiting = {"reason": reason, "message": f"can't pull {container['image']}"}
            status["containerStatuses"][0]["state"] = {"waiting": waiting}
            return
        words = [*container.get("command", []), *container.get("args", [])]
        env = {one["name"]: one["value"] for one in container.get("env", [])} | {"PATH": "/usr/bin:/bin"}
        pod.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
        status["phase"] = "Running"
        job["status"] = {"active": 1, "ready": 1}
        self.tell("MODIFIED", job)
        Thread(target=self.live, args=(pod, job), daemon=True).start()

    def live(self, pod: Pod, job: dict[str, Any]) -> None:
        """Until its process ends."""
        assert pod.process is not None
        with pod.process as process:
            for line in process.stdout or ():
                with self.changed:
                    pod.log.append((now(), line.rstrip("\n")))
                    self.changed.notify_all()
        code = process.returncode
        with self.changed:
            self.end(pod, job, code)

    def end(self, pod: Pod, job: dict[str, Any], code: int) -> None:
        is_killed_for_memory = code == 137
        reason = "OOMKilled" if is_killed_for_memory else "Completed" if code == 0 else "Error"
        pod.document["status"]["containerStatuses"][0]["state"] = {"terminated": {"exitCode": code, "reason": reason}}
        pod.document["status"]["phase"] = "Succeeded" if code == 0 else "Failed"
        if self.jobs.get(job["metadata"]["name"]) is not job:
            self.changed.notify_all()
            return
        kind = "Complete" if code == 0 else "Failed"
        why = {} if code == 0 else {"reason": "BackoffLimitExceeded", "message": "Job has reached the backoff limit"}
        job["status"] = {"conditions": [{"type": kind, "status": "True", **why}]}
        self.tell("MODIFIED", job)

    def delete(self, name: str) -> None:
        job = self.jobs.pop(name)
        for pod in self.pods.values():
            if pod.document["metadata"]["ownerReferences"][0]["uid"] == job["metadata"]["uid"] and pod.process:
                pod.process.terminate()
        self.tell("DELETED", job)

    def evict(self, name: str) -> None:
        """The node takes its pod back."""
        with self.changed:
            job = self.jobs[name]
            pod = next(pod for pod in self.pods.values() if pod.document["metadata"]["labels"]["job-name"] == name)
            assert pod.process is not None
            pod.document["status"] |= {"reason": "Evicted", "message": "The node was low on resource: memory."}
            pod.process.kill()
            self.end(pod, job, 143)


class Kube(Answering):
    """A request to it."""

    kube: KubeServer

    def do_GET(self) -> None:
        if self.is_refused():
            return
        parts = urlsplit(self.path)
        query = {key: value[0] for key, value in parse_qs(parts.query).items()}
        if query.get("watch"):
            self.watch(query)
        elif parts.path == "/version":
            self.say(200, {"gitVersion": "v1.34.0"})
        elif parts.path == JOBS:
            self.say(200, {"items": list(self.kube.jobs.values())})
        elif parts.path.startswith(f"{JOBS}/"):
            self.one(self.kube.jobs.get(parts.path.removeprefix(f"{JOBS}/")))
        elif parts.path.endswith("/log"):
            self.log(self.kube.pods[parts.path.removeprefix(f"{PODS}/").removesuffix("/log")], query)
        elif parts.path == PODS:
            wanted = query["labelSelector"].removeprefix("job-name=")
            with self.kube.changed:
                all_pods = [pod.document for pod in self.kube.pods.values()]
                self.say(200, {"items": [one for one in all_pods if one["metadata"]["labels"]["job-name"] == wanted]})
        else:
            self.say(404, {"message": f"no {parts.path}"})

    def do_POST(self) -> None:
        if self.is_refused():
            return
        job = json.loads(self.body())
        with self.kube.changed:
            if job["metadata"]["name"] in self.kube.jobs:
                self.say(
                    409,
                    {"message": "this Job already exists", "reason": "AlreadyExists"},
                )
                return
            made = self.kube.make(job)
        if self.kube.faults.strike("lost_answers"):
            self.close_connection = True
            self.connection.close()
            return
        self.say(201, made)

    def do_PATCH(self) -> None:
        if self.is_refused():
            return
        with self.kube.changed:
            job = self.kube.jobs[self.path.removeprefix(f"{JOBS}/")]
            job["spec"] |= json.loads(self.body())["spec"]
            self.say(200, job)

    def do_DELETE(self) -> None:
        if self.is_refused():
            return
        name, wanted = self.path.removeprefix(f"{JOBS}/"), json.loads(self.body())["preconditions"]["uid"]
        with self.kube.changed:
            if name not in self.kube.jobs:
                self.say(404, {"message": "not found"})
            elif self.kube.jobs[name]["metadata"]["uid"] != wanted:
                self.say(409, {"message": "the UID in the precondition does not match", "reason": "Conflict"})
            else:
                self.kube.delete(name)
                self.say(200, {"status": "Success"})

    # --- answers ------------------------------------------------------------------------------------------------------
    def is_refused(self) -> bool:
        self.kube.asked.append((self.command, self.path))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.say(401, {"message": "Unauthorized"})
        elif self.kube.faults.strike("busy"):
            self.say(429, {"message": "too many requests"})
        else:
            return False
        return True

    def say(self, status: int, document: Any) -> None:
        self.answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def one(self, document: dict[str, Any] | None) -> None:
        with self.kube.changed:
            self.say(200, document) if document is not None else self.say(404, {"message": "not found"})

    protocol_version = "HTTP/1.1"

    def begin_stream(self) -> None:
        """In chunks: a reader can tell its end from a break."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True

    def put(self, text: str) -> None:
        data = f"{text}\n".encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def watch(self, query: dict[str, str]) -> None:
        faults, seen = self.kube.faults, int(query["resourceVersion"])
        if faults.strike("gone"):
            self.say(410, {"code": 410, "message": "too old resource version", "reason": "Expired"})
            return
        self.begin_stream()
        if faults.strike("gone_within"):
            self.put(json.dumps({"type": "ERROR", "object": {"code": 410, "message": "too old", "reason": "Expired"}}))
            self.end_stream()
            return
        wanted = query["fieldSelector"].removeprefix("metadata.name=")
        while not self.kube.is_closing:
            with self.kube.changed:
                new = [one for one in self.kube.events if one[0] > seen and one[2]["metadata"]["name"] == wanted]
                if not new and not self.kube.changed.wait(float(query["timeoutSeconds"])):
                    self.end_stream()
                    return
            for version, kind, job in new:
                seen = version
                self.put(json.dumps({"type": kind, "object": job}))
                if faults.strike("cut_watches"):
                    return

    def log(self, pod: Pod, query: dict[str, str]) -> None:
        """Whole seconds only, as the real one: a reader gets some lines twice."""
        since, told = query.get("sinceTime", ""), 0
        self.begin_stream()
        at = 0
        while not self.kube.is_closing:
            with self.kube.changed:
                lines, is_over = pod.log[at:], pod.is_over
                if not lines:
                    if is_over:
                        self.end_stream()
                        return
                    self.kube.changed.wait(5.0)
                    continue
                at += len(lines)
            for stamp, text in lines:
                if stamp[:19] >= since[:19]:
                    self.put(f"{stamp} {text}")
                    told += 1
                if told == 2 and self.kube.faults.strike("cut_logs"):
                    return


def now() -> str:
    """With nine digits, as kubelets write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
