"""check, its part of streaming: model.toml, the pinned version and the routes of a model say the same.

API Gateway asks a route that streams for status and headers before the body, and another one for a whole answer. It
answers 502 where the function gives the other form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pilotlight.core.errors import UserError
from pilotlight.core.text_file import read_text_file
from pilotlight.scaffold.template_parts import TEMPLATE_NAME, has_own_client
from pilotlight.workflows.context import Context
from pilotlight.workflows.findings import Finding
from pilotlight.workflows.model_versions import find_pins

_STREAMING_URI: Final = "/response-streaming-invocations"


def check_streams(context: Context) -> Iterator[Finding]:
    """Compare what says that a model streams. What cannot be read has findings of its own.

    Args:
        context: The project and its store.

    Yields:
        A finding for each disagreement.
    """
    for name in context.project.list_models():
        try:
            wanted = context.project.read_config(name).stream
            template = read_text_file(context.project.root / TEMPLATE_NAME) or ""
        except UserError:
            continue
        yield from _check_routes(template, name, wanted=wanted)
        yield from _check_pin(context, name, wanted=wanted)


def _check_routes(template: str, name: str, *, wanted: bool) -> Iterator[Finding]:
    """Nothing where the routes are events, or where only AWS's client answers, which does not stream."""
    if "&Route" not in template or not has_own_client(template):
        return
    route = re.search(rf'^ +"/v2/models/{re.escape(name)}":[\s\S]*?(?=^ +"/)', template, re.MULTILINE)
    if route is None or wanted == (_STREAMING_URI in route[0]):
        return
    does, says, option = ("do not stream", "says", " --stream") if wanted else ("stream", "does not say", "")
    yield Finding(
        TEMPLATE_NAME,
        f"routes of {name}",
        f"{does}, but its model.toml {says} stream = true",
        f"Replace them, and the function's Timeout, by those that `pilotlight new {name}{option}` writes elsewhere.",
    )


def _check_pin(context: Context, name: str, *, wanted: bool) -> Iterator[Finding]:
    try:
        pin = find_pins(context.project, (name,))[name]
        manifest, _ = context.store.read_manifest(name, pin.version)
    except UserError:
        return
    if manifest.stream != wanted:
        does, says = ("does not stream", "says") if wanted else ("streams", "does not say")
        yield Finding(
            f"functions/{name}/model.lock",
            f"version {pin.version}",
            f"{does}, but model.toml {says} stream = true",
            "Train or import the model again, or change model.toml back.",
        )
