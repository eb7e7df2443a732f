"""Answers to packets that a data plane cannot answer itself; pure, and the same for every one.

`answer` takes what came, what the forwarding program says, and returns what to send and what
was learned. It holds nothing: packets that wait for an address are queued by the controller.
"""
