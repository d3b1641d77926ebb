"""All that tells people, as one part of the daemon: who hears of what, the postman, the heartbeat."""

from __future__ import annotations

from collections.abc import Callable

from flowlite.authoring.alert import Alert
from flowlite.config import Settings
from flowlite.engine.alerting import Alerting
from flowlite.engine.clock import WallClock
from flowlite.engine.engine import Engine
from flowlite.service.alerts.heartbeat import Heartbeat
from flowlite.service.alerts.notifiers import notifier
from flowlite.service.alerts.postman import Postman
from flowlite.service.alerts.rendering import alert_of
from flowlite.service.reading import Reading
from flowlite.store.views import OutboxView

Tell = Callable[[str, str], None]
SIGNS = {"error": "failed"}


class Telling:
    """Made before the engine starts, so that nothing that it does goes untold; `start` after it."""

    def __init__(self, engine: Engine, reading: Reading, settings: Settings, tell: Tell) -> None:
        self._engine, self._reading, self._settings, self._tell = engine, reading, settings, tell
        engine.alerting = Alerting(engine.machine, engine.plans, settings.notify_by_kind())
        self._postman = Postman(engine.store.outbox, WallClock(), self._render, self._send, tell)
        self._heartbeat: Heartbeat | None = None

    def start(self) -> None:
        """What waits from before goes out now."""
        self._engine.listeners.append(self._postman.committed)
        self._postman.start()
        self._start_heartbeat()

    async def stop(self) -> None:
        """What has not gone out waits for the next start."""
        await self._postman.stop()
        if self._heartbeat is not None:
            await self._heartbeat.stop()

    async def configure(self, settings: Settings) -> None:
        """The configuration was read again."""
        was, self._settings = self._settings, settings
        assert self._engine.alerting is not None
        self._engine.alerting.given = settings.notify_by_kind()
        if was.notify.heartbeat_url != settings.notify.heartbeat_url:
            if self._heartbeat is not None:
                await self._heartbeat.stop()
                self._heartbeat = None
            self._start_heartbeat()
        self._postman.look()

    def _start_heartbeat(self) -> None:
        url = self._settings.notify.heartbeat_url
        if url is not None:
            self._heartbeat = Heartbeat(url, lambda: self._engine.trouble is None, self._tell)
            self._heartbeat.start()

    async def _render(self, row: OutboxView) -> Alert:
        return await alert_of(row, self._reading)

    async def _send(self, name: str, alert: Alert) -> None:
        """Looked up each time: the configuration may have been read again."""
        entry = self._settings.channel(name)
        if entry.type == "log":
            self._tell(SIGNS.get(entry.level, ""), one_line(alert))
            return
        await notifier(entry.type)(entry, alert)


def one_line(alert: Alert) -> str:
    """For a log: the title, and the cause if there is one."""
    cause = dict(alert.facts).get("cause", "")
    first = cause.partition("\n")[0]
    return f"{alert.title}: {first}" if first else alert.title
