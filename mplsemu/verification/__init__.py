"""What can be proved from the forwarding program without running it."""
