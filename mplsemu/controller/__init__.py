"""Floor 5: the running SDN controller: events -> recompile -> diff -> install."""
