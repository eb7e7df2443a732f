"""Graph layout: where nodes stand; with it the routes of lines and the places of labels."""
