"""Routing of lines: around the boxes of nodes, and beside one another."""
