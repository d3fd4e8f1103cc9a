"""Modules of PyTorch, through torch.onnx.export.

adapter.py           PyTorch; judged.py gives the model on the CPU, in float32 and in eval mode
example.py           a batch that the model answers; calls.py calls it
graph.py             one export; recurrent.py and layers.py put other forms in the place of layers meanwhile
checks.py            what an export must not have; fixed.py names dimensions that it fixed; errors.py words refusals
file.py              saved models, with program.py for .pt2; script.py converts TorchScript
"""
