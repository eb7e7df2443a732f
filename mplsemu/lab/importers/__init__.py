"""Labs from real networks: a graph from somewhere, customers put on it, written as a lab file."""
