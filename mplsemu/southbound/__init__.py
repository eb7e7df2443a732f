"""Translators from the forwarding program to data planes."""
