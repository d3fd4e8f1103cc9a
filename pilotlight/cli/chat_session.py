"""A conversation at the terminal: Ctrl-C stops an answer, Ctrl-D ends the conversation."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType
from typing import TYPE_CHECKING, Final

import typer

from pilotlight.cli.invocation import print_json
from pilotlight.core.errors import DataError, ServiceError
from pilotlight.core.hold_signals import handle_signals
from pilotlight.core.printable import escape_controls, escape_lines

if TYPE_CHECKING:
    from pilotlight.workflows.chat import AnswerReport, Chat

PROMPT: Final = "> "
_ENDS: Final = {"length": "ended at the most tokens", "stopped": "stopped"}
_SHOWN: Final = "\n\t\u200c\u200d"
"""Control characters that stay: line ends, tabs, and the joiners in emoji and in scripts such as Persian and Hindi."""


class StopAnswer(KeyboardInterrupt):
    """Ctrl-C, where it stops an answer and not the program."""


def converse(chat: Chat, read_message: Callable[[], str | None]) -> None:
    """Show the answer to each message until there are no more.

    Args:
        chat: The conversation.
        read_message: Asks for the next message; None at the end.
    """
    with handle_signals((signal.SIGINT,), _stop_answer):
        while True:
            try:
                message = read_message()
                if message is None:
                    return
                if message.strip():
                    show_answer(chat, message)
            except StopAnswer:
                typer.echo(err=True)
            except ServiceError as error:
                typer.echo(f"error: {escape_lines(str(error))}", err=True)


def show_answer(chat: Chat, message: str) -> None:
    """Send a message, and show the answer while it is written and what it was like.

    Raises:
        ServiceError: There is no whole answer.
    """
    ended = True
    try:
        with closing(chat.say(message)) as answer:
            for text in answer:
                typer.echo(_as_shown(text), nl=False)
                ended = text.endswith("\n")
    finally:
        if not ended:
            typer.echo()
        if chat.report is not None:
            typer.echo(typer.style(describe_report(chat.report), dim=True), err=True)


def print_answer(chat: Chat, message: str) -> None:
    """Send a message, and print the answer and what it was like as one JSON object.

    Raises:
        ServiceError: There is no whole answer.
    """
    for _ in chat.say(message):
        pass
    report = chat.report
    if report is None:
        raise ServiceError("the answer", "is missing", "Send the message again.")
    print_json(
        {
            "answer": report.text,
            "finish_reason": report.finish,
            "usage": None if report.usage is None else report.usage._asdict(),
            "seconds_to_first_text": round(report.waited, 3),
            "seconds": round(report.seconds, 3),
            "tokens_per_second": report.tokens_a_second and round(report.tokens_a_second, 1),
        }
    )


def describe_report(report: AnswerReport) -> str:
    """Say in one line what an answer was like.

    Args:
        report: How long it took, and its tokens.
    """
    facts = []
    if report.usage is not None:
        facts.append(f"{report.usage.answer} tokens after {report.usage.prompt}")
    if report.tokens_a_second is not None:
        facts.append(f"{report.tokens_a_second:.1f} tokens/s")
    facts.append(f"first text after {report.waited:.2f} s, {report.seconds:.2f} s in all")
    if report.finish in _ENDS:
        facts.append(_ENDS[report.finish])
    return f"[{', '.join(facts)}]"


def ask_for_message() -> str | None:
    """Ask for a message at the terminal; None at the end of the input."""
    if sys.stdout.isatty():
        with suppress(ImportError):  # with it, a person can edit the line and recall earlier ones
            import readline  # noqa: F401
        try:
            return input(PROMPT)
        except EOFError:
            typer.echo()
            return None
    typer.echo(PROMPT, nl=False, err=True)
    return sys.stdin.readline() or None


def read_piped_message() -> str:
    """Read the whole standard input as one message.

    Raises:
        DataError: It is empty, or no UTF-8.
    """
    try:
        message = sys.stdin.buffer.read().decode().strip()
    except UnicodeDecodeError as error:
        raise DataError("the standard input", f"is no text ({error})", "Send a message in UTF-8.") from error
    if not message:
        raise DataError("the standard input", "has no message", "Write one into it, or start chat at a terminal.")
    return message


def _stop_answer(_number: int, _frame: FrameType | None) -> None:
    raise StopAnswer


def _as_shown(text: str) -> str:
    """The text for stdout: without control characters where a terminal shows it, else as it is."""
    if sys.stdout.isatty():
        return escape_controls(text, keep=_SHOWN)
    return text.encode("utf-8", "replace").decode()
