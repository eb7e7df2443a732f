"""Label placement: free space on a picture, and the best place in it for a text or a small box."""
