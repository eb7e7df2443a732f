"""Floor 7: the commands; the only code that prints."""
