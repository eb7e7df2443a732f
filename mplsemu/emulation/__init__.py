"""Floor 4: nodes, links and hosts on one Linux machine; the only importer of Mininet."""
