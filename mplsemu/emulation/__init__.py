"""Nodes, links and hosts on one Linux machine; the only importer of Mininet."""
