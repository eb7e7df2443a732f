"""Frozen facts about a provider's network and the VPNs it sells; standard library only."""
