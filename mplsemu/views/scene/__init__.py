"""From views to scenes: pictures with every position decided, for any format."""
