"""What the controller needs of a data plane, in the words of the forwarding program (ADR 13)."""
