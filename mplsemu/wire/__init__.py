"""Packet headers as bytes: each is read and written here, once, and nothing is decided.

Parsers trust no length that stands in a packet. Bytes that are no packet of the kind asked for
raise `PacketError`, and nothing else. Nobody guesses what is below a label stack: the caller knows.
"""
