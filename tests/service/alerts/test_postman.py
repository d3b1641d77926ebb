"""The postman: at least once, at each channel's own pace, and a dead one delays no other."""

from __future__ import annotations

import asyncio
import json

import pytest

from flowlite.authoring.alert import Alert
from flowlite.service.alerts.postman import GIVE_UP_S, WINDOW_S, Postman, wait_s
from flowlite.store.store import Store

NOW = 1_700_000_000.0


class Clock:
    """Moved by the test; rings at once when its alarm has come."""

    def __init__(self) -> None:
        self.at, self.alarm, self.ring = NOW, None, lambda: None

    def now(self) -> float:
        return self.at

    def wake_at(self, at, ring) -> None:
        self.alarm, self.ring = at, ring

    def move_to(self, at: float) -> None:
        self.at = at
        if self.alarm is not None and self.alarm <= at:
            self.ring()


class Office:
    """A postman on a real store, with channels that behave as the test says."""

    def __init__(self, folder) -> None:
        self.store, self.clock, self.said = Store.open(folder / "flowlite.db"), Clock(), []
        self.moods: dict[str, list[Exception | asyncio.Event]] = {}
        self.got: list[tuple[str, str]] = []
        self.hanging: set[str] = set()  # channels whose message waits for the test
        self.postman = Postman(
            self.store.outbox, self.clock, self.render, self.send, lambda *said: self.said.append(said)
        )
        self.number = 0

    async def render(self, row) -> Alert:
        if row.kind == "broken":
            raise KeyError("run")
        return Alert(kind=row.kind, key=row.dedup_key, title=row.dedup_key, at=NOW)

    async def send(self, channel: str, alert: Alert) -> None:
        mood = self.moods.get(channel, [])
        if mood:
            now = mood.pop(0)
            if isinstance(now, Exception):
                raise now
            self.hanging.add(channel)
            await now.wait()
            self.hanging.discard(channel)
        self.got.append((channel, alert.title))

    async def post(self, channel: str, kind: str = "failure", at: float | None = None) -> str:
        self.number += 1
        at = self.clock.at if at is None else at
        await self.store.outbox.add(channel, kind, f"key{self.number}", json.dumps({"at": at}), at=at)
        self.postman.look()
        return f"key{self.number}"

    async def quiet(self) -> None:
        """Until the postman sleeps: nothing is on its way that does not wait for the test."""
        async with asyncio.timeout(30):
            while not self.postman.is_waiting(but_for=self.hanging):  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0.001)


@pytest.fixture
async def office(tmp_path):
    office = Office(tmp_path)
    office.postman.start()
    yield office
    await office.postman.stop()
    office.store.close()


async def test_what_is_posted_goes_out_once(office):
    await office.post("ops")
    await office.quiet()
    office.postman.look()
    await office.quiet()
    assert office.got == [("ops", "key1")]
    assert await office.store.outbox.next_due_at() is None


async def test_what_was_left_from_before_goes_out_at_the_start(tmp_path):
    office = Office(tmp_path)
    await office.store.outbox.add("ops", "failure", "old", json.dumps({"at": NOW}), at=NOW)
    office.postman.start()
    await office.quiet()
    assert office.got == [("ops", "old")]
    await office.postman.stop()
    office.store.close()


async def test_a_channel_that_hangs_delays_no_other(office):
    office.moods["dead"] = [asyncio.Event()]
    await office.post("dead")
    await office.quiet()
    await office.post("ops")
    await office.quiet()
    assert office.got == [("ops", "key2")]


async def test_what_fails_is_tried_again_later_each_time_and_said_once(office):
    office.moods["ops"] = [OSError("gone"), OSError("gone")]
    await office.post("ops")
    await office.quiet()
    first = office.clock.alarm
    assert NOW + 5 <= first <= NOW + 6
    office.clock.move_to(first)
    await office.quiet()
    assert office.clock.alarm - first >= 10
    office.clock.move_to(office.clock.alarm)
    await office.quiet()
    assert office.got == [("ops", "key1")]
    assert office.said == [("failed", "channel ops: OSError: gone; it is tried again for a day")]


async def test_a_channel_that_names_a_time_is_not_asked_before(office):
    busy = OSError("busy")
    busy.retry_at = NOW + 300
    office.moods["ops"] = [busy]
    await office.post("ops")
    await office.quiet()
    assert office.clock.alarm == NOW + 300


async def test_after_a_day_it_is_given_up_and_the_row_says_why(office):
    office.moods["ops"] = [OSError("gone")]
    await office.post("ops", at=NOW - GIVE_UP_S)
    await office.quiet()
    assert await office.store.outbox.next_due_at() is None
    assert office.said[-1] == ("failed", "channel ops: given up on key1: OSError: gone")


async def test_what_can_not_get_better_is_given_up_at_once(office):
    hopeless = OSError("wrong address")
    hopeless.is_final = True
    office.moods["ops"] = [hopeless]
    await office.post("ops")
    await office.quiet()
    assert await office.store.outbox.next_due_at() is None


async def test_what_nobody_can_put_into_words_holds_up_nothing(office):
    await office.post("ops", "broken")
    await office.post("ops")
    await office.quiet()
    assert office.got == [("ops", "key2")]


async def test_a_storm_is_gathered(office):
    office.moods["ops"] = [OSError("not now")]
    await office.post("ops")
    await office.quiet()
    for _ in range(999):
        await office.post("ops", at=NOW + 1)
    office.clock.move_to(NOW + 10)
    await office.quiet()
    assert [title for _, title in office.got] == ["1000 alerts within a minute (1000 x failure)"]


async def test_a_steady_stream_gets_five_a_minute_and_the_rest_as_one(office):
    for _ in range(9):
        await office.post("ops")
        await office.quiet()
    assert [title for _, title in office.got] == [f"key{n}" for n in range(1, 6)]
    assert office.clock.alarm == NOW + WINDOW_S
    await office.post("ops")
    office.clock.move_to(NOW + WINDOW_S)
    await office.quiet()
    assert len(office.got) == 10 or office.got[-1][1].startswith("5 alerts")


def test_the_wait_grows_to_an_hour():
    waits = [wait_s(tries) for tries in range(20)]
    assert all(5 * 2**n <= wait <= 6 * 2**n for n, wait in enumerate(waits[:9]))
    assert all(3600 <= wait <= 4320 for wait in waits[10:])
