"""The forwarding program, an immutable value: what every LSR does with a packet."""
