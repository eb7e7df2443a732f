"""The lab file and other sources of a lab -> model; the only place that handles YAML."""
