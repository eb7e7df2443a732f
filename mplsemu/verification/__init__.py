"""Floor 2: what can be proved from the forwarding program without running it."""
