"""Versions and manifests as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from pilotlight.cli.comparison_text import list_ranges
from pilotlight.cli.curve_text import curve_text
from pilotlight.core.learning_curve import read_learning_curve, to_finite
from pilotlight.core.lock import LOCK_NAME
from pilotlight.workflows.comparisons import Comparison
from pilotlight.workflows.findings import Finding
from pilotlight.workflows.models import FOLDER, ModelVersions
from pilotlight.workflows.repair import RepairResult
from pilotlight_runtime.manifest import Json, Manifest
from pilotlight_runtime.signature import TensorSpec


def plain_table(*columns: str, title: str = "") -> Table:
    """An empty table in the house's look."""
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def models_table(found: Iterable[ModelVersions]) -> Table:
    """Every version of every model, the pinned one marked; a model without a version has a row that says so."""
    table = plain_table("model", "version", "pinned", "metrics", "size", "parity")
    for model in found:
        for manifest in model.versions:
            table.add_row(
                model.name,
                manifest.version,
                "[green]●[/]" if manifest.version == model.pinned else "",
                format_values(manifest.metrics),
                format_bytes(sum(file.size for file in manifest.files)),
                _difference(_latest_parity(manifest, model.compared)),
            )
        there = {*(manifest.version for manifest in model.versions), *model.damaged}
        if model.pinned is not None and model.pinned not in there:
            table.add_row(model.name, model.pinned, "[red]● not in the store[/]", "", "", "")
        elif not there:
            table.add_row(model.name, "[dim]no version yet[/]", "", "", "", "")
    return table


def damage_lines(found: Sequence[ModelVersions]) -> Iterable[str]:
    """What is damaged in the store, and what is ignored there, one a line."""
    for model in found:
        for version, problem in model.damaged.items():
            own = {LOCK_NAME: f"{model.name}/{LOCK_NAME}", FOLDER: f"{model.name} in the store"}
            where = own.get(version, f"{model.name}@{version}")
            pinned = " (pinned)" if version == model.pinned else ""
            yield f"[red]✗[/] {escape(f'{where}{pinned} {problem}')}"
        if model.ignored:
            names = ", ".join(model.ignored)
            yield escape(f"{model.name}: ignored in the store, since no version has such a name: {names}")
    if any(LOCK_NAME not in model.damaged or len(model.damaged) > 1 for model in found if model.damaged):
        yield "Run `pilotlight repair`."


def repair_lines(found: Sequence[RepairResult]) -> Iterable[str]:
    """What a repair restored and what it did not find, one a line."""
    if not found:
        yield "Nothing is damaged."
    for result in found:
        reference = f"{result.repair.model}@{result.repair.version}".rstrip("@")
        for restored in result.repair.restored:
            yield f"[green]✓[/] {escape(f'{reference}: {restored.name} restored from {restored.source}')}"
        for lost in result.repair.lost:
            yield f"[red]✗[/] {escape(f'{reference}: {lost}, and its content was not found')}"
        if result.aside:
            yield escape(f"  Damaged content is kept in {result.aside}.")
        if result.advice:
            yield f"  {escape(result.advice)}"


def manifest_panels(manifest: Manifest) -> Iterable[RenderableType]:
    """One version, told in full."""
    yield f"[bold]{manifest.model}[/] [cyan]{manifest.version}[/]"
    tensors = plain_table("tensor", "name", "datatype", "shape")
    inner = [(f"{graph.name} ", graph.signature) for graph in manifest.graphs]
    for whose, signature in (("", manifest.signature), *inner):
        for role, specs in (("input", signature.inputs), ("output", signature.outputs)):
            for spec in specs:
                tensors.add_row(f"{whose}{role}", escape(spec.name), spec.datatype.name, format_shape(spec))
    yield tensors
    files = plain_table("file", "size", "sha256")
    for file in manifest.files:
        files.add_row(escape(file.name), format_bytes(file.size), file.sha256)
    yield files
    yield _facts_table(manifest)
    curve = read_learning_curve(manifest.provenance.get("curve"))
    if curve is not None:
        yield from curve_text(curve)


def _facts_table(manifest: Manifest) -> Table:
    facts = plain_table("fact", "value")
    if manifest.image is not None:
        facts.add_row("image input", format_values(manifest.image._asdict()))
    for name, text in list_ranges(manifest):
        facts.add_row(f"values of {escape(name)}", escape(text))
    for title, values in (("metric", manifest.metrics), ("parity", manifest.parity), ("made", manifest.provenance)):
        for key, value in values.items():
            if value is None or value == "" or (title, key) == ("made", "curve"):
                continue
            facts.add_row(f"{title}: {key}", format_values(value) if isinstance(value, dict) else escape(_text(value)))
    return facts


def format_shape(spec: TensorSpec) -> str:
    """A shape as people read it, ? where any size fits."""
    return "x".join("?" if size < 0 else str(size) for size in spec.shape) or "one value"


def format_bytes(size: float) -> str:
    """A size with the decimal prefixes that AWS's limits use."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


def format_values(values: Mapping[str, object]) -> str:
    """Names and values in one line."""
    return escape(", ".join(f"{name} {_text(value)}" for name, value in values.items()))


def _text(value: object) -> str:
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_text(item)}' for name, item in value.items())})"
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _latest_parity(manifest: Manifest, compared: Mapping[str, Sequence[Comparison]]) -> Json:
    """The parity of the manifest; of the latest comparison where the manifest has none."""
    later = compared.get(manifest.version, ())
    return manifest.parity if manifest.parity.get("samples") or not later else later[-1].parity


def _difference(parity: Json) -> str:
    largest, samples = to_finite(parity.get("largest_difference")), parity.get("samples")
    if largest is not None and samples:
        return f"≤ {largest:.1e} on {escape(str(samples))}"
    return "[dim]not checked[/]"


def endpoint_lines(address: str, manifests: Iterable[Manifest]) -> Iterable[str]:
    """What is served, and for each model a command that asks it, to be printed without breaking lines."""
    for manifest in manifests:
        url = f"{address}/v2/models/{manifest.model}"
        ask = f"curl {url}" if manifest.image is None else f"curl --data-binary @image.png {url}/infer"
        yield f"[bold]{manifest.model}[/] [cyan]{manifest.version}[/]"
        yield f"  {ask}"


def findings_table(found: Iterable[Finding]) -> Table:
    """What was checked, and what to do where it is wrong."""
    table = plain_table("", "where", "what", "what to do")
    table.columns[1].no_wrap = True
    for finding in found:
        sign = "[red]✗[/]" if finding.problem else "[green]✓[/]"
        what = f"{finding.what}: {finding.problem}" if finding.problem else finding.what
        table.add_row(sign, escape(finding.where), escape(what), escape(finding.advice))
    return table
