"""How many tokens a request took."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, NamedTuple


class Usage(NamedTuple):
    """prompt: tokens of the prompts. answer: of all answers."""

    prompt: int
    answer: int = 0

    def write(self) -> dict[str, Any]:
        """Writes the field `usage` of an answer."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.answer,
            "total_tokens": self.prompt + self.answer,
        }

    def write_input(self) -> dict[str, Any]:
        """Writes it for answers that have no tokens, such as embeddings."""
        return {"prompt_tokens": self.prompt, "total_tokens": self.prompt}
