"""Compares language models as Pilotlight serves them with their peers: `make bench-llm`.

weights.py      the weights that all of them run, and llama.cpp's file of them
model.py        what the peers need to know of the model
ours.py         the model imported and packaged by Pilotlight
genai_model.py  the same graph under onnxruntime-genai's names
install.py      packages, each peer's in a folder of its own
peers/          the peers' own code
functions.py    a function's process under the Runtime API of this machine
stream.py       when the tokens of a streamed answer arrive
contenders.py   one round of each: first token, decoding
turns.py        the second turn of a chat, with and without the kept prefix
others.py       the benchmarks of parts: sampling, tokenizer, embeddings, generation
figures.py      what must be reached, and the ratios
dollars.py      what a million tokens cost
report.py       the table for the documentation
__main__.py     the command
"""
