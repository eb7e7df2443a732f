"""Drawing: geometry, layout, routing of lines, label placement, SVG, PNG. It knows no MPLS."""
