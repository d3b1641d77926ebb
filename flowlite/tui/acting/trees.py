"""What keys do in the tree of a run."""

from __future__ import annotations

from flowlite.tui.actions import Action
from flowlite.tui.widgets.task_tree import TaskTree

FOLD = ("z", "h", "l", "left", "right")
TREES = (
    Action(id="tree.fold", title="Fold or open the group or map", keys=FOLD, run=TaskTree.fold, rank=60, hint="fold"),
    Action(id="tree.fold-all", title="Fold or open all groups", keys=("Z",), run=TaskTree.fold_all),
)
