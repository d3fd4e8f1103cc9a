"""A learning curve as a PNG."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pilotlight.core.errors import ProjectError
from pilotlight.core.files import write_atomically
from pilotlight.core.learning_curve import HELD_OUT_PREFIX, LearningCurve


def save_curve(curve: LearningCurve, title: str, path: Path) -> None:
    """Draws `curve` to the PNG file `path`, its folder included.

    Raises:
        ProjectError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ProjectError(
            str(path), f"is not drawn: matplotlib is missing ({error})", "Run `pip install 'pilotlight[train]'`."
        ) from error
    measures = curve.measures
    figure = Figure(figsize=(7, 2.6 * len(measures) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen
    figure.suptitle(title)
    for place, (measure, series) in enumerate(measures.items(), 1):
        axes = figure.add_subplot(len(measures), 1, place)
        for name, values in series.items():
            heights = [float("nan") if value is None else value for value in values]
            label = "validation" if name.startswith(HELD_OUT_PREFIX) else "training"
            axes.plot(list(curve.at), heights, marker="o", markersize=3, label=label)
        axes.set_ylabel(measure)
        axes.set_xlabel(curve.axis)
        axes.grid(alpha=0.3)
        axes.legend()
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=120)
    write_atomically(path, drawn.getvalue())
