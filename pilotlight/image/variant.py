"""The Dockerfile's arguments: which of a project's possible images is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.project import SETTINGS_NAME, read_project_settings

CPU_REQUIREMENTS: Final = "infra/training-requirements-cpu.txt"


class Variant(NamedTuple):
    """One variant of the image.

    Attributes:
        base: The base image, in place of the Dockerfile's; None for that one.
        cpu: TensorFlow for the CPU, without the gigabytes of CUDA.
    """

    base: str | None = None
    cpu: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """NAME=VALUE of each argument that differs from the Dockerfile's own."""
        base = (f"BASE={self.base}",) if self.base is not None else ()
        return (*base, f"REQUIREMENTS={CPU_REQUIREMENTS}") if self.cpu else base


def read_variant(root: Path, *, base: str | None = None, cpu: bool | None = None) -> Variant:
    """Return the variant that is given, else that of [image] in pilotlight.toml, else the Dockerfile's own.

    Args:
        root: The project's folder.
        base: The base image; None where it is not given.
        cpu: TensorFlow for the CPU; None where it is not given.

    Raises:
        ProjectError: A value in pilotlight.toml has the wrong type.
    """
    table: Any = read_project_settings(root).get("image", {})
    of_base, of_cpu = (table.get("base"), table.get("cpu", False)) if isinstance(table, dict) else (table, table)
    if not isinstance(of_base, str | None) or not isinstance(of_cpu, bool):
        hint = 'Write [image] with base = "NAME@sha256:…" or cpu = true, or both.'
        raise ProjectError(str(root / SETTINGS_NAME), "[image] is not a base and a choice of cpu", hint)
    return Variant(of_base if base is None else base, of_cpu if cpu is None else cpu)
