"""The function's handler: texts become ids as in train.py, and the likeliest class is named.

longest: characters of a text; a longer one is refused with status 400. cells: texts times words of one run.
"""

from pilotlight_runtime import Limits, model_handler, text_classifier, words

LIMITS = Limits(longest=5000, cells=65_536, mixed=True)

handler = model_handler(__file__, prepare=text_classifier(words, LIMITS))
