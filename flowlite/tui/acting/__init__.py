"""All actions of the terminal UI, in one registry: the palette, the help, the footer and the keys are made from it."""

from __future__ import annotations

from flowlite.tui.acting.asking import ASKING
from flowlite.tui.acting.backfilling import BACKFILLING
from flowlite.tui.acting.carrying import CARRYING
from flowlite.tui.acting.charts import CHARTS
from flowlite.tui.acting.grids import GRIDS
from flowlite.tui.acting.lists import LISTS
from flowlite.tui.acting.logs import LOGS
from flowlite.tui.acting.moving import MOVING
from flowlite.tui.acting.slots import SLOTS
from flowlite.tui.acting.things import THINGS
from flowlite.tui.acting.trees import TREES
from flowlite.tui.acting.work import WORK
from flowlite.tui.actions import Registry

REGISTRY = Registry(
    [*LISTS, *LOGS, *ASKING, *GRIDS, *CHARTS, *TREES, *MOVING, *WORK, *BACKFILLING, *THINGS, *SLOTS, *CARRYING]
)
