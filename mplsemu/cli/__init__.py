"""Floor 9: the commands; the only code that prints."""
