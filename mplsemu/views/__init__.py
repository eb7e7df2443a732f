"""Floor 4: pictures and tables rendered from the forwarding program."""
