"""Floor 2: the control plane, pure: (network, what is down) -> forwarding program."""
