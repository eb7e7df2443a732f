"""Text pictures and tables for a terminal of 80 columns: `rich.text.Text`, one per line."""
