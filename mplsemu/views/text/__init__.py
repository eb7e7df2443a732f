"""Pictures and tables as text for a terminal of 80 columns: one `rich.text.Text` per line."""
