"""The tasks of a run as a tree, with what each is doing, how long it takes and how long it usually does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from flowlite.core.states import taken_together
from flowlite.tui.filters import Facts
from flowlite.tui.format import length, middle, percent, short_count
from flowlite.tui.glyphs import glyph
from flowlite.tui.model.run import Instance, Progress, RunModel
from flowlite.tui.model.run_tree import TreeRow, at_work, first_failure, first_folded, node_of, rows_of
from flowlite.tui.model.tree import Tree, tree_of
from flowlite.tui.picking import Picking
from flowlite.tui.picture import Row
from flowlite.tui.rows import Line, Piece, bar
from flowlite.tui.telling import Told
from flowlite.tui.widgets.listing import Listing

TIMES = 15  # cells for how long it takes and how long 95 of 100 do
ROOMY = 46
NODE_STATES = {"success": "success", "pass": "success", "error": "failed", "fail": "failed", "warn": "retrying"}


class InstanceFacts:
    """Of one of ten thousand: found out when a filter asks."""

    __slots__ = ("_key", "_model", "_now")

    def __init__(self, model: RunModel, key: TreeRow, now: Callable[[], float]) -> None:
        self._model, self._key, self._now = model, key, now

    def get(self, name: str, /) -> Any:
        """As the names of `TaskTree.facts` say."""
        key, task = self._key, self._model.by_id[self._key.id]
        match name:
            case "name":
                return key.name
            case "state":
                return task.state_of(key.at)
            case "task":
                return task.id
            case "pool":
                return task.pool
            case "kind":
                return task.kind
        found = self._model.instance(key.id, key.at)
        if found is None:
            return None
        return found.attempt if name == "attempt" else found.length_s(self._now())


class TaskTree(Listing):
    """`show` is given the number of the run and, to begin at, the name of a task instance."""

    scopes: ClassVar[tuple[str, ...]] = ("tree", "list")
    what = "Tasks"
    nothing = "no task passes the filter"
    facts: ClassVar[tuple[str, ...]] = ("name", "task", "state", "pool", "took", "attempt", "kind")

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.about = -1
        self.folded: set[str] = set()
        self.opened_tasks: set[str] = set()
        self.shape: Tree = tree_of(())
        self._begin_at: str | None = None
        self._is_fresh = True
        self._known: tuple[object, ...] = ()
        self._model = RunModel(-1)
        self._rows: list[TreeRow] = []

    @property
    def model(self) -> RunModel:
        """What is known."""
        return self.ui.reader.run(self.about)

    def show(self, run: int, begin_at: str = "") -> None:
        """Be about this run."""
        if run != self.about:
            self.about, self.folded, self.opened_tasks, self.picking = run, set(), set(), Picking()
            self._is_fresh, self._begin_at = True, begin_at
        elif begin_at:
            self._is_fresh, self._begin_at = True, begin_at
        self.renew()

    # --- what is listed -----------------------------------------------------------------------------------------------
    def items(self) -> Sequence[TreeRow]:
        """What is not folded away; with a filter, every task instance."""
        self._model = model = self.model
        if not model.is_known:
            return ()
        folds = (frozenset(self.folded), frozenset(self.opened_tasks))
        known = (model, model.outline, *folds, model.seq if self.filter else -1)
        if known != self._known:
            self._known = known
            if len(self.shape.rows) == 0 or not self._fits(model):
                self.shape = tree_of([task.id for task in model.tasks])
            if self._is_fresh:
                self._begin(model)
            self._rows = list(
                self._flat(model) if self.filter else rows_of(model, self.shape, self.folded, self.opened_tasks)
            )
        return self._rows

    def _fits(self, model: RunModel) -> bool:
        return [row.id for row in self.shape.rows if not row.is_group] == sorted_ids(self.shape, model)

    def _begin(self, model: RunModel) -> None:
        """The first failure, what is at work, or where one is asked to begin."""
        self._is_fresh = False
        self.folded = first_folded(model, self.shape)
        wanted = self._begin_at or None
        if wanted is not None:
            task_id, _, index = wanted.rstrip("]").partition("[")
            found = model.instance(task_id, int(index) if index.isdigit() else -1)
        else:
            found = first_failure(model) or (None if model.is_finished else at_work(model))
        if found is not None:
            self.reveal(found)

    def reveal(self, instance: Instance) -> None:
        """Unfold what hides it, and put the cursor there."""
        id_ = instance.task.id
        self.folded = {group for group in self.folded if not id_.startswith(f"{group}.")}
        depth = next((row.depth for row in self.shape.rows if row.id == id_ and not row.is_group), 0)
        if instance.index >= 0:
            self.opened_tasks.add(id_)
            self.picking.find(TreeRow("element", id_, instance.index, depth=depth + 1))
        else:
            self.picking.find(TreeRow("task", id_, depth=depth))

    def _flat(self, model: RunModel) -> Sequence[TreeRow]:
        found = []
        for task in model.tasks:
            if task.elements is None:
                found.append(TreeRow("task", task.id))
            else:
                found += [TreeRow("element", task.id, index) for index in range(task.width or 0)]
        return found

    def facts_of(self, key: Any) -> Facts:
        """For filters."""
        return InstanceFacts(self._model, key, self.ui.now)

    @property
    def instance(self) -> Instance | None:
        """The task instance under the cursor; None on a group."""
        key = self.picking.key
        return None if key is None or key.kind == "group" else self.model.instance(key.id, key.at)

    # --- drawing ------------------------------------------------------------------------------------------------------
    def empty(self, width: int) -> Row:
        """Why there is nothing."""
        model = self.model
        if not model.is_known:
            return Line(width).skip(2).put(model.trouble or "asking the daemon…", "dim").row
        return super().empty(width)

    def aside(self, width: int) -> list[Piece]:
        """What stands over the lengths."""
        return [("took    p95", "dim")] if width >= ROOMY else [("took", "dim")]

    def item(self, key: Any, width: int) -> Row:
        """One row."""
        if key.kind == "group":
            return self.group(key, width)
        if key.kind == "node":
            return self.node(key, width)
        found = self.model.instance(key.id, key.at)
        return () if found is None else self.of_instance(key, found, width)

    def group(self, key: TreeRow, width: int) -> Row:
        """A group, and how its tasks are together."""
        inside = [self.model.by_id[id_] for id_ in self.shape.inside[key.id]]
        counts: dict[str, int] = {}
        for task in inside:
            counts[task.state] = counts.get(task.state, 0) + 1
        state = taken_together(counts)
        line = Line(width).to(2 + 2 * key.depth).put("+ " if key.id in self.folded else "- ", "dim")
        line.put(key.id.rpartition(".")[2], "strong").put(f"  {counts.get('success', 0)}/{len(inside)}", "dim")
        loud = [
            (state, n) for state, n in counts.items() if state in ("failed", "running", "retrying", "upstream_failed")
        ]
        for name, number in loud:
            line.put(f" {glyph(name)}{number}", f"state-{name}")
        return line.row if loud else line.put(f" {glyph(state)}", f"state-{state}").row

    def of_instance(self, key: TreeRow, found: Instance, width: int) -> Row:
        """A task, a map or an element."""
        now = self.ui.now()
        line = Line(width).to(2 + 2 * key.depth).put(f"{glyph(found.state)} ", f"state-{found.state}")
        name = f"[{key.at}]" if key.kind == "element" and not self.filter else found.name.rpartition(".")[2]
        role = "dim" if found.state in ("pending", "skipped") else "text"
        times = TIMES if width >= ROOMY else 8
        about = self.about_instance(found, now)
        room = max(6, width - times - line.x - 2)
        line.put(middle(found.name if self.filter else name, room), role)
        if found.attempt > 1:
            line.put(f" ×{found.attempt}", "state-retrying")
        if about and width - times - line.x > 6:
            line.put("  ").pieces(*fitting(about, width - times - line.x - 1))
        return line.right(*self.times(found, now, has_usual=times == TIMES)).row

    def times(self, found: Instance, now: float, *, has_usual: bool) -> list[Piece]:
        """How long it takes, and how long 95 of 100 take."""
        if found.state == "running":
            self.is_ticking = True
        taken = found.length_s(now) if found.task.width is None or found.index >= 0 else None
        usual = self.usual(found.task.id)
        p95 = None if usual is None else usual["p95_s"]
        is_slow = (
            taken is not None and p95 is not None and taken > max(p95, 1.0) and found.state in ("running", "success")
        )
        role = "warn" if is_slow else "text" if found.state in ("running", "failed") else "dim"
        pieces: list[Piece] = [(f"{length(taken):>7}", role)]
        return [*pieces, (f"{length(p95):>7} ", "dim")] if has_usual else pieces

    def usual(self, task_id: str) -> Told | None:
        """How long a task of this DAG has been taking."""
        found = self.ui.stats_of(self.model.dag_id)
        return next((one for one in found["tasks"] if one["name"] == task_id), None) if found else None

    def about_instance(self, found: Instance, now: float) -> list[Piece]:
        """What it is doing, or waits for."""
        task = found.task
        if task.width is not None and found.index < 0:
            return tally(task.tally(), task.width)
        told = task.progress.get(found.index)
        if told is not None and told.attempt == found.attempt and found.state == "running":
            return progress(told)
        if found.state == "queued":
            return [(f"waits for pool {task.pool}", "dim")]
        if found.state == "retrying" and task.resume_at is not None and found.index < 0:
            self.is_ticking = True
            return [(f"again in {length(max(0.0, task.resume_at - now))}", "state-retrying")]
        if found.state == "waiting":
            return [("waits for an answer" if task.kind == "approval" else "waits", "state-waiting")]
        return []

    def node(self, key: TreeRow, width: int) -> Row:
        """What a task told below itself: a dbt model, a Spark stage."""
        found = node_of(self.model, key)
        if found is None:
            return ()
        state = NODE_STATES.get(found.state, found.state)
        line = Line(width).to(2 + 2 * key.depth).put(f"{glyph(state) or '·'} ", f"state-{state}")
        line.put(middle(found.id, max(6, width - 24 - line.x)), "text" if state != "success" else "dim")
        if found.message and state == "failed":
            line.put(f"  {found.message}", "dim")
        taken = None
        if found.started_at is not None:
            taken = (found.ended_at or (self.ui.now() if state == "running" else found.started_at)) - found.started_at
        rows = f"{short_count(found.rows)} rows" if found.rows is not None else ""
        return line.right((f"{rows:>10}", "dim"), (f"{length(taken):>7}        ", "dim")).row

    # --- keys ---------------------------------------------------------------------------------------------------------
    def fold(self) -> None:
        """The group or the map under the cursor, or what the row is in; open it if it is folded."""
        key = self.picking.key
        if key is None:
            return
        if key.kind == "group":
            self.folded ^= {key.id}
        elif key.kind == "task" and (self.model.by_id[key.id].elements is not None or self.model.by_id[key.id].nodes):
            self.opened_tasks ^= {key.id}
        elif key.kind in ("element", "node"):
            self.opened_tasks.discard(key.id)
            self.picking.find(TreeRow("task", key.id, depth=max(0, key.depth - 1)))
        elif group := key.id.rpartition(".")[0]:
            self.folded.add(group)
            self.picking.find(TreeRow("group", group, depth=max(0, key.depth - 1)))
        self.renew_now()

    def fold_all(self) -> None:
        """Every group, or none if all are folded."""
        groups = set(self.shape.groups)
        self.folded = set() if self.folded >= groups else groups
        self.opened_tasks.clear()
        self.renew_now()


def sorted_ids(tree: Tree, model: RunModel) -> list[str]:
    """The tasks of a run in the order of this tree, if it is one of them."""
    ids = {task.id for task in model.tasks}
    found = [row.id for row in tree.rows if not row.is_group]
    return found if set(found) == ids else []


def tally(counts: Mapping[str, int], width: int) -> list[Piece]:
    """`812/1,000 ▸16 ✗2` of a map."""
    found: list[Piece] = [(f"{counts.get('success', 0):,}/{width:,}", "dim")]
    loud = ("failed", "running", "retrying", "queued", "waiting", "upstream_failed", "cancelled")
    found += [(f" {glyph(state)}{counts[state]:,}", f"state-{state}") for state in loud if counts.get(state)]
    return found


def progress(told: Progress) -> list[Piece]:
    """A bar, how far, and what it says."""
    note: list[Piece] = [(f" {told.note}", "dim")] if told.note else []
    if not told.total:
        return [(short_count(told.done), "text"), *note]
    done, rest = bar(told.done, told.total, 10)
    return [(done, "bar"), (rest, "bar-rest"), (f" {percent(told.done, told.total)}", "text"), *note]


def fitting(pieces: Sequence[Piece], room: int) -> Row | list[Piece]:
    """As many of them as have room; the last is cut."""
    found: list[Piece] = []
    for piece in pieces:
        if len(piece[0]) > room:
            if room > 3:
                found.append((piece[0][: room - 1] + "…", piece[1]))
            break
        found.append(piece)
        room -= len(piece[0])
    return found
