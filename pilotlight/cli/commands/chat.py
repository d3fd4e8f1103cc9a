"""chat: a conversation with a language model in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from pilotlight.cli.invocation import invocation
from pilotlight.cli.signals import interrupted_by_signals


def chat(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="The language model.")],
    *,
    system: Annotated[str, typer.Option(metavar="TEXT", help="What the model is told before the first message.")] = "",
    max_tokens: Annotated[int | None, typer.Option(min=1, help="The longest answer, in tokens.")] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=2, help="0 takes the most probable token always. Default: the model's.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The endpoint. Default: the packaged handler, on this machine.")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="PILOTLIGHT_API_KEY", show_envvar=True, help="Sent as x-api-key.")
    ] = None,
) -> None:
    """Talk to a language model: each line is a message, and the answer appears while it is written.

    With --url, messages go to a deployed endpoint or to `pilotlight serve`. Without, they go to the packaged handler of
    the pinned version. Ctrl-D ends the conversation. Lines from a file or a pipe are messages too.

    Example:  [dim]pilotlight chat assistant[/]

    Example:  [dim]pilotlight chat assistant --url https://HOST/prod --api-key KEY[/]

    Example:  [dim]echo 'Why is the sky blue?' | pilotlight chat assistant --temperature 0[/]
    """
    from pilotlight.core.printable import escape_lines
    from pilotlight.workflows.chat import ChatRequest, open_chat

    request = ChatRequest(
        model, system=system, max_tokens=max_tokens, temperature=temperature, url=url, api_key=api_key
    )
    with interrupted_by_signals(), open_chat(request, invocation(ctx).context(quiet=True)) as conversation:
        for message in _read_messages():
            for text in conversation.say(message):
                typer.echo(escape_lines(text), nl=False)
            typer.echo()


def _read_messages() -> Iterator[str]:
    """Yield the lines that are not blank, until the input ends. On a terminal, a prompt asks for each."""
    asking = sys.stdin.isatty()
    while True:
        if asking:
            typer.echo("> ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            break
        if line.strip():
            yield line.strip()
    if asking:
        typer.echo(err=True)
