"""What train, convert and import say at their end."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pilotlight.cli.invocation import out, print_json

if TYPE_CHECKING:  # numpy loads when a command runs, not for --help
    from pilotlight.core.reports import ParityReport, QuantizationReport
    from pilotlight.workflows.types import SeedScores, TrainResult


def show_result(result: TrainResult, *, as_json: bool, following: str) -> None:
    """Show a published version; with `as_json` as one object on stdout. following: the next thing to type."""
    if as_json:
        print_json(as_object(result))
        return
    from rich.markup import escape
    from rich.table import Table

    from pilotlight.cli.curve_text import curve_text
    from pilotlight.cli.tables import format_bytes, format_values

    state = "published and pinned" if result.published.new else "was published before, and is pinned"
    facts = Table.grid(padding=(0, 2), pad_edge=True)
    if result.metrics:
        facts.add_row("metrics", format_values(result.metrics))
    if result.scores is not None:
        facts.add_row("seeds", escape(scores_text(result.scores)))
    facts.add_row("parity", escape(parity_text(result.parity)))
    if result.quantization is not None:
        facts.add_row("quantised", escape(quantization_text(result.quantization)))
    facts.add_row("size", format_bytes(sum(result.sizes.values())))
    if not result.published.new:
        facts.add_row("manifest", "unchanged: versions are immutable")
    console = out()
    console.print(f"[bold green]✓[/] [bold]{result.model}[/] [cyan]{result.version}[/] {state}", soft_wrap=True)
    console.print(facts)
    if result.curve is not None:
        for drawing in curve_text(result.curve):
            console.print(drawing)
    console.print(following, soft_wrap=True)


def as_object(result: TrainResult) -> dict[str, Any]:
    """The result for scripts: model, version, new, metrics, parity, seconds in all and by stage, bytes by file.

    scores, curve and quantization: as in the manifest, null where there are none.
    """
    parity = result.parity
    return {
        "model": result.model,
        "version": result.version,
        "new": result.published.new,
        "metrics": dict(result.metrics),
        "parity": {
            "samples": parity.samples,
            "largest_difference": parity.largest_difference,
            "metric": parity.metric,
            "source_metric": parity.source_metric,
            "onnx_metric": parity.onnx_metric,
            "note": parity.note,
        },
        "quantization": None if result.quantization is None else asdict(result.quantization),
        "seconds": round(sum(result.seconds.values()), 3),
        "stages": dict(result.seconds),
        "bytes": dict(result.sizes),
        "scores": None if result.scores is None else result.scores.as_json(),
        "curve": None if result.curve is None else result.curve.as_json(),
    }


def scores_text(scores: SeedScores) -> str:
    """One line: the median, every seed's score, and whose model was kept."""
    each = ", ".join(f"{seed} {score:.4f}" for seed, score in scores.by_seed.items())
    median = f"median {scores.metric} {scores.median:.4f} of {len(scores.by_seed)}"
    return f"{median} ({each}); seed {scores.kept} is kept"


def quantization_text(found: QuantizationReport) -> str:
    """One line: how, and what became of the size, the metric and the time of one sample."""
    from pilotlight.cli.tables import format_bytes

    parts = [f"{found.mode}: {format_bytes(found.bytes_before)} → {format_bytes(found.bytes_after)}"]
    if found.metric_before is not None and found.metric_after is not None:
        parts.append(f"{found.metric} {found.metric_before:.4f} → {found.metric_after:.4f}")
    if found.run_ms_before is not None and found.run_ms_after is not None:
        parts.append(f"one sample {found.run_ms_before:.2f} → {found.run_ms_after:.2f} ms")
    return "; ".join(parts)


def parity_text(parity: ParityReport) -> str:
    """One line: how many samples agreed and how closely, or why nothing was compared."""
    if parity.largest_difference is None:
        return parity.note or "not checked"
    text = f"largest difference {parity.largest_difference:.1e} on {parity.samples} samples"
    if parity.source_metric is not None and parity.onnx_metric is not None:
        text += f"; {parity.metric} {parity.source_metric:.4f} before, {parity.onnx_metric:.4f} as ONNX"
    return f"{text} ({parity.note})" if parity.note else text
