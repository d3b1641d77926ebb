"""An alert: what a notifier is asked to send. Plain text throughout; each channel makes its own form of it."""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = ("failure", "sla", "success", "retry", "recovered", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message to one channel. The same `key` may come twice, after a crash: a receiver that knows it drops it.

    `title` is one line; `facts` are label and value; `detail` is text of several lines, such as the end of a log;
    `steps` are what to do next, commands among them. `at`: when it happened, in seconds since the epoch.
    """

    kind: str
    key: str
    title: str
    at: float
    facts: tuple[tuple[str, str], ...] = ()
    detail: str = ""
    steps: tuple[str, ...] = ()
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    more: tuple[str, ...] = field(default=())
    """Titles of alerts that were gathered into this one."""

    @property
    def text(self) -> str:
        """All of it, for people who read plain text."""
        width = max((len(label) for label, _ in self.facts), default=0)
        parts = [
            self.title,
            "\n".join(f"{label:<{width}}  {value}" for label, value in self.facts),
            self.detail,
            "\n".join(self.more),
            "\n".join(self.steps),
        ]
        return "\n\n".join(part for part in parts if part)
