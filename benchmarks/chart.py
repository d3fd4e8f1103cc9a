"""Draws results.json, in the benchmark's own environment: `python chart.py results.json chart.png`."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

OURS, FUNCTIONS, SERVERS = "#d9480f", "#5c7cfa", "#adb5bd"


def draw(found: dict[str, Any], target: Path) -> None:
    """Cold starts as multiples of Pilotlight's, lines from the least to the most."""
    stacks = found["stacks"]
    if "pilotlight" not in stacks:
        sys.exit("no chart: Pilotlight itself was not measured")
    base = stacks["pilotlight"]["cold"]["p50"]
    names = sorted(stacks, key=lambda name: -stacks[name]["cold"]["p50"])
    figure, axes = plt.subplots(figsize=(9, 0.45 * len(names) + 1.4), dpi=150)
    for place, name in enumerate(names):
        cold = stacks[name]["cold"]
        value = cold["p50"] / base
        colour = OURS if name == "pilotlight" else FUNCTIONS if stacks[name]["kind"] == "function" else SERVERS
        axes.barh(place, value, color=colour, height=0.62)
        axes.plot([cold["min"] / base, cold["max"] / base], [place, place], color="#212529", linewidth=1)
        axes.text(max(value, cold["max"] / base) + 0.3, place, f"{value:.1f}x", va="center", fontsize=9)
    axes.set_yticks(range(len(names)), [stacks[name]["title"] for name in names], fontsize=9)
    axes.set_xlim(0, axes.get_xlim()[1] * 1.08)
    axes.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%gx"))
    axes.set_xlabel("cold start to the first answer, as a multiple of Pilotlight's", fontsize=9)
    axes.set_title("The digits network, from nothing to the first answer", fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    note = f"medians of {found['rounds']} interleaved rounds on one machine; lines: least to most; grey: servers"
    figure.text(0.99, 0.005, note, ha="right", fontsize=7, color="#495057")
    figure.tight_layout()
    figure.savefig(target)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
