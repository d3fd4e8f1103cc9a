"""The vector of a text as a packaged function makes it, without HTTP.

load_model checks the files, and the heap grows as in a function. Arguments: FOLDER THREADS ROUNDS.
"""

import sys

from calls import report

from pilotlight_runtime.engine import heap, start
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.language.encoders.embedder import TextEmbedder
from pilotlight_runtime.loading import load_model

start.load_library(start.installed_library())
heap.grow(heap.ENOUGH)
embedder = TextEmbedder(load_model(sys.argv[1], open_session, int(sys.argv[2])))
report(lambda text: embedder.embed([text]).vectors[0], int(sys.argv[3]))
