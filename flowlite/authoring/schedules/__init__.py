"""When a DAG runs by itself: cron texts, fixed spans, presets, lists of them, and updated assets."""

from flowlite.authoring.schedules.cron import Cron, cron
from flowlite.authoring.schedules.every import Every, every
from flowlite.authoring.schedules.reading import AnyOfTimes, Schedule, ScheduleLike, schedule_of

__all__ = ["AnyOfTimes", "Cron", "Every", "Schedule", "ScheduleLike", "cron", "every", "schedule_of"]
