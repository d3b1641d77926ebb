"""A pod's log as it grows, through broken streams: each line once, by its time stamp."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from time import sleep

from flowlite.integrations.kubernetes.cluster import Cluster, ClusterRefused, StreamBroken, WatchExpired
from flowlite.integrations.kubernetes.manifest import CONTAINER

PAUSE_S = 0.2


class LogFollower:
    """Follows one pod in a thread of its own; `last` is the last line with something in it."""

    def __init__(self, cluster: Cluster, pod: str, tell: Callable[[str], None]) -> None:
        self._cluster, self._pod, self._tell = cluster, pod, tell
        self._seen_until = ""
        self._is_over = Event()
        self.last = ""
        self._thread = Thread(target=self._follow, name=f"log of {pod}", daemon=True)
        self._thread.start()

    def finish(self, within_s: float) -> None:
        """The container has ended: take what is left of its log."""
        self._is_over.set()
        self._thread.join(within_s)

    def _follow(self) -> None:
        """Until a stream that began after the container's end has come to its own."""
        while True:
            was_over = self._is_over.is_set()
            try:
                self._read()
                if was_over:
                    return
            except ClusterRefused as refused:  # its node does not answer, or it is gone
                if refused.status == 404:
                    return
            except (StreamBroken, WatchExpired):
                pass
            sleep(PAUSE_S)

    def _read(self) -> None:
        """One stream, to its end. What is told again, since the API counts in whole seconds, is left out."""
        params = {"follow": "true", "timestamps": "true", "container": CONTAINER}
        if self._seen_until:
            params["sinceTime"] = self._seen_until[:19] + "Z"
        for line in self._cluster.lines(f"{self._cluster.path('pods', self._pod)}/log", params):
            at, _, text = line.partition(" ")
            if comparable(at) <= comparable(self._seen_until):
                continue
            self._seen_until = at
            self.last = text.strip() or self.last
            self._tell(text)


def comparable(at: str) -> tuple[str, str]:
    """A time stamp with as many digits as the server likes, so that text compares as time does."""
    whole, _, part = at.rstrip("Z").partition(".")
    return whole, part.ljust(9, "0")
