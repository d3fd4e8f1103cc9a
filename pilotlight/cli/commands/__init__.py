"""One module a command, or a small group of them. Each command's docstring is its help text."""
