"""Estimators and pipelines of scikit-learn, and of the boosting libraries, through skl2onnx.

adapter.py           scikit-learn; boosting_adapter.py LightGBM, XGBoost and CatBoost
graph.py             one call of skl2onnx, from the model to the graph
outputs.py           the table of methods, datatypes and names of outputs; answer_arrays.py computes them, targets.py
                     takes those of several targets apart, results.py gives the graph their shapes
inputs.py            the types of the inputs, one a column or one matrix; attach.py joins them in the graph
converters/          converters for estimators that skl2onnx has none for
encoders.py          categories; blanks.py and texts.py blank and other words
refusals.py          what a refusal says of an estimator
"""
