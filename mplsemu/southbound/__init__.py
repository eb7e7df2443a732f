"""Floor 3: translators from the forwarding program to data planes."""
