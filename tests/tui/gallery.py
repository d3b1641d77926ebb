"""Pictures of the terminal UI on its recorded worlds: `make pictures` makes those of the docs, `--all FOLDER` every
screen, to be looked at.

They are drawn by the application itself; a browser sets them in whatever monospaced font it has.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from screens import Screen, screen_of
from test_snapshots import LOOKED_AT, SIZES

DOCS = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = (120, 34)
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
# Name -> keys from Home on, and the title of the window. `f` goes to the next failure, and into its log.
OF_DOCS = {"home": ((), "flowlite tui"), "run": (("f", "f"), "flowlite tui · f: what failed, and why")}


async def of_docs(folder: Path) -> None:
    """The night after which something is to be found out."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root:
        async with screen_of("failing", Path(root), size=SIZE) as screen:
            for name, (keys, title) in OF_DOCS.items():
                await screen.press(*keys)
                keep(screen, folder / f"{name}.svg", title)


async def of_all(folder: Path, look: str) -> None:
    """What test_snapshots.py looks at, as it is seen."""
    folder.mkdir(parents=True, exist_ok=True)
    for world, places in LOOKED_AT.items():
        for size, name in SIZES.items():
            with tempfile.TemporaryDirectory() as root:
                async with screen_of(world, Path(root), size=size, look=look) as screen:
                    for part, looked_at in places.items():
                        place, *keys = (looked_at,) if isinstance(looked_at, str) else looked_at
                        await screen.go(place)
                        await screen.press(*keys)
                        keep(screen, folder / f"{world}-{part}-{name}.svg", f"{world} {place} {name}")
                        while len(screen.app.screen_stack) > 1:
                            await screen.press("escape")


def keep(screen: Screen, path: Path, title: str) -> None:
    """As SVG that fetches nothing."""
    svg = screen.app.export_screenshot(title=title)
    svg = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]+;", f"font-family: {FONTS};", svg)
    svg = svg.replace("<text ", '<text xml:space="preserve" ')
    path.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")
    print(f"{path}  {path.stat().st_size >> 10} KiB")


def main() -> None:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every screen, into this folder")
    parser.add_argument("--look", default="dark", help="the theme of those")
    asked = parser.parse_args()
    asyncio.run(of_docs(DOCS) if asked.all is None else of_all(asked.all, asked.look))


if __name__ == "__main__":
    main()
