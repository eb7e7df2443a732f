"""Layout: where nodes stand, how lines run past them, and where there is room for labels."""
