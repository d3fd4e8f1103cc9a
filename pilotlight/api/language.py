"""Language models: conversations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from pilotlight.api.context import AnyProject, make_context

if TYPE_CHECKING:
    from pilotlight.workflows.chat import Chat


def chat(
    model: str,
    *,
    system: str = "",
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    seed: int | None = None,
    url: str | None = None,
    api_key: str | None = None,
    log: TextIO | None = None,
    project: AnyProject = None,
) -> Chat:
    """Talk to a language model, on this machine or at an address.

    Examples:
        >>> with pilotlight.chat("assistant", max_tokens=60) as conversation:
        ...     for text in conversation.say("Why is the sky blue?"):
        ...         print(text, end="", flush=True)

    Args:
        model: NAME or NAME@VERSION; the pinned version without one.
        system: What the model is told before the first message; empty for what its own chat template says.
        max_tokens: The longest answer, in tokens; None for what the context leaves.
        temperature: How freely tokens are drawn; None for the model's own default.
        top_p: The probability of the tokens that are drawn from; None for the model's own default.
        seed: Makes the answers the same each time; None for other ones each time.
        url: The endpoint, such as https://HOST/STAGE, or the address of another service with OpenAI's API, which ends
            in /v1; None for the packaged handler, on this machine.
        api_key: The endpoint's key.
        log: Takes a failing function's log; None for stderr.
        project: The project, or a folder in it; None for the current folder.

    Returns:
        The conversation. Its `say` sends a message and yields the answer's text as it arrives. Close it, or use it as a
        context manager.

    Raises:
        ProjectError: The project has no such model.
        StoreError: The model is not pinned, or the store lacks the version.
        ServiceError: The function does not start, or the address or the key is not well-formed.
    """
    from pilotlight.workflows.chat import ChatRequest, start_chat

    request = ChatRequest(
        model,
        system=system,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        url=url,
        api_key=api_key,
        log=log or sys.stderr,
    )
    return start_chat(request, make_context(project))
