"""Labs of several providers, and the words that tell of each one's network."""

import json

from mplsemu.lab.loader import loads
from tests.fakeweb import FakeLab
from tests.places import TOPOLOGIES

SECRETS = {
    "north": ("s-core", "s-pe", "rome", "bari", "south/"),
    "south": ("n-core", "n-pe", "oslo", "north/"),
}
"""What a provider must not read: others' LSRs, links (they are named by these) and sites."""
LOCAL = """
  green:
    type: vpls
    customer: Greens
    subnet: 10.9.0.0/24
    sites:
      left: {pe: s-pe}
      right: {pe: s-asbr2}
"""
"""A VPN of the south alone."""


def text_of(name):
    return (TOPOLOGIES / f"{name}.yaml").read_text()


def with_local(name="inter-as-a"):
    """A lab in which the south has a VPN of his own."""
    return FakeLab(loads(text_of(name).replace("\nvalidate:", LOCAL + "validate:"), name).network)


def leaks(found, provider):
    text = json.dumps(found)
    return [word for word in SECRETS[provider] if word in text]
