"""What was found, as an object for JSON and as tables in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from benchmarks.llm.compare import Failure
from benchmarks.llm.contenders import Contender, Round
from benchmarks.llm.dollars import TokenCost
from benchmarks.llm.figures import Ratio
from benchmarks.llm.others import Output
from benchmarks.llm.turns import Turns
from pilotlight.bench.prices import Prices

BEGIN: Final = "<!-- bench-llm -->"
END: Final = "<!-- end -->"
_MIB: Final = 1024 * 1024


class Found(NamedTuple):
    """One run.

    Attributes:
        machine: The processor, the system and the commit.
        rounds: How many there were.
        contenders: In the order of the table.
        medians: By contender and number of threads.
        turns: By number of threads.
        ratios: All that have a target.
        costs: At each memory size.
        others: What the benchmarks of parts printed.
        failures: What could not be measured.
    """

    machine: Mapping[str, str]
    rounds: int
    contenders: Sequence[Contender] = ()
    medians: Mapping[tuple[str, int], Round] = MappingProxyType({})
    turns: Mapping[int, Turns] = MappingProxyType({})
    ratios: Sequence[Ratio] = ()
    costs: Sequence[TokenCost] = ()
    others: Sequence[Output] = ()
    failures: Sequence[Failure] = ()


def as_json(found: Found) -> dict[str, Any]:
    """Everything, for results.json."""
    return {
        "machine": dict(found.machine),
        "rounds": found.rounds,
        "contenders": [
            {"name": name, "threads": threads, **each._asdict()} for (name, threads), each in found.medians.items()
        ],
        "turns": {str(threads): each._asdict() for threads, each in found.turns.items()},
        "ratios": [{**each._asdict(), "reached": each.reached} for each in found.ratios],
        "costs": [each._asdict() for each in found.costs],
        "others": [each._asdict() for each in found.others],
        "failures": [each._asdict() for each in found.failures],
    }


def as_documentation(found: Found) -> str:
    """The tables for the documentation, each with a sentence, and how they were measured."""
    machine = found.machine
    titled = {
        "One process for each, from its start. Own load: from the start of loading, without that of node:": _contenders(
            found
        ),
        "Pilotlight's figures, divided by the peer's:": _ratios(found.ratios, found),
        "The second turn of a chat, from the request to its first token:": _turns(found.turns),
        "Dollars for a million tokens on Lambda, without requests and cold starts. Speeds marked as scaled are in "
        "proportion to the vCPUs of the memory, up to the most threads that were measured:": _costs(found.costs),
    }
    parts = [f"{_wrap(title)}\n\n{table}" for title, table in titled.items() if table]
    parts.append(
        _wrap(
            f"Commit {machine['commit']}, on {machine['processor']}, functions on Python {machine['python']}, medians "
            f"of {found.rounds} rounds in one run, in which every contender was started in turn. Prices: "
            f"{Prices().source}."
        )
    )
    parts += [f"### By itself: {each.name}\n\n{_quote(each.text) or each.why}" for each in found.others]
    return "\n\n".join(parts)


def write_into(page: str, table: str) -> str:
    """Return a page of the documentation with `table` between the two marks.

    Raises:
        ValueError: The page has no marks.
    """
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"the page has no {BEGIN} with an {END} behind it")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def as_markdown(found: Found) -> str:
    """Everything: the tables for the documentation, then what the benchmarks of parts printed."""
    parts = [as_documentation(found)]
    parts += ["Not measured:\n\n" + "\n".join(f"- {each.name}: {each.why}" for each in found.failures)] * bool(
        found.failures
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def _wrap(prose: str) -> str:
    """A paragraph as the documentation's others are."""
    return textwrap.fill(prose, 100, break_on_hyphens=False)


def _quote(text: str) -> str:
    """Tables of Markdown as they are, columns of plain text in a fence."""
    if "|---" not in text:
        return f"```\n{text}\n```" if text else ""
    before, bar, table = text.partition("|")
    return f"{before.strip()}\n\n{bar}{table}" if before.strip() else text


def _contenders(found: Found) -> str:
    rows = []
    for each in found.contenders:
        for (name, threads), middle in found.medians.items():
            if name == each.name:
                own = f"{middle.own_ms:.0f}" if middle.own_ms else ""
                rss = f"{middle.rss / _MIB:.0f}"
                rows.append((each.title, threads, f"{middle.first_ms:.0f}", own, f"{middle.speed:.0f}", rss))
    heads = ("", "threads", "first token, ms", "own load and first token, ms", "tokens/s", "memory, MiB")
    return _table(heads, rows)


def _ratios(ratios: Sequence[Ratio], found: Found) -> str:
    titles = {each.name: each.title for each in found.contenders}
    rows = [
        (
            each.figure,
            "" if each.peer == "pilotlight" else titles.get(each.peer, each.peer),
            each.threads,
            f"{each.ratio:.2f}",
            f"at {'least' if each.least else 'most'} {each.bound:g}",
            "yes" if each.reached else "**no**",
        )
        for each in ratios
    ]
    return _table(("Pilotlight /", "peer", "threads", "ratio", "target", "reached"), rows)


def _turns(turns: Mapping[int, Turns]) -> str:
    rows = [
        (threads, each.prompt_tokens, f"{each.kept:.0f}", f"{each.fresh:.0f}", f"{each.prompt_speed:.0f}")
        for threads, each in turns.items()
    ]
    heads = ("threads", "tokens of the prompt", "kept prefix, ms", "another caller, ms", "prompt tokens/s")
    return _table(heads, rows)


def _costs(costs: Sequence[TokenCost]) -> str:
    rows = [
        (
            each.memory_mb,
            f"{each.decode_speed:.0f}",
            f"{each.prompt:.3f}",
            f"{each.answer:.3f}",
            "measured" if each.measured else "scaled",
        )
        for each in costs
    ]
    heads = ("MemorySize, MB", "tokens/s", "$ / million tokens of prompts", "$ / million tokens of answers", "speed")
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return ""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
