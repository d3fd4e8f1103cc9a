"""The gate for models that write text: the served graph against the one in float, and tokens against a reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilotlight.core.block_config import LanguageLimits
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.language.decoders.greedy_prompts import GreedyPrompt
from pilotlight.language.decoders.logit_comparison import LogitComparison, compare_logits
from pilotlight.language.decoders.runner import DecoderRunner, TextModel
from pilotlight.language.held_out import choose_windows, read_texts
from pilotlight.language.tokenization.check import compare_tokens
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.text.tokenizer import Tokenizer

_WINDOW: Final = 256
"""The most tokens of a text that is compared."""
_WINDOWS: Final = 8
_SAME: Final = 1e-3
"""The divergence, in nats, of one graph from itself when it computes a text in other parts."""
_CONTINUED: Final = 24
"""The most tokens that continue a prompt."""


@dataclass(frozen=True)
class GateTexts:
    """What the gate compares.

    Attributes:
        document: The tokenizer.json.
        tokenizer: The tokenizer of the function.
        text: A file of held-out text; None for the texts that Pilotlight brings.
        begin: The ids that each prompt begins with.
        stop: The ids that end an answer.
        context: The most tokens of a text.
        prompts: What both decoders continue.
    """

    document: dict[str, Any]
    tokenizer: Tokenizer
    text: Path | None
    begin: tuple[int, ...]
    stop: tuple[int, ...]
    context: int
    prompts: Sequence[GreedyPrompt]


def verify_decoder(
    before: TextModel,
    after: DecoderRunner,
    texts: GateTexts,
    limits: LanguageLimits,
    step: Callable[[int, int], None],
) -> ParityReport:
    """Compare the served decoder with the one in float.

    Args:
        before: The decoder in float.
        after: The served one.
        texts: What they are compared on.
        limits: How far they may be apart.
        step: Is called with the number of texts that are done, and of all.

    Returns:
        The report. Its details are for the manifest.

    Raises:
        DataError: The file of held-out text cannot be read.
        ProjectError: The package tokenizers is not installed.
    """
    corpus = read_texts(texts.text)
    encode = texts.tokenizer.encode
    tokens, failures = compare_tokens(texts.document, encode, corpus)
    if failures:
        return ParityReport(0, None, failures=tuple(failures), cause=Cause.DIFFERS)
    length = min(_WINDOW, texts.context)
    windows = choose_windows(corpus, encode, length=length, most=_WINDOWS, begin=texts.begin)
    try:
        found = compare_logits(before.compute_logits, after.compute_logits, windows, step)
        failures = _check_cache(after, windows[0], limits)
        answers = [_continue(before, after, texts, prompt) for prompt in texts.prompts]
    except InferenceFailed as error:
        cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
        return ParityReport(0, None, failures=(f"the graph cannot be run: {error}{cause}",), cause=Cause.FAILED)
    return _report(found, limits, answers, tokens, failures)


def _check_cache(after: DecoderRunner, ids: list[int], limits: LanguageLimits) -> list[str]:
    """Compute a text at once and in two parts. The second part sees the first one through the cache alone."""
    found = LogitComparison()
    found.add(ids, after.compute_logits(ids), after.compute_in_parts(ids, len(ids) // 2))
    if found.finite and found.divergence <= max(limits.divergence, _SAME):
        return []
    return [f"a text that it computes in two parts diverges by {found.divergence:.4g} nats from the same text at once"]


def _continue(before: TextModel, after: TextModel, texts: GateTexts, prompt: GreedyPrompt) -> dict[str, Any]:
    """Continue a prompt greedily with both decoders."""
    most = max(1, min(_CONTINUED, texts.context - len(prompt.ids)))
    stop = frozenset(texts.stop)
    first, second = (runner.continue_greedily(prompt.ids, most, stop) for runner in (before, after))
    decode = texts.tokenizer.decode
    return {"prompt": prompt.text, "float": decode(first), "served": decode(second), "equal": first == second}


def _report(
    found: LogitComparison,
    limits: LanguageLimits,
    answers: Sequence[dict[str, Any]],
    tokens: int,
    known: Sequence[str],
) -> ParityReport:
    failures = [*known, *found.find_failures(limits)]
    equal = sum(answer["equal"] for answer in answers)
    details = {
        "divergence": round(found.divergence, 6),
        "agreement": round(found.agreement, 4),
        "limits": {"divergence": limits.divergence, "agreement": limits.agreement, "rise": limits.perplexity_rise},
        "greedy": list(answers),
        "compared_tokens": tokens,
    }
    note = (
        f"the next token diverges by {found.divergence:.2g} nats on average and is the same at {found.agreement:.1%}; "
        f"{equal} of {len(answers)} greedy answers are equal; {tokens:,} tokens equal those of the package tokenizers"
    )
    return ParityReport(
        samples=found.positions,
        largest_difference=found.largest_difference,
        metric="perplexity",
        source_metric=found.perplexity_before,
        onnx_metric=found.perplexity_after,
        failures=tuple(failures),
        note=note,
        cause=Cause.DIFFERS if failures else Cause.NONE,
        details=details,
    )
