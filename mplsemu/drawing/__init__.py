"""Drawing: nodes placed, lines routed, labels placed; scenes, SVG and PNG. It knows no MPLS."""
