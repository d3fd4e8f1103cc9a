"""chat: a conversation with a language model in the terminal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pilotlight.cli.invocation import JsonFlag, invocation
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
    top_p: Annotated[
        float | None, typer.Option(min=0, max=1, help="Tokens are drawn from the most probable ones with this sum.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same answers each time.")] = None,
    url: Annotated[
        str | None,
        typer.Option(help="The endpoint, or a service with OpenAI's API. Default: the packaged handler, here."),
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", "--key", envvar="PILOTLIGHT_API_KEY", show_envvar=True, help="Sent to --url."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Talk to a language model: each line is a message, and the answer appears while it is written.

    With --url, messages go to a deployed endpoint, to `pilotlight serve`, or to another service with OpenAI's API,
    whose address ends in /v1. Without, they go to the packaged handler of the pinned version. Ctrl-C stops an answer,
    Ctrl-D ends the conversation. A file or a pipe is one message. Tokens and speed of each answer go to stderr.

    Example:  [dim]pilotlight chat assistant[/]

    Example:  [dim]pilotlight chat assistant --url https://HOST/prod --api-key KEY[/]

    Example:  [dim]echo 'Why is the sky blue?' | pilotlight chat assistant --temperature 0[/]
    """
    from pilotlight.cli.chat_session import ask_for_message, converse, print_answer, read_piped_message, show_answer
    from pilotlight.workflows.chat import ChatRequest, open_chat

    request = ChatRequest(
        model,
        system=system,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        url=url,
        api_key=api_key,
    )
    piped = None if sys.stdin.isatty() else read_piped_message()
    if as_json and piped is None:
        raise typer.BadParameter(
            "--json needs the message in a file or a pipe, such as: echo Hello | pilotlight chat …"
        )
    with interrupted_by_signals(), open_chat(request, invocation(ctx).context(quiet=True)) as conversation:
        if piped is None:
            converse(conversation, ask_for_message)
        elif as_json:
            print_answer(conversation, piped)
        else:
            show_answer(conversation, piped)
