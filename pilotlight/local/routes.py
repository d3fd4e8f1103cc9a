"""The API's resources, as the functions' Events in template.yaml name them, and which of them a request matches."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

CATALOG: Final = "catalog"

_PROXY: Final = "{proxy+}"


class Route(NamedTuple):
    """Where a request goes.

    Attributes:
        function: The model, or catalog.
        resource: The API's resource that matched.
        proxy: What the resource's {proxy+} stands for; None without one.
    """

    function: str
    resource: str
    proxy: str | None


def find_route(method: str, path: str, models: Collection[str]) -> Route | None:
    """Return where API Gateway sends a request. The most exact resource decides, even where it lacks the method.

    Args:
        method: The HTTP method.
        path: The path; a slash at its end does not count.
        models: The models' names.

    Returns:
        The route; None where that resource lacks the method, or where no resource matches: API Gateway itself
        responds to those.
    """
    path = path.rstrip("/")
    exact, greedy = _resources(models)
    if path in exact:
        wanted, function = exact[path]
        return Route(function, path, None) if method == wanted else None
    for prefix, function in greedy.items():
        if path.startswith(prefix) and len(path) > len(prefix):
            return Route(function, prefix + _PROXY, path.removeprefix(prefix))
    return None


def _resources(models: Collection[str]) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Exact paths with their method and function, and the prefixes before {proxy+}, the longest first."""
    exact = {"/v2": ("GET", CATALOG)}
    greedy = {"/v2/": CATALOG, "/": CATALOG}
    for name in models:
        exact[f"/v2/models/{name}"] = ("GET", name)
        exact[f"/v1/models/{name}"] = ("GET", name)
        exact[f"/v1/models/{name}:predict"] = ("POST", name)
        greedy[f"/v2/models/{name}/"] = name
        greedy[f"/v1/models/{name}/"] = name
    return exact, dict(sorted(greedy.items(), key=lambda entry: -len(entry[0])))
