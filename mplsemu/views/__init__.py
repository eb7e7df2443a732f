"""Floor 2: pictures and tables rendered from the forwarding program."""
