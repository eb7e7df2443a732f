"""OpenFlow 1.3 by Ryu (or os-ken) to Open vSwitch."""
