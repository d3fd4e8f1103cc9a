"""Serves the language model: texts in, the probability of each language and the name of the likeliest out.

Texts of different lengths share a batch, since the network ignores padding. The memory that attention needs grows with
the square of the length; so a text has a limit, and a batch has one.
"""

from pilotlight_runtime import Limits, characters, model_handler, text_classifier

LIMITS = Limits(longest=2000, cells=4_000_000, mixed=True, power=2)

handler = model_handler(__file__, prepare=text_classifier(characters, LIMITS))
