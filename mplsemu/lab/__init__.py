"""Floor 4: the lab file and other sources of a lab -> model; the only place that handles YAML."""
