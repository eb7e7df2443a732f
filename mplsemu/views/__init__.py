"""Pictures and tables rendered from the forwarding program."""
