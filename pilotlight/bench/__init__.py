"""How long a packaged function takes to answer, measured on this machine in processes of its own."""
