"""The feed: events that are worth a person's look, the newest first, with what people did between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Told = Mapping[str, Any]
MOST = 5_000
TASK_STATES = ("failed", "retrying", "waiting", "cancelled")  # the others are told of by their run
RUN_STATES = ("running", "success", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Item:
    """One of them."""

    at: float
    kind: str
    state: str
    word: str
    dag_id: str = ""
    run_id: int | None = None
    task_id: str = ""
    text: str = ""
    by: str = ""
    place: str = ""  # where more is said, if not the run or the DAG


class Feed:
    """`hear` each event; `take` the audit of what people did."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self._order: list[int] | None = None

    def keys(self) -> list[int]:
        """The newest first; the same list until something is new."""
        if self._order is None:
            self._order = sorted(self.items, key=lambda key: (self.items[key].at, key), reverse=True)
        return self._order

    def hear(self, events: Iterable[Told]) -> None:
        """Keep what is worth it."""
        for event in events:
            item = item_of(event)
            if item is not None:
                self.items[event["seq"]] = item
                self._order = None
        if len(self.items) > MOST:
            for key in self.keys()[MOST * 4 // 5 :]:
                del self.items[key]
            self._order = None

    def take(self, audit: Sequence[Told]) -> None:
        """What people did; keys below 0, so that they are those of no event."""
        for one in audit:
            key = -int(one["id"])
            if key not in self.items:
                self.items[key] = Item(
                    at=one["at"], kind="audit", state="", word=one["verb"].split()[0], by=one["by"],
                    text=f"{one['by']}: {one['verb']} {one['target']}{': ' if one['why'] else ''}{one['why']}",
                    run_id=run_of(one["target"]), place=place_named(one["target"]),
                )  # fmt: skip
                self._order = None


def item_of(event: Told) -> Item | None:
    """None: it is told of by another."""
    kind, state, at = event["kind"], event["state"], event["at"]
    run = None if event["run_id"] is None else int(event["run_id"])
    index = event.get("map_index")
    task = (event["task_id"] or "") + (f"[{index}]" if index is not None and index >= 0 else "")
    dag = event["dag_id"] or ""
    match kind:
        case "run" if state in RUN_STATES:
            word = "started" if state == "running" else state
            return Item(at, kind, state, word, dag, run, text=f"run {run}")
        case "task" if state in TASK_STATES:
            tried = f"attempt {event['attempt']}" if event.get("attempt") else ""
            return Item(at, kind, state, state, dag, run, task, f"run {run}  {tried}".rstrip())
        case "deadline":
            return Item(at, kind, state, f"{state} SLA", dag, run, task, f"run {run}")
        case "asset":
            return Item(at, kind, "success", "asset", dag, run, task, f"{event['name']} is new")
        case "pool":
            return Item(at, kind, "", "pool", text=f"{event['name']} has {state} slots", place=f"pools/{event['name']}")
        case "backfill":
            said = f"backfill {event['name']} {state}"
            return Item(at, kind, state, "backfill", dag, text=said, place=f"backfill/{event['name']}")
        case "dag" if dag:
            return Item(at, kind, state, state, dag)
    return None


def run_of(target: str) -> int | None:
    """From `run 17`."""
    words = target.split()
    return int(words[1]) if len(words) > 1 and words[0] == "run" and words[1].isdigit() else None


def place_named(target: str) -> str:
    """From `backfill 3`, `pool db`, `sales`."""
    kind, _, name = target.partition(" ")
    if kind == "backfill" and name.isdigit():
        return f"backfill/{name}"
    if kind == "pool" and name:
        return f"pools/{quote(name, safe='')}"
    return f"dag/{quote(target, safe='')}" if target and not name else ""
