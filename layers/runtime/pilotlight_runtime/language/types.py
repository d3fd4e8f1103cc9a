"""The values that pass between the steps of a language model's function.

This module imports no step, so that every step can import it.
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Callable, Final, Mapping, NamedTuple, Protocol

STOP: Final = "stop"
"""The answer ended by itself: by a token that ends it, a stop string, or a constraint that takes nothing more."""
LENGTH: Final = "length"
"""The answer was ended: by the most tokens, the context, or the time that the function may run."""

NO_BIAS: Final[Mapping[int, float]] = {}


class Sampling(NamedTuple):
    """How the next token is drawn. The names and the neutral values are those of OpenAI's API and of Hugging Face's.

    Attributes:
        temperature: 0 takes the most probable token always.
        top_p: The smallest set of tokens with at least this probability is kept; 1 keeps all.
        top_k: The most tokens that are kept; 0 keeps all.
        min_p: Tokens with less than this part of the highest probability are dropped; 0 drops none.
        repetition_penalty: Divides positive logits of tokens that prompt or answer have, and multiplies negative ones.
        presence_penalty: Is subtracted from the logit of each token that the answer has.
        frequency_penalty: Is subtracted from the logit of each token once for each time that the answer has it.
        logit_bias: Is added to the logits of these tokens.
        seed: Of the generator of this request; None takes an unpredictable one.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = NO_BIAS
    seed: int | None = None


class Constraint(Protocol):
    """What an answer must look like, byte by byte: for instance JSON that a schema allows.

    It has a state: the bytes that were pushed so far. They can always become a whole answer.
    """

    @property
    def complete(self) -> bool:
        """Whether the answer may end here."""

    @property
    def finished(self) -> bool:
        """Whether the answer must end here, since no byte may follow."""

    def allows(self, more: bytes) -> bool:
        """Whether the answer so far with `more` behind it can still become a whole one. Changes no state."""

    def push(self, more: bytes) -> None:
        """Takes `more` as the next bytes of the answer. They are allowed."""

    def forced(self) -> bytes:
        """The bytes that must come next, as far as there is no choice; empty where there is one at once."""

    def closing(self) -> bytes:
        """The shortest bytes that complete the answer, as far as can be told; empty where it is complete."""


class GenerationRequest(NamedTuple):
    """A prompt to be continued.

    Attributes:
        prompt: The ids of its tokens, at least one.
        sampling: How tokens are drawn.
        most: The most tokens of each answer, at least 1.
        stop: Texts before which the answer ends. They are not part of it.
        choices: How many answers are made.
        logprobs: How many alternatives each token is reported with; None reports no probabilities.
        constrain: Makes a constraint for one answer; None where there is none.
        caller: Whose prompt it is. What a request left behind is reused only for the same caller; b"" never reuses.
        time_left: Milliseconds that the function may still run; None where there is no such limit.
    """

    prompt: list[int]
    sampling: Sampling
    most: int
    stop: tuple[str, ...] = ()
    choices: int = 1
    logprobs: int | None = None
    constrain: Callable[[], Constraint] | None = None
    caller: bytes = b""
    time_left: Callable[[], float] | None = None


class TokenScore(NamedTuple):
    """How probable a token was.

    Attributes:
        token: Its bytes. They need not be whole characters.
        logprob: The natural logarithm of its probability at temperature 1, without penalties.
        top: The most probable tokens at its place, the most probable first, as pairs of bytes and logarithm.
    """

    token: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...] = ()


class TextPart(NamedTuple):
    """What is new of an answer.

    Attributes:
        choice: Which of the answers, from 0. They come one after the other.
        text: Whole characters; may be empty.
        tokens: How many tokens are new. The token that ends an answer counts.
        scores: Of the new tokens, where the request asks for them.
        finish: STOP or LENGTH in the last part of an answer, else "".
        warning: Why an answer was ended early, for the log; else "".
    """

    choice: int
    text: str
    tokens: int
    scores: tuple[TokenScore, ...] = ()
    finish: str = ""
    warning: str = ""
