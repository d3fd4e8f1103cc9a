"""The command line of the fuzzer.

python -m fuzz --events 20000            as CI does
python -m fuzz --seconds 3600 --seed 7   as long as one likes
python -m fuzz --seed 7 --event fill:69  one event again
python -m fuzz --replay FILE             the events of a finding
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from fuzz.events.generator import Event, draw_event
from fuzz.oracle.oracle import expect
from fuzz.running.function import Function
from fuzz.running.judge import judge
from fuzz.running.report import Progress, describe, read_finding, summarize, write_finding
from fuzz.running.session import Finding, Tally
from fuzz.running.work import Place, Pool, plan, restore
from fuzz.targets import all_targets

MOST_SHRUNK = 12
OUT = "build/fuzz"


def main() -> int:
    """Runs the fuzzer; returns 1 where something is wrong."""
    asked = _parser().parse_args()
    seed = asked.seed if asked.seed is not None else secrets.randbelow(10**6)
    print(f"seed {seed}", flush=True)
    names = asked.only or list(all_targets())
    with tempfile.TemporaryDirectory(prefix="pilotlight-fuzz-") as root, Pool(asked.processes) as pool:
        if asked.replay or asked.event:
            return _repeat(pool, Path(root), asked, seed)
        began = time.monotonic()
        places = pool.package(Path(root), names)
        print(f"{len(places)} functions packaged in {time.monotonic() - began:.0f} s", flush=True)
        tally, seconds = _fuzz(pool, places, seed, asked)
        print(summarize(tally, seconds))
        return _report(pool, places, tally, seed, Path(asked.out))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Send odd events to packaged functions.")
    parser.add_argument("--events", type=int, default=20_000, help="how many events, all functions together")
    parser.add_argument("--seconds", type=float, default=0, help="how long instead")
    parser.add_argument("--seed", type=int, help="draws the same events again; a new one where none is given")
    parser.add_argument("--only", nargs="*", metavar="FUNCTION", help="these functions alone")
    parser.add_argument("--event", metavar="FUNCTION:NUMBER", help="send this one event and show everything")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="send the events of a finding")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", default=OUT, help="where findings are written")
    return parser


def _fuzz(pool: Pool, places: list[Place], seed: int, asked: argparse.Namespace) -> tuple[Tally, float]:
    tally, progress, began = Tally(), Progress(sys.stderr), time.monotonic()
    for part in pool.run(plan(places, seed, asked.events, asked.seconds)):
        tally.add(part)
        progress.show(tally, time.monotonic() - began)
    progress.end()
    return tally, time.monotonic() - began


def _report(pool: Pool, places: list[Place], tally: Tally, seed: int, out: Path) -> int:
    """Shows the first finding of each kind and function, made smaller, and how to see it again."""
    by_name = {place.name: place for place in places}
    first: dict[tuple[str, str], Finding] = {}
    for finding in sorted(tally.findings, key=lambda finding: finding.number):
        first.setdefault((finding.target, finding.fault.kind), finding)
    chosen = list(first.values())
    for finding in pool.shrink([(by_name[finding.target], finding) for finding in chosen[:MOST_SHRUNK]]):
        path = write_finding(finding, seed, out)
        print(f"\n{describe(finding)}\n  again: make fuzz REPLAY={path}")
    for finding in chosen[MOST_SHRUNK:]:
        print(f"\n{describe(finding)}\n  again: make fuzz SEED={seed} EVENT={finding.target}:{finding.number}")
    return 1 if tally.faults else 0


def _repeat(pool: Pool, root: Path, asked: argparse.Namespace, seed: int) -> int:
    if asked.replay:
        name, events = read_finding(asked.replay)
        (place,) = pool.package(root, [name])
    else:
        name, _, number = asked.event.partition(":")
        (place,) = pool.package(root, [name])
        events = (draw_event(seed, int(number), restore(place)),)
    return _show(place, events)


def _show(place: Place, events: tuple[Event, ...]) -> int:
    packaged, wrong = restore(place), 0
    with Function(packaged.folder) as function:
        replies, death = function.call(events)
    for event, reply in zip(events, replies, strict=False):
        judged = judge(packaged, event, reply)
        wrong += judged.fault is not None
        print(f"event     {event.text}\nexpected  {expect(packaged, event.value)}\nanswer    {reply.answer!r}")
        print(f"log       {reply.log.decode(errors='replace').rstrip()}\nverdict   {judged.fault or 'right'}\n")
    if death:
        print(f"event     {events[len(replies)].text}\nverdict   the process ended: {death}")
    return 1 if wrong or death else 0


if __name__ == "__main__":
    sys.exit(main())
