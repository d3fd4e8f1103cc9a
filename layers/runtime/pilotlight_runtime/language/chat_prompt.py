"""Writes a conversation as the prompt that a model was trained on. No template engine is needed.

The tool compiles a model's chat template into a plain format at import: what stands before the first message, between
two messages and after the last one, each by the roles of its neighbours. So the prompt is these texts and the messages'
own texts in turn. Control tokens come from the format alone: whatever a message holds is text.
"""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest, LoadError
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final, Mapping, NamedTuple, Sequence

if TYPE_CHECKING:
    from pilotlight_runtime.text.tokenizer import Tokenizer

SYSTEM: Final = "system"
USER: Final = "user"
ASSISTANT: Final = "assistant"
TOOL: Final = "tool"
ROLES: Final = (SYSTEM, USER, ASSISTANT, TOOL)

FIRST: Final = "first"
"""A system message stands where it comes."""
LAST_USER: Final = "last user"
"""A system message at the beginning is moved to just before the last message of the user."""


class Turn(NamedTuple):
    """One message of a conversation.

    role: one of ROLES. place: the index of the caller's message that it is, for errors; -1 where it is the turn's own.
    """

    role: str
    text: str
    place: int = -1


class Piece(NamedTuple):
    """A part of a prompt: the text of one control token, or plain text."""

    text: str
    control: bool


class ChatFormat(NamedTuple):
    """How a conversation becomes a prompt.

    Attributes:
        begin: What stands before the first message, by its role. A default system message is part of it.
        between: What stands between two messages, by both roles.
        generate: What stands after the last message and makes the model answer, by the role of that message.
        trim: Which white space around a message's text is left out, by the role of the message before ("" at the
            beginning) and its own: "left", "right" or "both".
        cut: A text by role: only what follows its last occurrence in a message is kept.
        system: FIRST or LAST_USER.
        empty: Whether the format takes messages of nothing but white space.
        stop: The control tokens that end an answer.
    """

    begin: Mapping[str, tuple[Piece, ...]]
    between: Mapping[str, Mapping[str, tuple[Piece, ...]]]
    generate: Mapping[str, tuple[Piece, ...]]
    trim: Mapping[str, Mapping[str, str]]
    cut: Mapping[str, str]
    system: str
    empty: bool
    stop: tuple[str, ...]


def read_chat_format(document: Mapping[str, Any]) -> ChatFormat:
    """Reads the section "chat" of language.json.

    Args:
        document: What `compile_chat_template` returned.

    Returns:
        The format.

    Raises:
        LoadError: A field is missing or of another type.
    """
    try:
        return ChatFormat(
            {role: _read_pieces(pieces) for role, pieces in document["begin"].items()},
            {
                role: {after: _read_pieces(pieces) for after, pieces in following.items()}
                for role, following in document["between"].items()
            },
            {role: _read_pieces(pieces) for role, pieces in document["generate"].items()},
            document.get("trim", {}),
            document.get("cut", {}),
            document.get("system", FIRST),
            document.get("empty", True),
            tuple(document.get("stop", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise LoadError(f"language.json has no valid chat format ({error}); import the model again") from error


def write_prompt(chat: ChatFormat, turns: Sequence[Turn]) -> list[Piece]:
    """Writes a conversation as a prompt that ends where the answer begins.

    Args:
        chat: The format.
        turns: The messages, at least one.

    Returns:
        The parts of the prompt.

    Raises:
        InvalidRequest: The format has no place for a message. The error names it by its index.
    """
    order = place_turns(chat, turns)
    pieces: list[Piece] = []
    before = ""
    for index in order:
        role = turns[index].role
        allowed = chat.between.get(before, {}) if before else chat.begin
        if role not in allowed:
            raise InvalidRequest(_explain(_name(turns, index), role, before, allowed))
        pieces += allowed[role]
        pieces.append(Piece(_written_text(chat, _name(turns, index), turns[index], before), control=False))
        before = role
    if before not in chat.generate:
        name = _name(turns, len(turns) - 1)
        raise InvalidRequest(f"{name}: the last message must be of {_names(chat.generate)}; its role is {before!r}")
    return pieces + list(chat.generate[before])


def place_turns(chat: ChatFormat, turns: Sequence[Turn]) -> list[int]:
    """Returns the indices of the messages in the order in which they are written."""
    order = list(range(len(turns)))
    if chat.system == LAST_USER and turns[0].role == SYSTEM:
        users = [index for index in order if turns[index].role == USER]
        if users:
            order = [*order[1 : users[-1]], 0, *order[users[-1] :]]
    return order


def check_tokens(chat: ChatFormat, tokenizer: Tokenizer) -> None:
    """Raises LoadError where the tokenizer lacks a control token of the format."""
    parts = [*chat.begin.values(), *chat.generate.values()]
    parts += [pieces for following in chat.between.values() for pieces in following.values()]
    for pieces in parts:
        for piece in pieces:
            if piece.control and tokenizer.id_of(piece.text) is None:
                raise LoadError(
                    f"the chat format has the control token {piece.text!r}, which the tokenizer lacks;"
                    " import the model again"
                )


def encode_prompt(pieces: Sequence[Piece], tokenizer: Tokenizer) -> list[int]:
    """Encodes a prompt. Plain texts that touch are encoded as one, as the model's own template has them.

    Args:
        pieces: The parts of the prompt.
        tokenizer: The model's tokenizer, which has each control token of the format.

    Returns:
        The ids of the tokens.
    """
    ids: list[int] = []
    text = ""
    for piece in pieces:
        if not piece.control:
            text += piece.text
            continue
        if text:
            ids += tokenizer.encode(text, begins=not ids)
            text = ""
        token = tokenizer.id_of(piece.text)
        if token is not None:
            ids.append(token)
    return ids + (tokenizer.encode(text, begins=not ids) if text else [])


def _read_pieces(document: list[Any]) -> tuple[Piece, ...]:
    """Reads texts, and control tokens as {"token": text}."""
    plain = [isinstance(part, str) for part in document]
    return tuple([Piece(part if text else part["token"], not text) for part, text in zip(document, plain, strict=True)])


def takes_system(chat: ChatFormat) -> bool:
    """Whether a conversation may begin with a system message."""
    return chat.system == LAST_USER or SYSTEM in chat.begin


def _name(turns: Sequence[Turn], index: int) -> str:
    """The caller's name of a turn."""
    own = turns[index].place
    return f"messages[{index if own < 0 else own}]"


def _written_text(chat: ChatFormat, name: str, turn: Turn, before: str) -> str:
    text = turn.text
    if not chat.empty and not text.strip():
        raise InvalidRequest(f"{name}: it has no text, and this model's chat format needs one")
    mark = chat.cut.get(turn.role)
    if mark is not None and mark in text:
        text = text.rpartition(mark)[2].lstrip("\n")
    trim = chat.trim.get(before, {}).get(turn.role)
    if trim == "both":
        return text.strip()
    if trim == "left":
        return text.lstrip()
    return text.rstrip() if trim == "right" else text


def _explain(name: str, role: str, before: str, allowed: Mapping[str, object]) -> str:
    where = f"after a message of {before!r}" if before else "at the beginning"
    return f"{name}: {where}, this model's chat format takes {_names(allowed)}; the role is {role!r}"


def _names(roles: Mapping[str, object]) -> str:
    return " or ".join(repr(role) for role in roles) or "nothing"
