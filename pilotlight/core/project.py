"""A Pilotlight project on disk: where its models, its store and its template lie."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.lock import LOCK_NAME, Lock, read_lock
from pilotlight.core.modelconfig import CONFIG_NAME, ModelConfig, load_model_config
from pilotlight.core.names import RESERVED, check_model_name, logical_stem

STORE_VARIABLE: Final = "PILOTLIGHT_STORE"
SETTINGS_NAME: Final = "pilotlight.toml"
DEFAULT_STORE: Final = ".pilotlight/store"


@dataclass(frozen=True)
class Project:
    """A project on disk.

    Attributes:
        root: The folder with template.yaml and functions/.
        store: Where versions are: a folder or s3://bucket/prefix.
    """

    root: Path
    store: str

    @property
    def functions(self) -> Path:
        """Where each model and the catalog have a folder."""
        return self.root / "functions"

    @property
    def layer(self) -> Path:
        """Where the shared layer's requirements lie."""
        return self.root / "layers" / "runtime"

    def folder(self, name: str) -> Path:
        """The folder of a model, which need not exist.

        Args:
            name: The model's name.

        Raises:
            ProjectError: The name is invalid.
        """
        return self.functions / check_model_name(name)

    def models(self) -> list[str]:
        """The names of all models, sorted."""
        if not self.functions.is_dir():
            return []
        return sorted(
            folder.name
            for folder in self.functions.iterdir()
            if (folder / CONFIG_NAME).is_file() and folder.name not in RESERVED
        )

    def existing(self, name: str) -> Path:
        """The folder of an existing model.

        Args:
            name: The model's name.

        Raises:
            ProjectError: There is no such model; the message names a similar one, and all that exist.
        """
        models = self.models()
        if name in models:
            return self.folder(name)
        similar = difflib.get_close_matches(name, models, n=1)
        if not similar:
            self.folder(name)  # refuses an impossible name
        what = f"is not in {self.functions} (there: {', '.join(models) or 'none yet'})"
        hint = f"Did you mean {similar[0]}?" if similar else f"Run `pilotlight new {name}`."
        raise ProjectError(f"model {name!r}", what, hint)

    def by_stem(self, stem: str) -> str:
        """The name of the model that a resource in template.yaml belongs to.

        Args:
            stem: The start of its logical ids (SpamFilter), or the model's name (spam-filter).

        Raises:
            ProjectError: There is no such model.
        """
        for name in self.models():
            if stem in (name, logical_stem(name)):
                return name
        raise ProjectError(
            f"function {stem!r}",
            f"belongs to no model in {self.functions}",
            "Name the resource in template.yaml after its model: spam-filter gives SpamFilterFunction.",
        )

    def config(self, name: str) -> ModelConfig:
        """The configuration of a model, from its model.toml.

        Args:
            name: The model's name.

        Raises:
            ProjectError: There is no such model, or its model.toml is invalid.
        """
        return load_model_config(name, self.existing(name) / CONFIG_NAME)

    def lock(self, name: str) -> Lock | None:
        """The version that a model is pinned to, None where it is not pinned.

        Args:
            name: The model's name.

        Raises:
            ProjectError: The name is invalid.
        """
        return read_lock(self.folder(name) / LOCK_NAME)

    def pinned(self) -> dict[str, Lock]:
        """The version of every pinned model, by the model's name."""
        locks = {name: self.lock(name) for name in self.models()}
        return {name: lock for name, lock in locks.items() if lock is not None}


def find_project(start: Path, environ: Mapping[str, str]) -> Project:
    """Finds the project that a folder is in.

    Its root is the nearest folder upwards with both template.yaml and functions/. The store is $PILOTLIGHT_STORE, else
    `store` in pilotlight.toml, else .pilotlight/store; a relative folder counts from the root.

    Args:
        start: A folder of the project.
        environ: The environment, such as `os.environ`.

    Returns:
        The project.

    Raises:
        ProjectError: The folder is in no project, or pilotlight.toml is invalid.
    """
    for root in (start.resolve(), *start.resolve().parents):
        if (root / "template.yaml").is_file() and (root / "functions").is_dir():
            return Project(root, _store(root, environ))
    raise ProjectError(
        str(start), "lies in no Pilotlight project", "Run `pilotlight init .` here, or change to a project's folder."
    )


def _store(root: Path, environ: Mapping[str, str]) -> str:
    store = environ.get(STORE_VARIABLE) or project_settings(root).get("store", DEFAULT_STORE)
    if not isinstance(store, str) or not store:
        raise ProjectError(str(root / SETTINGS_NAME), "store is not text", 'Write store = "s3://bucket/prefix".')
    return store if store.startswith("s3://") else str(root / store)


def project_settings(root: Path) -> dict[str, Any]:
    """The content of pilotlight.toml, empty where there is none; ProjectError where it is no TOML."""
    path = root / SETTINGS_NAME
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(str(path), f"is not TOML: {error}", "Mend the line it names.") from error
