"""The plot: tasks per second, flowlite and the bare loops, as far as they were measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

RATE = re.compile(r"([\d,]+) tasks/s")


def draw(out: Path) -> None:
    """`bench.png` from `bench.json`; bars on a logarithmic scale, since the bare loops keep nothing."""
    bars = []
    for figure in json.loads((out / "bench.json").read_text()):
        for who, text in (("flowlite", figure["value"]), (figure["beside"].split(":")[0], figure["beside"])):
            if found := RATE.search(text):
                bars.append((f"{figure['name']}\n{who}", int(found[1].replace(",", "")), who == "flowlite"))
    if not bars:
        return
    fig, axes = plt.subplots(figsize=(8, 0.55 * len(bars) + 1.2), layout="constrained")
    colours = ["#1f6f8b" if is_ours else "#b8c4cc" for _, _, is_ours in bars]
    drawn = axes.barh([name for name, _, _ in bars], [rate for _, rate, _ in bars], color=colours)
    axes.bar_label(drawn, labels=[f"{rate:,}" for _, rate, _ in bars], padding=4, fontsize=8)
    axes.set_xscale("log")
    axes.margins(x=0.2)
    axes.invert_yaxis()
    axes.set_xlabel("tasks a second (logarithmic)")
    axes.set_title("Throughput, durable state beside loops that keep nothing", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    fig.savefig(out / "bench.png", dpi=120)
