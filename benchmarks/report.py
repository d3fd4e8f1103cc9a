"""Rounds become figures, figures a table in Markdown and an object in JSON."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.install import Installed, Missing
from benchmarks.measure import MANY, ONE, Round
from benchmarks.peers import FUNCTION
from pilotlight.bench.latency import Latency

TOLERANCE: Final = 1e-3
_PAIRS: Final = (
    ("cold start / the same code under AWS's client", "cold", "pilotlight-aws"),
    ("cold start / the earlier commit under AWS's client", "cold", "before"),
    ("cold start / floor", "cold", "floor"),
    ("cold start / tutorial", "cold", "tutorial"),
    ("cold start / tutorial, byte-compiled", "cold", "tutorial-compiled"),
    ("cold start / TensorFlow", "cold", "tensorflow"),
    ("warm p50, 1 image / the same code under AWS's client", "one", "pilotlight-aws"),
    ("warm p50, 1 image / floor", "one", "floor"),
    ("warm p50, 64 images / floor", "many", "floor"),
    ("memory after the first answer / floor", "rss", "floor"),
    ("unzipped size / floor", "bytes", "floor"),
)


def results(
    measured: Mapping[str, tuple[Installed, Sequence[Round]]], missing: Sequence[Missing], python: str, commit: str
) -> dict[str, Any]:
    """Everything that was found, for results.json."""
    stacks = {name: figures(installed, rounds) for name, (installed, rounds) in measured.items()}
    return {
        "machine": {"commit": commit, "processor": processor(), "system": platform.platform(), "python": python},
        "rounds": max((len(rounds) for _, rounds in measured.values()), default=0),
        "stacks": stacks,
        "missing": {entry.stack.name: entry.why for entry in missing},
        "ratios": ratios(stacks),
        "disagree": disagreeing(measured),
    }


def figures(installed: Installed, rounds: Sequence[Round]) -> dict[str, Any]:
    """One stack's figures: milliseconds and bytes."""
    return {
        "title": installed.stack.title,
        "kind": installed.stack.kind,
        "python": installed.version,
        "cold": Latency(tuple(entry.cold for entry in rounds)).as_json(),
        "cold_runs": [round(entry.cold, 2) for entry in rounds],
        "one": Latency(tuple(value for entry in rounds for value in entry.one)).as_json(),
        "many": Latency(tuple(value for entry in rounds for value in entry.many)).as_json(),
        "rss": int(median(entry.rss for entry in rounds)),
        "bytes": installed.bytes,
    }


def ratios(stacks: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Pilotlight against each peer that was measured in the same run; of medians."""
    ours = stacks.get("pilotlight")
    if ours is None:
        return {}
    found = {title: _of(ours, key) / _of(stacks[peer], key) for title, key, peer in _PAIRS if peer in stacks}
    if "floor" in stacks:
        found["least cold start / floor's least"] = float(ours["cold"]["min"] / stacks["floor"]["cold"]["min"])
    if "floor" in stacks and "control" in stacks:
        idle = _of(stacks["control"], "cold")
        found["(cold start - control) / (floor - control)"] = (_of(ours, "cold") - idle) / (
            _of(stacks["floor"], "cold") - idle
        )
    return {title: round(value, 3) for title, value in found.items()}


def disagreeing(measured: Mapping[str, tuple[Installed, Sequence[Round]]]) -> list[str]:
    """Return the stacks whose first answer differs from the floor's by more than TOLERANCE: they did other work."""
    if "floor" not in measured:
        return []
    wanted = measured["floor"][1][0].answer
    return [
        name
        for name, (_, rounds) in measured.items()
        if name != "control" and not all(_same(entry.answer, wanted) for entry in rounds)
    ]


def _same(answer: Sequence[float], wanted: Sequence[float]) -> bool:
    return len(answer) == len(wanted) and all(abs(a - b) <= TOLERANCE for a, b in zip(answer, wanted, strict=True))


def markdown(found: Mapping[str, Any]) -> str:
    """Return the table, the ratios and the method as Markdown."""
    columns = ("stack", "Python", "cold start, ms (min to max)", "warm, 1 image, ms", "64 images, ms", "memory, MB")
    lines = [f"| {' | '.join(columns)} | unzipped, MB |", "|---|---|---|---|---|---|---|"]
    lines += [_row(name, stack) for name, stack in found["stacks"].items()]
    lines += [f"| {name} | not measured: {why} | | | | | |" for name, why in found["missing"].items()]
    lines += ["", "| Pilotlight against | ratio |", "|---|---|"]
    lines += [f"| {title} | {value:.2f} |" for title, value in found["ratios"].items()]
    machine = found["machine"]
    where = f"Commit {machine['commit']}, on {machine['processor']}, functions on Python {machine['python']}. "
    lines += ["", where + method(found)]
    if found["disagree"]:
        lines += [
            "",
            f"These stacks did other work, since their outputs differ from the floor's: {', '.join(found['disagree'])}",
        ]
    return "\n".join(lines) + "\n"


def method(found: Mapping[str, Any]) -> str:
    """Return the method of the measurement in one paragraph."""
    return (
        f"Each of {found['rounds']} rounds started every stack once in a fresh process, one after another. "
        "Functions run in AWS's Lambda runtime emulator, under AWS's runtime client except for Pilotlight itself, "
        "which runs under its own. The cold start is the time of the "
        "first invocation, which starts the process, until the whole response. For servers it is the time from the "
        f"start of the process until the first response. Warm: the median of {ONE} requests of 1 image and {MANY} of "
        "64 images in each round, as JSON over HTTP, including the time of the emulator. Memory, after the first "
        "response: the resident bytes of the function's process, and for servers the proportional bytes of all their "
        "processes. The page cache is warm. ONNX Runtime has one thread."
    )


def _row(name: str, stack: Mapping[str, Any]) -> str:
    cold = stack["cold"]
    title = f"**{stack['title']}**" if name == "pilotlight" else stack["title"]
    many = "" if name == "control" else f"{stack['many']['p50']:.1f}"
    size = "" if name == "control" else f"{stack['bytes'] / 1e6:.0f}"
    kind = "" if stack["kind"] == FUNCTION else " (server)"
    spread = f"{cold['p50']:.0f} ({cold['min']:.0f} to {cold['max']:.0f})"
    return (
        f"| {title}{kind} | {stack['python']} | {spread} | {stack['one']['p50']:.2f} | {many} |"
        f" {stack['rss'] / 1e6:.0f} | {size} |"
    )


def _of(stack: Mapping[str, Any], key: str) -> float:
    value = stack[key]
    return float(value["p50"] if isinstance(value, dict) else value)


def processor() -> str:
    """The name of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
