"""The control plane, pure: (network, what is down) -> forwarding program."""
