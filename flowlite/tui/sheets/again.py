"""Clearing and retrying: what would run again, as the daemon says before it is done; the list changes with what is
chosen, and what was shown is what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowlite.core.errors import FlowliteError
from flowlite.tui.acting.aims import Aim, Ask, asks
from flowlite.tui.format import count, plural
from flowlite.tui.glyphs import glyph
from flowlite.tui.rows import Piece
from flowlite.tui.sheets.confirm import TYPED_ABOVE
from flowlite.tui.sheets.parts import Buttons, Check, Choice, Entry, Gap, ItemList, Words
from flowlite.tui.sheets.sheet import Sheet
from flowlite.tui.telling import instance_name

THIS, DOWN, UP, ALL = "this", "down", "up", "all"


@dataclass(frozen=True, slots=True)
class Agreed:
    """An ask, how far it goes, and the token of what was shown."""

    ask: Ask
    with_downstream: bool
    only_failed: bool
    token: str


class Again(Sheet[list[Agreed]]):
    """`only_failed`: a retry. Answers what was agreed to, or nothing."""

    def __init__(self, aims: Sequence[Aim], *, only_failed: bool) -> None:
        super().__init__()
        self._aims = aims
        self.reach = Choice(
            "how far",
            [(DOWN, "these and downstream"), (THIS, "only these"), (UP, "these and upstream"), (ALL, "the whole run")],
            changed=self.look,
        )
        self.failed = Check("only failed", only_failed, "what failed, was blocked or cancelled", changed=self.look)
        self.list = ItemList(most=14)
        self.said = Words("asking what would run again…")
        self.typed = Entry("type", note="")
        self.buttons = Buttons(("Cancel", self.leave), ("Run again", self.agree), is_danger=True)
        self.agreed: list[Agreed] = []
        self.number = 0
        is_whole = all(not aim.name for aim in aims)
        self.parts = [
            *([] if is_whole else [self.reach]),
            self.failed,
            Gap(),
            self.list,
            self.said,
            Gap(),
            self.buttons,
        ]
        self.focused_part = self.buttons

    def heading(self) -> list[Piece]:
        """What would run again."""
        runs = len({aim.run for aim in self._aims})
        what = str(self._aims[0]) if len(self._aims) == 1 else plural(len(self._aims), "thing")
        within = f" of run {self._aims[0].run}" if runs == 1 and self._aims[0].name else ""
        return [("Retry " if self.failed.is_on else "Clear ", "strong"), (what, "accent-strong"), (within, "text")]

    def on_mount(self) -> None:
        """Look at once."""
        super().on_mount()
        self.look()

    def look(self) -> None:
        """Ask what would run again, with what is chosen now."""
        self.look_again(self._look)

    async def _look(self) -> None:
        with_downstream, only_failed = self.reach.chosen == DOWN, self.failed.is_on
        found: list[Agreed] = []
        items: list[list[Piece]] = []
        refused: list[str] = []
        for ask in await self._asks():
            try:
                told = await self.ui.remote.raw(
                    "preview", run=ask.run, names=list(ask.names), index=ask.index, with_downstream=with_downstream,
                    only_failed=only_failed,
                )  # fmt: skip
            except (FlowliteError, OSError) as error:
                refused.append(str(error))
                continue
            found.append(Agreed(ask, with_downstream, only_failed, told["token"]))
            items += shown(ask, told["touched"])
        self.agreed, self.number = found, len(items)
        self.list.become(items)
        self.say(refused)

    async def _asks(self) -> list[Ask]:
        aims = list(self._aims)
        if self.reach.chosen == ALL:
            aims = [Aim(aim.run, aim.dag_id) for aim in aims]
        elif self.reach.chosen == UP:
            aims = [further for aim in aims for further in await self._upstream(aim)]
        return asks(aims)

    async def _upstream(self, aim: Aim) -> list[Aim]:
        """It and every task that it waits for."""
        told = await self.ui.remote.raw("run_snapshot", run=aim.run)
        ids, upstream = told["tasks"]["task_id"], told["graph"]["upstream"]
        seen = {number for number, id_ in enumerate(ids) if id_ == aim.name or id_.startswith(f"{aim.name}.")}
        stack = list(seen)
        while stack:
            fresh = set(upstream[stack.pop()]) - seen
            seen |= fresh
            stack += fresh
        return [Aim(aim.run, aim.dag_id, ids[number]) for number in sorted(seen)]

    def say(self, refused: Sequence[str]) -> None:
        """How many, or why none."""
        runs = len({one.ask.run for one in self.agreed})
        if self.number:
            kinds = (
                f"{plural(self.number, 'task instance')} in {plural(runs, 'run')} will run again; old attempts are kept"
            )
            self.said.text = "\n".join([kinds, *refused])
        else:
            self.said.text = "\n".join(refused) or "there is nothing to run again"
        self.buttons.buttons[1] = (f"Run {count(self.number)} again" if self.number else "Run again", self.agree)
        needs = self.number > TYPED_ABOVE
        self.parts = [part for part in self.parts if part is not self.typed]
        if needs:
            self.typed.label = f"type {self.number}"
            self.parts.insert(-2, self.typed)
        self.changed()

    def agree(self) -> None:
        """Yes to what is shown."""
        if not self.number:
            self.leave()
        elif self.number > TYPED_ABOVE and self.typed.text.strip() != str(self.number):
            self.typed.error = f"type {self.number} to do this"
            self.focused_part = self.typed
            self.changed()
        else:
            self.dismiss(self.agreed)


def shown(ask: Ask, touched: Sequence[Mapping[str, Any]]) -> list[list[Piece]]:
    """A line for each."""
    return [
        [
            ("  ", "text"), (glyph(one["state"]), f"state-{one['state']}"),
            (f" {instance_name(one['task_id'], one['map_index'])}", "text"), (f"  run {ask.run}", "dim"),
        ]
        for one in touched
    ]  # fmt: skip
