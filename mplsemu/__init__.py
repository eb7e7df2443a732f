"""mplsemu: an emulator of a provider's MPLS network, with L3VPN and VPLS, on one Linux machine."""

__version__ = "0.1.0"
