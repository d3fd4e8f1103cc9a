"""Language models: from the files that people have to graphs, a tokenizer and settings that a function serves."""
