"""Floor 7: a lab in a script, on its program or on its network; the pytest plugin is one, too."""
