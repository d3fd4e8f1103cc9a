"""What a run says: a line of progress, the findings as files, and a table at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from fuzz.events.generator import Event
from fuzz.running.session import Finding, Tally


class Progress:
    """A line that is written anew on a terminal, and nothing elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()

    def show(self, tally: Tally, seconds: float) -> None:
        """Shows how far the run has come."""
        if self._shown:
            rate = tally.events / max(seconds, 0.1)
            faults = sum(tally.faults.values())
            line = f"{tally.events:,} events, {rate:,.0f}/s, {_statuses(tally)}, faults: {faults}"
            self._stream.write(f"\r\x1b[K{line[:118]}")
            self._stream.flush()

    def end(self) -> None:
        """Removes the line."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def summarize(tally: Tally, seconds: float) -> str:
    """The table at the end."""
    lines = [
        f"{tally.events:,} events in {seconds:.0f} s ({tally.events / max(seconds, 0.1):,.0f}/s)",
        _statuses(tally),
    ]
    lines += [f"{count:6,}  {why}" for why, count in sorted(tally.allowed.items())]
    kinds = sorted({kind for _, kind in tally.faults})
    for kind in kinds:
        by_target = {name: count for (name, other), count in tally.faults.items() if other == kind}
        names = ", ".join(f"{name} {count}" for name, count in sorted(by_target.items()))
        lines.append(f"{sum(by_target.values()):6,}  {kind}: {names}")
    return "\n".join([*lines, "" if kinds else "no fault"]).rstrip()


def write_finding(finding: Finding, seed: int, folder: Path) -> Path:
    """Writes a finding as a file for --replay and returns the path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = (
        folder
        / f"{finding.target}-{finding.fault.kind.replace(' ', '-').replace(chr(39), '')}-{seed}-{finding.number}.json"
    )
    document = {
        "target": finding.target,
        "seed": seed,
        "number": finding.number,
        "kind": finding.fault.kind,
        "detail": finding.fault.detail,
        "events": [event._asdict() for event in finding.events],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def read_finding(path: Path) -> tuple[str, tuple[Event, ...]]:
    """The target and the events of a finding that was written."""
    document: dict[str, Any] = json.loads(path.read_text())
    return document["target"], tuple(Event(**event) for event in document["events"])


def describe(finding: Finding) -> str:
    """A finding in a few lines."""
    events = "\n".join(f"    {event.text[:600]}" for event in finding.events[-3:])
    return f"{finding.target} #{finding.number}: {finding.fault.kind}: {finding.fault.detail[:400]}\n{events}"


def _statuses(tally: Tally) -> str:
    return ", ".join(f"{status or 'none'}: {count:,}" for status, count in sorted(tally.statuses.items()))
