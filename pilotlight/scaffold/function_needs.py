"""What a model's function needs of template.yaml, as far as its version tells."""

from typing import Final, NamedTuple

from pilotlight.core.lambda_limits import ONE_VCPU_MB, UNZIPPED_LIMIT, choose_memory, needs_image

GENERATE: Final = "generate"
"""The task of models that write text. Their answers are streamed."""
PLAIN_PATHS: Final = {
    GENERATE: ("/v1/chat/completions", "/v1/completions"),
    "embed": ("/v1/embeddings", "/v1/rerank", "/v2/rerank"),
    "rerank": ("/v1/rerank", "/v2/rerank"),
}
"""OpenAI's and Cohere's paths without a model's name, by task. The first model of a task in template.yaml gets them."""


class FunctionNeeds(NamedTuple):
    """What is known of a model when its function is added.

    Attributes:
        task: The task of a language model as language.json names it, such as "generate". "" for any other model.
        bytes: The bytes of all files of the version; 0 where they are not known.
        memory_mb: The memory that the function needs, in MB; 0 where it is not known.
    """

    task: str = ""
    bytes: int = 0
    memory_mb: int = 0

    @property
    def is_image(self) -> bool:
        """Whether the function is a container image, since a zip is too small for the model."""
        return needs_image(self.bytes)

    @property
    def memory_size(self) -> int:
        """The MemorySize to write, in MB; 0 where the function gets as much as the others."""
        size = choose_memory(self.memory_mb)
        return size if size > ONE_VCPU_MB else 0

    def explain(self, name: str) -> str:
        """Say what kind of package the function of the model `name` gets, how much memory, and why."""
        size = f"{self.bytes / 1e6:.1f} MB"
        most = f"the {UNZIPPED_LIMIT / 1e6:.0f} MB that a zip and its layer may have"
        kind = f"a container image: its {size} and the layer" if self.is_image else f"a zip: its {size} and the layer"
        text = f"the function of {name} becomes {kind} {'exceed' if self.is_image else 'stay below'} {most}"
        if self.memory_size:
            text += f"; it gets MemorySize {self.memory_size}, since the model needs {self.memory_mb} MB"
        return text


NO_NEEDS: Final = FunctionNeeds()
"""Of a model whose version is not there yet."""
