"""The JSON of docs/json.md: what commands print with ``--json``, and the live page gets.

Every shape is made here and nowhere else. Functions take values and return dicts, lists, text and
numbers; nobody reads them back.
"""
