"""Which view shows which kind of place."""

from __future__ import annotations

from collections.abc import Mapping

from flowlite.tui.views.backfills import Backfills, BackfillView
from flowlite.tui.views.dag import DagView
from flowlite.tui.views.home import Home
from flowlite.tui.views.lists import Approvals, Assets, Events, Problems, Sla
from flowlite.tui.views.pools import Pools
from flowlite.tui.views.run import RunView
from flowlite.tui.views.view import View

VIEWS: Mapping[str, type[View]] = {
    "home": Home,
    "dag": DagView,
    "run": RunView,
    "pools": Pools,
    "backfills": Backfills,
    "backfill": BackfillView,
    "sla": Sla,
    "events": Events,
    "assets": Assets,
    "approvals": Approvals,
    "problems": Problems,
}
