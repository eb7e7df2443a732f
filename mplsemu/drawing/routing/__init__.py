"""Line routing: around the boxes of nodes, and beside one another."""
