"""Makes the interpreter what a function of AWS's client finds: its search path, its built-in names, its environment.

It started with -I and -S, so nothing but the standard library is on the path, and `site` is not imported.
"""

from __future__ import annotations

import sys
from posix import getcwd, listdir

from pilotlight_runtime.environment import environ
from pilotlight_runtime.light_typing import Callable, Final, Mapping

_VERSION: Final = "python{}.{}".format(*sys.version_info)
_LAYERS: Final = (f"/opt/python/lib/{_VERSION}/site-packages", "/opt/python")


def prepare_interpreter(own_root: str) -> None:
    """Sets up this process for a function.

    Args:
        own_root: The folder that holds pilotlight_runtime, the first one on the path.
    """
    add_builtins()
    sys.path[:] = search_path(environ, own_root, sys.path[1:], getcwd())
    add_site_folders(environ, listdir)
    client = environ.get("LAMBDA_RUNTIME_DIR", "")
    if client and not environ.get("PYTHONPATH"):
        environ["PYTHONPATH"] = client  # so that Python processes which the function starts find AWS's packages


def search_path(variables: Mapping[str, str], own_root: str, standard: list[str], working: str) -> list[str]:
    """The folders of modules, in the order of Lambda's Python environments.

    Source: Lambda Developer Guide, "Working with layers for Python Lambda functions" and "Lambda environment
    variables".

    Args:
        variables: The environment variables.
        own_root: The folder that holds pilotlight_runtime.
        standard: The interpreter's own folders.
        working: The working folder, from which relative ones start.
    """
    client, given = variables.get("LAMBDA_RUNTIME_DIR", ""), variables.get("PYTHONPATH", "")
    layers = [client, *given.split(":")] if given else [*_LAYERS, client]
    site_packages = f"{sys.prefix}/lib/{_VERSION}/site-packages"
    folders = [variables.get("LAMBDA_TASK_ROOT", ""), *layers, own_root, *standard, site_packages]
    absolute = [folder if folder[0] == "/" else f"{working}/{folder}" for folder in folders if folder]
    return [*dict.fromkeys(absolute)]


def add_site_folders(variables: Mapping[str, str], list_folder: Callable[[str], list[str]]) -> None:
    """Reads the path configuration files (*.pth) of the function and the layers, as AWS's client has them.

    Few functions have such files, so `site` is imported for them alone.

    Args:
        variables: The environment variables.
        list_folder: Lists the names in a folder, as listdir.
    """
    for folder in (variables.get("LAMBDA_TASK_ROOT", ""), *(() if variables.get("PYTHONPATH") else _LAYERS)):
        try:
            names = list_folder(folder) if folder else []
        except OSError:
            continue
        if any(name.endswith(".pth") for name in names):
            import site

            site.addsitedir(folder)


def add_builtins() -> None:
    """Adds exit and quit, which `site` would: beginners' handlers call them."""
    import builtins
    from _sitebuiltins import Quitter

    for name in ("exit", "quit"):
        setattr(builtins, name, Quitter(name, "Ctrl-D (i.e. EOF)"))
