"""Export: views, and the forwarding program, in the formats of other tools."""
