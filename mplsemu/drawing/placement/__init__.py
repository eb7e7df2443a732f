"""Node placement: by geographic positions or by the graph alone, without overlaps."""
