"""What every application of canvases has: a painter for its theme, and a pulse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual.app import App
from textual.theme import BUILTIN_THEMES
from textual.theme import Theme as TextualTheme

from flowlite.tui.painting import Painter
from flowlite.tui.pulse import BEAT_S, Pulse
from flowlite.tui.themes import FIRST, THEMES, Theme


class BaseApp(App[Any]):
    """Textual's, without its own header, palette and key bindings."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, *, look: str = FIRST, is_ascii: bool = False, beat_s: float = BEAT_S) -> None:
        """`look`: the name of a theme of ours; `beat_s`: see pulse.py."""
        # What is painted has its colours from us, or the terminal's own: Textual shall turn none into another.
        super().__init__(ansi_color=True)
        self.pulse = Pulse(beat_s, before=self.before_drawing)
        self.painter = Painter(THEMES["bare"] if self.no_color else THEMES[look], is_ascii=is_ascii)
        for one in THEMES.values():
            self.register_theme(textual_theme(one))
        self.theme = self.painter.theme.name

    def before_drawing(self) -> None:
        """At each beat, ahead of what is drawn."""

    def wear(self, look: str) -> None:
        """Change the theme."""
        self.painter = Painter(THEMES[look], is_ascii=self.painter.is_ascii)
        self.theme = look

    def on_unmount(self) -> None:
        """No more beats."""
        self.pulse.stop()


def textual_theme(one: Theme) -> TextualTheme:
    """Ours, for the few widgets of Textual that we use. One without colours leaves those of the terminal."""
    p = one.palette
    if not p.ground:
        return replace(BUILTIN_THEMES["ansi-dark"], name=one.name)
    return TextualTheme(
        name=one.name, primary=p.accent, accent=p.accent, background=p.ground, surface=p.raised, panel=p.raised,
        foreground=p.text, success=p.good, warning=p.warn, error=p.bad, dark=one.is_dark,
    )  # fmt: skip
