"""Floor 1: the forwarding program, an immutable value: what every LSR does with a packet."""
