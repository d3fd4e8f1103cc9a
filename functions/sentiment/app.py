"""Serves the sentiment model: sentences in, the probability of each sentiment and its name out.

Sentences of one length run together and others apart, so that the recurrent network never sees padding.
"""

from pilotlight_runtime import Limits, model_handler, text_classifier, words

LIMITS = Limits(longest=5000, cells=16_384, mixed=False)

handler = model_handler(__file__, prepare=text_classifier(words, LIMITS))
