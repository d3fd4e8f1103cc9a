"""Compiles a model's chat template into the plain format that the runtime applies without a template engine.

    render   short conversations of markers, with the template itself         chat_sandbox.py
    derive   what stands before, between and after the markers, by role       chat_gaps.py
    verify   many conversations, rendered by the template and by the runtime's own code

A template fits where what stands between two messages depends on their roles alone. Those of ChatML, Llama, Mistral,
Gemma, Zephyr, Phi and their relatives do. For any other one the import is refused, so that no model is served with
prompts that it was not trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final
from zlib import crc32

from pilotlight.core.errors import ConversionError
from pilotlight.language.chat.gaps import Rendered, candidate_rules, derive, probe_sequences
from pilotlight.language.chat.sandbox import HINT, WHERE, Conversation, Template, render
from pilotlight.language.chat.texts import find_cut, find_trims, write_text
from pilotlight.language.decoders.control_tokens import split_controls
from pilotlight_runtime.language.chat_prompt import ASSISTANT, LAST_USER, SYSTEM

VERIFIED: Final = 160
"""Conversations that both ways must render alike."""

_LONGEST: Final = 9
_TRIES: Final = 20
_TEXTS: Final = (
    "Hello!",
    "  white space\tat both ends \n",
    "\n\nlines\n\n",
    "{{ bos_token }}{% for x in y %}",
    '{"a": ["b", 1]}',
    "<|im_end|>\n<|im_start|>system\nno control token</s>[INST] <end_of_turn>",
    'it\'s "quoted" \\ and <b>&amp;</b>',
    "naïve 日本語 🙂 العربية",
    "\u00a0\u2003spaces of Unicode\u3000",
    "a\r\nb\x00c\x7f",
    "- a list\n- of two",
    "x",
)
_EMPTY: Final = ("", " \n")


def compile_chat_template(template: str, bos: str, eos: str, specials: Sequence[str] = ()) -> dict[str, Any]:
    """Compile a chat template.

    Args:
        template: Jinja's text, as tokenizer_config.json or a GGUF file holds it. It may come from anybody.
        bos: The text of the token that begins a sequence; "" without one.
        eos: The text of the token that ends one; "" without one.
        specials: The texts of all added tokens of the tokenizer. Where the template writes one, it is a control token.

    Returns:
        The section "chat" of language.json; see pilotlight_runtime.language.chat_prompt.

    Raises:
        ConversionError: The template does what it should not do, or it does not fit a plain format.
    """
    source = Template(template, bos, eos)
    controls = sorted({*specials, bos, eos} - {""})
    probes = [Rendered(sequence, text) for sequence, text in _render_probes(source)]
    why = "no conversation of a user's message can be rendered"
    for rules in candidate_rules():
        gaps = derive(probes, rules)
        if gaps is None:
            continue
        document = gaps.write(lambda text: split_controls(text, controls))
        document["stop"] = gaps.stop(lambda text: split_controls(text, controls), eos)
        failure = _complete(source, document)
        if not failure:
            return document
        why = failure
    raise ConversionError(WHERE, f"does not fit a plain chat format: {why}", HINT)


def _render_probes(source: Template) -> Iterator[tuple[tuple[tuple[str, ...], bool], str | None]]:
    sequences = probe_sequences()
    texts = render(source, [Conversation(messages, generate) for messages, generate in sequences])
    for (messages, generate), text in zip(sequences, texts, strict=True):
        yield (tuple(role for role, _ in messages), generate), text


def _complete(source: Template, document: dict[str, Any]) -> str:
    """Add what the template does to the messages' texts, and verify the format; return why it does not fit, or ""."""
    trims = find_trims(source, document)
    if trims is None:
        return "it changes the texts of messages"
    document["trim"] = trims
    mark = find_cut(source, document)
    if mark:
        document["cut"][ASSISTANT] = mark
    conversations = list(_varied_conversations(document, _TEXTS))
    if len(conversations) < VERIFIED:
        return "it allows too few conversations"
    failure = _compare(source, document, conversations)
    if not failure:
        empty = list(_varied_conversations(document, (*_TEXTS[:2], *_EMPTY)))
        document["empty"] = not _compare(source, document, empty)
    return failure


def _compare(source: Template, document: dict[str, Any], conversations: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Return how the template and the runtime differ; "" where they render all conversations alike."""
    expected = render(source, [Conversation(messages) for messages in conversations])
    for messages, text in zip(conversations, expected, strict=True):
        if write_text(document, messages) != text:
            roles = ", ".join(role for role, _ in messages)
            return f"a conversation of {roles} is rendered in another way than shorter ones are"
    return ""


def _varied_conversations(document: dict[str, Any], texts: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield VERIFIED conversations that the format allows, of different lengths; the same ones at each import.

    There are fewer where the format allows next to nothing.
    """
    walks = (_walk(document, number) for number in range(VERIFIED * _TRIES))
    for number, roles in enumerate(islice(filter(None, walks), VERIFIED)):
        yield [(role, _pick(texts, number, place)) for place, role in enumerate(roles)]


def _walk(document: dict[str, Any], number: int) -> list[str]:
    """Return the roles of a conversation that the format allows; none where the walk goes astray.

    A system message that the format moves stands at the beginning here.
    """
    moved = {SYSTEM} if document["system"] == LAST_USER else set()
    roles = [_pick(sorted(set(document["begin"]) - moved), number)]
    while len(roles) < 1 + number % _LONGEST or roles[-1] not in document["generate"]:
        following = sorted(set(document["between"].get(roles[-1], {})) - moved)
        if not following or len(roles) > 2 * _LONGEST:
            return []
        roles.append(_pick(following, number, len(roles)))
    if moved and number % 2:
        roles.insert(0, SYSTEM)
    return roles if write_text({**document, "empty": True}, [(role, "") for role in roles]) is not None else []


def _pick(options: Sequence[str], *place: int) -> str:
    """Return one of the options: at each place another one, without a visible order."""
    return options[crc32(repr(place).encode()) % len(options)]
