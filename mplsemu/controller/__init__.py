"""The running SDN controller: events -> recompile -> diff -> install."""
