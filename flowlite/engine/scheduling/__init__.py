"""What is due: schedules of times under an alarm clock, and schedules of assets under their updates."""

from flowlite.engine.scheduling.alarm import AlarmClock, ApsAlarm
from flowlite.engine.scheduling.scheduler import Scheduler

__all__ = ["AlarmClock", "ApsAlarm", "Scheduler"]
