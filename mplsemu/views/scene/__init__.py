"""Scenes: pictures with every place decided, before anyone writes them down in some format."""
