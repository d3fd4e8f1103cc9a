"""What the interpreter runs in place of AWS's client: it makes the search path, then answers events.

The interpreter starts with -I and -S, so nothing but the standard library is on the path, and `site` is not imported.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing and collections.abc take milliseconds to import

if TYPE_CHECKING:
    from collections.abc import Mapping


def search_path(environ: Mapping[str, str], own_root: str, standard: list[str]) -> list[str]:
    """The folders of modules, in the order of Lambda's Python environments.

    Source: Lambda Developer Guide, "Working with layers for Python Lambda functions" and "Lambda environment
    variables".

    Args:
        environ: The environment variables.
        own_root: The folder that holds pilotlight_runtime.
        standard: The interpreter's own folders.
    """
    version = "python{}.{}".format(*sys.version_info)
    task, client = environ.get("LAMBDA_TASK_ROOT", ""), environ.get("LAMBDA_RUNTIME_DIR", "")
    given = environ.get("PYTHONPATH", "")
    layers = given.split(":") if given else [f"/opt/python/lib/{version}/site-packages", "/opt/python", client]
    folders = [task, *layers, own_root, *standard, f"{sys.prefix}/lib/{version}/site-packages"]
    return [*dict.fromkeys(filter(None, folders))]


def add_builtins() -> None:
    """Adds exit and quit, which `site` would: beginners' handlers call them."""
    import builtins
    from _sitebuiltins import Quitter

    for name in ("exit", "quit"):
        setattr(builtins, name, Quitter(name, "Ctrl-D (i.e. EOF)"))


if __name__ == "__main__":
    import posix

    add_builtins()
    variables = {
        name.decode(errors="surrogateescape"): raw.decode(errors="surrogateescape")
        for name, raw in posix.environ.items()
    }
    sys.path[:] = search_path(variables, __file__.rsplit("/", 3)[0], sys.path)
    from pilotlight_runtime.lambda_client.loop import run

    run()
