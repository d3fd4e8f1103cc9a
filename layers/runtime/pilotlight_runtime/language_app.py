"""Makes a language model's Lambda handler. Its app.py needs only language_handler(__file__).

Which modules are imported depends on the model's task, and on what its callers ask: constraints, tools and completions
come in when they are asked for first.
"""

from __future__ import annotations

from pilotlight_runtime.background import BackgroundTask
from pilotlight_runtime.environment import environ as process_environ
from pilotlight_runtime.handler import model_handler
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Callable, Final, Mapping, TextIO
from pilotlight_runtime.paths import join, parent
from pilotlight_runtime.snapstart import makes_snapshot

if TYPE_CHECKING:
    from pilotlight_runtime.entry import LambdaHandler
    from pilotlight_runtime.language.encoders.encoder import EncoderModel
    from pilotlight_runtime.observer import Observer
    from pilotlight_runtime.openai.endpoint import Endpoint, Served
    from pilotlight_runtime.openai.language_function import LanguageFunction
    from pilotlight_runtime.types import LoadedModel, Prepared

LANGUAGE_NAME: Final = "language.json"

_ENCODER_MODULES: Final = ("language.encoders.encoder", "text.tokenization.tokenizer_parts", "language.text_functions")
_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "generate": (
        "language.generation.generator",
        "language.written_texts",
        "text.tokenization.tokenizer_parts",
        "openai.language_function",
        "openai.writing_endpoints",
        "openai.chat",
    ),
    "embed": (*_ENCODER_MODULES, "language.encoders.embedder", "openai.language_function", "openai.embeddings"),
    "rerank": (*_ENCODER_MODULES, "language.encoders.reranker", "openai.language_function", "openai.reranking"),
    "classify": (*_ENCODER_MODULES, "language.encoders.classifier", "openai.language_function"),
    "tag": (*_ENCODER_MODULES, "language.encoders.tagger", "openai.language_function"),
}
"""What each task needs to answer its first request."""
_LATE_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "generate": (
        "language.json_constraint",
        "language.generation.constrained_answer",
        "language.generation.constraining",
        "language.generation.text_decoding",
        "language.tools.tool_calls",
        "language.tools.tool_text",
        "language.tools.tool_answers",
        "openai.completions",
    ),
    "embed": ("language.encoders.reranker", "openai.reranking"),
    "rerank": (),
    "classify": (),
    "tag": (),
}
"""What each task needs for some requests."""


def language_handler(
    app_file: str,
    *,
    observer: Observer | None = None,
    environ: Mapping[str, str] = process_environ,
    stream: TextIO | None = None,
) -> LambdaHandler:
    """Loads the language model beside `app_file`, runs it once and makes its Lambda handler.

    Args:
        app_file: The path of app.py, as `__file__` gives it. The version's files lie in the same folder.
        observer: Gets a Record of each request. None writes a log line and a line of metrics for each.
        environ: The function's environment variables.
        stream: Where logs and metrics go; stdout where None.

    Returns:
        The handler: takes an event and Lambda's context, returns the answer, and never raises.

    Raises:
        LoadError: The model cannot be served, so the function does not start. The message names what is wrong.
    """
    folder, snapshot = parent(app_file), makes_snapshot(environ)
    imports = BackgroundTask(lambda: _import_ahead(folder, snapshot=snapshot))
    imports.start()

    def prepare(model: LoadedModel) -> LanguageFunction:
        imports.result()
        return prepare_language(model)

    return model_handler(app_file, prepare=prepare, observer=observer, environ=environ, stream=stream)


def prepare_language(model: LoadedModel) -> LanguageFunction:
    """Makes what is served of a loaded language model.

    Args:
        model: The loaded model.

    Returns:
        Its function.

    Raises:
        LoadError: language.json is missing or wrong, or another part of the version is.
    """
    from pilotlight_runtime.assets import read_json

    document: Any = read_json(model.asset(LANGUAGE_NAME))
    task = document.get("task") if isinstance(document, dict) else None
    prepare = _TASKS.get(task) if isinstance(task, str) else None
    if prepare is None:
        from pilotlight_runtime.errors import ManifestError

        raise ManifestError(f"{LANGUAGE_NAME} has no task that this runtime serves; import the model again")
    return prepare(model, document)


