"""The way of a model, stage by stage: each takes a value and returns a value; the command line only starts it.

    train     fit ── convert ── optimize ── verify ── publish ── pin
    convert         a saved model ── convert ── optimize ── verify ── publish ── pin
    import                  an ONNX file ── optimize ── verify ── publish ── pin

A stage that refuses ends the way: what was not verified is not published, what was not published is not pinned. The
candidate lies in a temporary folder until then, so a run that dies leaves nothing behind.

    ways.py        the three ways
    result.py      what goes into a way and what comes out
    stages.py      which stage runs, and for how long
    seeds.py       several seeds, and the model in their middle
    source.py      what the stages do with a model, by what train.py gave
    behaviour.py   the gate for a model that app.py's own code serves
    reference.py   the source model and held-out samples, for the gate
    graphs.py      the gate for each graph of a candidate
    golden.py      reference samples from a file, for a model without its source
    gate.py        the end of all three ways: stop, or publish and pin
    provenance.py  what the manifest tells about where a version comes from
"""

from pilotlight.pipeline.result import Clock, Options, TrainResult, utc_now
from pilotlight.pipeline.seeds import Scores
from pilotlight.pipeline.ways import convert_model, import_model, train_model

__all__ = ["Clock", "Options", "Scores", "TrainResult", "convert_model", "import_model", "train_model", "utc_now"]
