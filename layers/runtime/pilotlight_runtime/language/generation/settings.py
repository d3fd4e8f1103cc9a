"""What language.json says about generation: the sizes of the graph, its tokens that end an answer, its defaults."""

from __future__ import annotations

from pilotlight_runtime.assets import read_json
from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.language.types import Sampling
from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.types import LoadedModel

LANGUAGE_NAME: Final = "language.json"
SHARED: Final = "shared"
"""The cache has room for the whole context, and the graph writes new positions into it."""
GROWN: Final = "grown"
"""The cache is as long as the text, and each run returns a longer one."""


class GenerationSettings(NamedTuple):
    """How a decoder is run.

    Attributes:
        context: The most tokens of prompt and answer together.
        vocabulary: The number of logits of a position.
        cache: SHARED or GROWN.
        stop: The tokens that end an answer.
        begin: The tokens that each prompt begins with; the caller of the generator puts them there.
        defaults: How tokens are drawn where a request does not say.
        name: The model's name.
    """

    context: int
    vocabulary: int
    cache: str
    stop: frozenset[int]
    begin: tuple[int, ...]
    defaults: Sampling
    name: str


def read_settings(model: LoadedModel) -> GenerationSettings:
    """Reads the settings of a model whose task is `generate`; ManifestError where language.json has none.

    Args:
        model: The loaded model.

    Returns:
        The settings.

    Raises:
        ManifestError: There is no language.json, or its section `generation` is missing or incomplete.
    """
    path = model.asset(LANGUAGE_NAME)
    document = read_json(path)
    section: Any = document.get("generation") if isinstance(document, dict) else None
    try:
        found = GenerationSettings(
            context=int(section["context"]),
            vocabulary=int(section["vocabulary"]),
            cache=section.get("cache", SHARED),
            stop=frozenset(section.get("stop", ())),
            begin=tuple(section.get("begin", ())),
            defaults=Sampling(**section.get("defaults", {})),
            name=section.get("name", model.manifest.model),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ManifestError(f"{path} has no complete section 'generation' ({error}); import the model again") from error
    if found.context < 2 or found.vocabulary < 1 or found.cache not in (SHARED, GROWN):
        raise ManifestError(f"{path} has a context, a vocabulary or a cache that no decoder has; import it again")
    return found
