"""The tables that ``mplsemu show`` prints, as rows of plain values."""