def _import_ahead(folder: str, *, snapshot: bool) -> None:
    """Imports what the model's task needs while ONNX Runtime starts and opens the graphs.

    language.json has not been checked yet, so that nothing else follows from it. snapshot: whether a snapshot is made,
    which holds what only some requests need, too.
    """
    from pilotlight_runtime.assets import read_json
    from pilotlight_runtime.errors import LoadError

    try:
        task = read_json(join(folder, LANGUAGE_NAME))["task"]
        names = _MODULES[task] + (_LATE_MODULES[task] if snapshot else ())
    except (OSError, LoadError, LookupError, TypeError):  # prepare_language says what is wrong
        return
    for name in names:
        __import__(f"pilotlight_runtime.{name}")


def _prepare_generation(model: LoadedModel, document: Mapping[str, Any]) -> LanguageFunction:
    from pilotlight_runtime.language.chat_prompt import check_tokens, read_chat_format
    from pilotlight_runtime.language.generation.generator import TextGenerator
    from pilotlight_runtime.language.written_texts import WrittenTexts
    from pilotlight_runtime.openai.language_function import WritingFunction
    from pilotlight_runtime.openai.writing_endpoints import make_writing_endpoints

    generator = TextGenerator(model)
    chat = None
    if document.get("chat") is not None:
        chat = read_chat_format(document["chat"])
        check_tokens(chat, generator.tokenizer)
    details = {"task": "generate", "chat": chat is not None, "max_model_len": generator.context}
    endpoints = make_writing_endpoints(generator, chat)
    return WritingFunction(model, WrittenTexts(generator, chat), endpoints, details)


def _prepare_embedding(model: LoadedModel, _document: Mapping[str, Any]) -> LanguageFunction:
    from pilotlight_runtime.language.encoders.embedder import TextEmbedder
    from pilotlight_runtime.language.text_functions import embed_texts
    from pilotlight_runtime.openai.embeddings import EmbeddingEndpoint
    from pilotlight_runtime.openai.late_endpoint import LateEndpoint

    embedder = TextEmbedder(model)
    settings = embedder.settings
    details = {"task": "embed", "dimensions": settings.dimensions, "max_model_len": settings.longest}

    def make_endpoints(served: Served) -> dict[str, Endpoint]:
        def make_ranking() -> Endpoint:
            from pilotlight_runtime.language.encoders.reranker import EmbeddingReranker
            from pilotlight_runtime.openai.reranking import RerankEndpoint

            return RerankEndpoint(EmbeddingReranker(embedder), served)

        return {"embedding": EmbeddingEndpoint(embedder, served), "rerank": LateEndpoint(make_ranking)}

    return _function(model, embed_texts(embedder), embedder, make_endpoints, details)


def _prepare_ranking(model: LoadedModel, _document: Mapping[str, Any]) -> LanguageFunction:
    from pilotlight_runtime.language.encoders.reranker import Reranker
    from pilotlight_runtime.language.text_functions import rank_texts
    from pilotlight_runtime.openai.reranking import RerankEndpoint

    reranker = Reranker(model)
    details = {"task": "rerank", "max_model_len": reranker.settings.longest}

    def make_endpoints(served: Served) -> dict[str, Endpoint]:
        return {"rerank": RerankEndpoint(reranker, served)}

    return _function(model, rank_texts(reranker), reranker, make_endpoints, details)


def _prepare_classes(model: LoadedModel, _document: Mapping[str, Any]) -> LanguageFunction:
    from pilotlight_runtime.language.encoders.classifier import LanguageClassifier
    from pilotlight_runtime.language.text_functions import classify_texts

    classifier = LanguageClassifier(model)
    details = {"task": "classify", "labels": list(classifier.labels)}
    return _function(model, classify_texts(classifier), classifier, lambda _served: {}, details)


def _prepare_tags(model: LoadedModel, _document: Mapping[str, Any]) -> LanguageFunction:
    from pilotlight_runtime.language.encoders.tagger import Tagger
    from pilotlight_runtime.language.text_functions import tag_texts

    tagger = Tagger(model)
    details = {"task": "tag", "labels": list(tagger.labels)}
    return _function(model, tag_texts(tagger), tagger, lambda _served: {}, details)


def _function(
    model: LoadedModel,
    predict: Prepared,
    encoder: EncoderModel,
    make_endpoints: Callable[[Served], Mapping[str, Endpoint]],
    details: Mapping[str, Any],
) -> LanguageFunction:
    from pilotlight_runtime.openai.language_function import LanguageFunction as Function

    return Function(model, predict, encoder, make_endpoints, details)


_TASKS: Final[Mapping[str, Callable[[LoadedModel, Mapping[str, Any]], LanguageFunction]]] = {
    "generate": _prepare_generation,
    "embed": _prepare_embedding,
    "rerank": _prepare_ranking,
    "classify": _prepare_classes,
    "tag": _prepare_tags,
}
