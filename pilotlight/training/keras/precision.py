"""The precision in which a network is fitted. Its weights stay in float32, and it is served in float32."""

from typing import Final

FLOAT32: Final = "float32"
MIXED_FLOAT16: Final = "mixed_float16"
