"""The way of a model, stage by stage: each takes a value and returns a value; the command line only starts it.

    train     fit ── convert ── quantize ── optimize ── verify ── start ── publish ── pin
    convert         a saved model ── convert ── quantize ── optimize ── verify ── start ── publish ── pin
    import                              an ONNX file ── optimize ── verify ── start ── publish ── pin

quantize runs only where model.toml says so, start where there is an app.py whose behaviour verify has not seen.

A stage that refuses ends the way: what was not verified is not published, what was not published is not pinned. The
candidate lies in a temporary folder until then, so a run that dies leaves nothing behind.

    ways.py        the three ways
    result.py      what goes into a way and what comes out
    begin.py       settings resolved and checked, nodes met: where a fit begins
    stages.py      which stage runs, and for how long
    seeds.py       several seeds, and the model in their middle
    carry.py       from a fitted model to a candidate that the gate has seen
    quantized.py   the gate for a quantised model
    source.py      what the stages do with a model, by what train.py gave
    asked.py       a candidate as the function that it would become
    behaviour.py   the gate for a model that app.py's own code serves
    reference.py   the source model and held-out samples, for the gate
    graphs.py      the gate for each graph of a candidate
    golden.py      reference samples from a file, for a model without its source
    started.py     the function once started and asked, before its version is published
    gate.py        the end of all three ways: stop, or publish and pin
    provenance.py  what the manifest tells about where a version comes from
"""

from pilotlight.pipeline.kept import check_run_name
from pilotlight.pipeline.result import Clock, Options, TrainResult, utc_now
from pilotlight.pipeline.seeds import Scores
from pilotlight.pipeline.ways import convert_model, fit_on_node, import_model, train_model

__all__ = [
    "Clock",
    "Options",
    "Scores",
    "TrainResult",
    "check_run_name",
    "convert_model",
    "fit_on_node",
    "import_model",
    "train_model",
    "utc_now",
]
