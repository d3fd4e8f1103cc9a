"""A Pilotlight project on disk: the locations of its models, its store and its template."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.lock import LOCK_NAME, Lock, read_lock
from pilotlight.core.model_config import CONFIG_NAME, ModelConfig
from pilotlight.core.model_names import RESERVED_NAMES, check_model_name, to_logical_stem
from pilotlight.core.model_toml import load_model_config
from pilotlight.core.store_location import StoreLocation, parse_store_location
from pilotlight.core.toml_file import read_toml

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

    @cached_property
    def store_location(self) -> StoreLocation:
        """The store as a parsed location; ProjectError where it is none."""
        return parse_store_location(self.store, self.root, "the store of the project")

    @property
    def functions(self) -> Path:
        """The folder of the models and the catalog."""
        return self.root / "functions"

    @property
    def layer(self) -> Path:
        """The folder with the requirements of the shared layer."""
        return self.root / "layers" / "runtime"

    def folder(self, name: str) -> Path:
        """Return the folder of a model, which need not exist.

        Args:
            name: The name of the model.

        Raises:
            ProjectError: The name is invalid.
        """
        return self.functions / check_model_name(name)

    def list_models(self) -> list[str]:
        """Return the names of all models, sorted."""
        if not self.functions.is_dir():
            return []
        return sorted(
            folder.name
            for folder in self.functions.iterdir()
            if (folder / CONFIG_NAME).exists() and folder.name not in RESERVED_NAMES
        )

    def require_folder(self, name: str) -> Path:
        """Return the folder of a model that exists.

        Args:
            name: The name of the model.

        Raises:
            ProjectError: The model does not exist. The message lists all models and suggests a similar name.
        """
        models = self.list_models()
        if name in models:
            return self.folder(name)
        similar = difflib.get_close_matches(name, models, n=1)
        if not similar:
            self.folder(name)  # raises for an invalid name
        what = f"is not in {self.functions} (there: {', '.join(models) or 'none yet'})"
        hint = f"Did you mean {similar[0]}?" if similar else f"Run `pilotlight new {name}`."
        raise ProjectError(f"model {name!r}", what, hint)

    def find_by_stem(self, stem: str) -> str:
        """Find the model that a resource in template.yaml belongs to.

        Args:
            stem: The start of its logical IDs (SpamFilter), or the name of the model (spam-filter).

        Returns:
            The name of the model.

        Raises:
            ProjectError: There is no such model.
        """
        for name in self.list_models():
            if stem in (name, to_logical_stem(name)):
                return name
        raise ProjectError(
            f"function {stem!r}",
            f"belongs to no model in {self.functions}",
            "Name the resource in template.yaml after its model: spam-filter gives SpamFilterFunction.",
        )

    def read_config(self, name: str) -> ModelConfig:
        """Read the model.toml of a model.

        Args:
            name: The name of the model.

        Raises:
            ProjectError: The model does not exist, or its model.toml is invalid.
        """
        return load_model_config(name, self.require_folder(name) / CONFIG_NAME)

    def read_lock(self, name: str) -> Lock | None:
        """Read the version that a model is pinned to.

        Args:
            name: The name of the model.

        Returns:
            The pin; None where the model is not pinned.

        Raises:
            ProjectError: The name is invalid, or the lock file is damaged.
        """
        return read_lock(self.folder(name) / LOCK_NAME)

    def read_locks(self) -> dict[str, Lock]:
        """Return the pin of every pinned model, by the model's name."""
        locks = {name: self.read_lock(name) for name in self.list_models()}
        return {name: lock for name, lock in locks.items() if lock is not None}


def find_project(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Project:
    """Find the project that contains a folder.

    The root of the project is the nearest folder upwards with both template.yaml and functions/. The store is
    $PILOTLIGHT_STORE, else `store` in pilotlight.toml, else .pilotlight/store. A relative store is
    relative to the root. See pilotlight.core.store_location for the forms of a location.

    Args:
        start: A folder of the project; None for the current folder.
        environ: The environment variables; None for those of this process.

    Returns:
        The project.

    Raises:
        ProjectError: The folder is in no project, pilotlight.toml is invalid, or the store is no folder and not in S3.
    """
    folder = (start or Path.cwd()).resolve()
    for root in (folder, *folder.parents):
        if (root / "template.yaml").is_file() and (root / "functions").is_dir():
            return Project(root, _resolve_store(root, os.environ if environ is None else environ))
    raise ProjectError(
        str(start or folder),
        "is not in a Pilotlight project",
        "Run `pilotlight init .` here, or change to the folder of a project.",
    )


def _resolve_store(root: Path, environ: Mapping[str, str]) -> str:
    given = environ.get(STORE_VARIABLE)
    if given:
        return str(parse_store_location(given, root, STORE_VARIABLE))
    store, where = read_project_settings(root).get("store", DEFAULT_STORE), str(root / SETTINGS_NAME)
    if not isinstance(store, str) or not store:
        raise ProjectError(where, "store is not text", 'Write store = "s3://bucket/prefix".')
    return str(parse_store_location(store, root, where))


def read_project_settings(root: Path) -> dict[str, Any]:
    """Read pilotlight.toml.

    Args:
        root: The root of the project.

    Returns:
        The content of the file; empty where it does not exist.

    Raises:
        ProjectError: The file cannot be read, or is not TOML.
    """
    return read_toml(root / SETTINGS_NAME) or {}
