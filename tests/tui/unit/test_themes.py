"""Themes: everything can be read, also by those who can't tell some colours apart, and without any."""

from __future__ import annotations

from itertools import combinations

import pytest

from flowlite.tui.glyphs import GLYPHS
from flowlite.tui.themes import BARE, THEMES, looks_of

COLOURED = [theme for theme in THEMES.values() if theme.palette is not BARE]
STATES = [f"state-{state}" for state in GLYPHS]
DECORATION = {"faint", "rule", "bar-rest", "chart-axis", "edge", "off", "log-number"}  # never the only way to know
READ = [
    "text",
    "strong",
    "dim",
    "accent",
    "key",
    "hint",
    "good",
    "warn",
    "error",
    "log-info",
    "log-warning",
    "log-error",
]

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear light.
SEEN_AS = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def linear(colour: str) -> tuple[float, ...]:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def luminance(light) -> float:
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(light) -> tuple[float, float, float]:
    r, g, b = (min(1.0, max(0.0, part)) for part in light)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(one: str, other: str, seen_as: str | None) -> float:
    """How far two colours are from each other, as somebody sees them (CIE 1976)."""
    lights = [linear(one), linear(other)]
    if seen_as is not None:
        lights = [
            tuple(sum(m * p for m, p in zip(row, light, strict=True)) for row in SEEN_AS[seen_as]) for light in lights
        ]
    return sum((a - b) ** 2 for a, b in zip(*map(lab, lights), strict=True)) ** 0.5


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_text_has_a_contrast_of_four_and_a_half_on_every_ground(theme):
    for role in READ:
        for ground in ("", ".cursor", ".trace", ".mark", ".raised"):
            look = theme.look(role + ground)
            wanted = 4.5 if role in ("text", "strong", "dim", "hint") or not ground else 3.0
            assert contrast(look.ink, look.ground or theme.palette.ground) >= wanted, (role, ground)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_marks_of_states_have_a_contrast_of_three(theme):
    for role in STATES:
        for ground in ("", ".cursor", ".trace"):
            look = theme.look(role + ground)
            assert contrast(look.ink, look.ground or theme.palette.ground) >= 3.0, (role, ground)


@pytest.mark.parametrize(
    ("name", "seen_as"),
    [("dark", None), ("light", None), ("deuteranopia", "deuteranopia"), ("tritanopia", "tritanopia")],
)
def test_the_states_that_matter_can_be_told_apart(name, seen_as):
    theme = THEMES[name]
    loud = ["state-success", "state-running", "state-retrying", "state-failed"]
    for one, other in combinations(loud, 2):
        assert apart(theme.look(one).ink, theme.look(other).ink, seen_as) >= 20, (one, other)


def test_without_colours_every_state_still_has_a_shape_of_its_own():
    assert len({found.mark for found in GLYPHS.values()}) == len(GLYPHS)
    bare = THEMES["bare"]
    assert all(not look.ink and not look.ground for look in bare.looks.values())
    assert bare.look("state-failed").attributes != bare.look("state-success").attributes
    assert "r" in bare.look("text.cursor").attributes


def test_a_role_with_a_ground_has_the_ink_of_one_and_the_colour_below_of_the_other():
    dark = THEMES["dark"]
    found = dark.look("state-failed.cursor")
    assert (found.ink, found.ground) == (dark.palette.bad, dark.palette.cursor)


def test_every_theme_knows_the_same_roles():
    assert all(set(theme.looks) == set(looks_of(BARE)) for theme in THEMES.values())
