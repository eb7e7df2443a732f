"""The server of the live page: who may see what, and what changes as it changes."""
