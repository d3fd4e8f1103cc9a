"""The code that runs in Lambda: from an event to tensors, through one ONNX session, and back.

Nothing here imports numpy, boto3 or TensorFlow at module level, because a cold start pays for every import.
The package lies in the shared layer and in Pilotlight's wheel, so that the tool verifies a model with the same code
that serves it.
"""
