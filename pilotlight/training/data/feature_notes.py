"""Says which columns a model learns from, and records them for the manifest."""

from collections.abc import Sequence

from pilotlight.core.printable import join_names
from pilotlight.training.run import Run


def note_features(run: Run, names: Sequence[str]) -> None:
    """Notes the columns that a model learns from, and records them for the manifest.

    Args:
        run: Receives both.
        names: The columns, in the model's order.
    """
    run.progress.note(f"{len(names)} feature{'s' if len(names) > 1 else ''}: {join_names(names)}")
    run.recorder.features = tuple(names)
