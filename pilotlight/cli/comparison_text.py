"""What the gate knows of a version, as text: the ranges of its inputs, and comparisons after its publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.markup import escape

from pilotlight.core.learning_curve import to_finite
from pilotlight.workflows.comparisons import Comparison
from pilotlight_runtime.manifest import Json, Manifest


def list_ranges(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Each input whose range the manifest has, and the range."""
    for name, known in (manifest.ranges or {}).items():
        if isinstance(known, dict) and "categories" in known:
            yield name, ", ".join(map(_categories_text, known["categories"]))
        elif isinstance(known, dict):
            text = f"{known.get('least')} to {known.get('most')}"
            yield name, text if known.get("exact") else f"{text} in the samples of the gate"


def _categories_text(known: Json) -> str:
    values = known.get("values")
    if values is None:
        text = "only the categories of training"
    else:
        text = f"only {len(values)} {'category' if len(values) == 1 else 'categories'}"
    return text if known.get("column") is None else f"{text} in column {known['column']}"


def comparison_lines(compared: Iterable[Comparison]) -> Iterable[str]:
    """Comparisons after the publication, one a line."""
    for each in compared:
        text = f"compared with {each.data.get('source')} at {each.created}: {_parity_text(each.parity)}"
        yield f"[green]✓[/] {escape(text)}"


def _parity_text(parity: Json) -> str:
    largest = to_finite(parity.get("largest_difference"))
    text = f"largest difference {'unknown' if largest is None else f'{largest:.1e}'} on {parity.get('samples')} samples"
    return f"{text} ({parity['note']})" if parity.get("note") else text
